// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A model, tokenizer or adapter file that cannot be used: which one, where in it, what is wrong
/// and what to do about it.
package struct ModelFileError: IngotError {
    /// A path, or a file's name where only its bytes were given.
    package let file: String
    /// A byte offset, a tensor's name or a key; nil for the file as a whole.
    package let place: String?
    package let problem: String
    package let remedy: String?

    package init(
        _ file: String,
        place: String? = nil,
        _ problem: String,
        remedy: String? = nil
    ) {
        self.file = file
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    package var message: String {
        [file, place, problem, remedy].compactMap(\.self).map(Self.oneLine)
            .joined(separator: ": ")
    }

    /// Names come from the file: control characters must not reach a terminal or break the line.
    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0
                }
            )
        )
    }
}
