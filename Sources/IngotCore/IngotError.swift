// SPDX-License-Identifier: Apache-2.0

/// What every error of Ingot's modules offers to the person who sees it.
///
/// A message names the object, what is wrong with it and the remedy, in one line:
/// `blob sha256:9f2c…: expected 4096 bytes, found 1024: the upload was cut short; push again`.
package protocol IngotError: Error, CustomStringConvertible {
    /// The whole sentence, without a trailing full stop or newline.
    var message: String { get }
}

extension IngotError {
    package var description: String { message }
}
