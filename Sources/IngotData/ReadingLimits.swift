// SPDX-License-Identifier: Apache-2.0

/// Bounds of what a reader takes from one file, so that hostile input ends in an error, not in
/// exhausted memory.
package struct ReadingLimits: Sendable {
    /// Bytes of one file.
    package var fileByteCount = 4 << 30
    /// Bytes of one record, whether it is a line or spans several.
    package var recordByteCount = 16 << 20
    /// Records of all files together.
    package var recordCount = 20_000_000
    /// Fields of one record.
    package var fieldCount = 4096

    package init() {}
}
