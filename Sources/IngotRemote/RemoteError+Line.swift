// SPDX-License-Identifier: Apache-2.0

extension RemoteError {
    /// What somebody else sent, fit for one line of a message: without control characters, and of
    /// at most 300 characters.
    static func line(_ text: some StringProtocol) -> String {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < 300 else { return line + "…" }
            // C0, DEL, C1, and what turns the direction of text or hides in it.
            let isHidden =
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
                default: false
                }
            line.unicodeScalars.append(isHidden ? " " : scalar)
            count += 1
        }
        return line
    }

    static func line(_ bytes: some Collection<UInt8>) -> String {
        line(String(decoding: bytes.prefix(2048), as: UTF8.self))
    }
}
