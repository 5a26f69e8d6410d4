// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The size and root of a log at one moment: the text that a log key and witnesses sign (C2SP
/// tlog-checkpoint, without extension lines).
package struct LogHead: Hashable, Sendable {
    /// Names the log, such as `ingot.dev/log/4f1c…`; also the name of its key.
    ///
    /// No spaces, no `+`.
    package let origin: String
    package let size: Int
    package let root: Digest

    package init(origin: String, size: Int, root: Digest) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Three lines: origin, size in decimal, root in base64.
    package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// Nil for anything but the text of a head; extension lines are refused.
    package init?(parsing text: String) {
        // Lines by bytes: a Character may swallow the newline after a carriage return.
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard lines.count == 4, lines[3].isEmpty, !lines[0].isEmpty,
            let size = Int(lines[1]), size >= 0, lines[1].utf8.elementsEqual(String(size).utf8),
            let root = Base64.decode(lines[2]), root.count == Digest.byteCount
        else { return nil }
        self.init(origin: lines[0], size: size, root: Digest(bytes: root))
    }
}
