// SPDX-License-Identifier: Apache-2.0

/// Texts for a terminal that may quote what others wrote, such as the name of a file: without what
/// terminals obey.
package enum PrintableText {
    /// On one line, control characters as `\x1b`.
    package static func line(_ text: String) -> String { escaped(text, keepingLineEnds: false) }

    /// As `line`, but the ends of lines stay.
    package static func lines(_ text: String) -> String { escaped(text, keepingLineEnds: true) }

    private static func escaped(_ text: String, keepingLineEnds: Bool) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            let isKept = keepingLineEnds && scalar == "\n"
            guard scalar.properties.generalCategory == .control, !isKept else {
                result.unicodeScalars.append(scalar)
                return
            }
            result += (scalar.value < 0x10 ? "\\x0" : "\\x") + String(scalar.value, radix: 16)
        }
    }
}
