// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension RepositoryName {
    /// The repository that a path gives its name to: in lower case, whatever the grammar does not
    /// allow replaced by single dashes.
    ///
    /// - Throws: `NameError` when nothing is left of it.
    package init(cleaning path: String) throws(NameError) {
        let parts = path.split(separator: "/").map { part in
            var text: [UInt8] = []
            for unit in part.lowercased().utf8 {
                switch unit {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    text.append(unit)
                default:
                    // One separator between words: the first one that is there, or the dot.
                    guard let last = text.last else { continue }
                    if Self.separators.contains(last) {
                        guard unit == UInt8(ascii: ".") else { continue }
                        text.removeLast()
                    }
                    text.append(Self.separators.contains(unit) ? unit : UInt8(ascii: "-"))
                }
            }
            while let last = text.last, Self.separators.contains(last) { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
        try self.init(parsing: parts.filter { !$0.isEmpty }.joined(separator: "/"))
    }

    private static let separators = Set("._-".utf8)
}
