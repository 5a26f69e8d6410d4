// SPDX-License-Identifier: Apache-2.0

/// A digest, repository, tag or reference that does not follow its grammar.
package struct NameError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// The name of a repository, such as `support-intents`: the grammar of the OCI distribution
/// specification 1.1, at most 255 bytes.
package struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(parsing text: String) throws(NameError) {
        guard !text.isEmpty, text.utf8.count <= 255,
            text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPart)
        else {
            throw NameError(
                "repository '\(text)': use lower-case letters, digits and single '.', '_', '-' "
                    + "between them, parts separated by '/', 255 bytes at most"
            )
        }
        self.text = text
    }

    package var description: String { text }

    // [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
    private static func isPart(_ part: Substring) -> Bool {
        var separator: [UInt8] = []
        var previousWasWord = false
        for unit in part.utf8 {
            switch unit {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                separator = []
                previousWasWord = true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                separator.append(unit)
                let isDashes = separator.allSatisfy { $0 == UInt8(ascii: "-") }
                let isShort = separator.count == 1 || separator == Array("__".utf8)
                guard previousWasWord, isDashes || isShort else { return false }
            default: return false
            }
        }
        return previousWasWord && separator.isEmpty
    }
}

/// A mutable name for a version: `v3`, `staging`, `production`.
package struct Tag: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`, as in the OCI distribution specification 1.1.
    package init(parsing text: String) throws(NameError) {
        let isWord: (UInt8) -> Bool = { unit in
            switch unit {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 128,
            text.utf8.allSatisfy({
                isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            })
        else {
            throw NameError(
                "tag '\(text)': use letters, digits, '_', '.', '-', not starting with '.' or '-', "
                    + "128 bytes at most"
            )
        }
        self.text = text
    }

    package var description: String { text }

    /// The tag that a repository's n-th version gets by itself.
    package static func version(_ number: Int) -> Tag { Tag(unchecked: "v\(number)") }

    private init(unchecked text: String) { self.text = text }

    /// The version's number when this is a tag of the form `vN`, which only adding a version makes.
    package var versionNumber: Int? {
        guard text.utf8.first == UInt8(ascii: "v"), let number = Int(text.dropFirst()),
            number > 0, text == "v\(number)"
        else { return nil }
        return number
    }
}

/// `repository:tag` or `repository@sha256:…`: how people and files name a version.
package struct Reference: Hashable, Sendable, CustomStringConvertible {
    package enum Target: Hashable, Sendable {
        case tag(Tag)
        case digest(Digest)
    }

    package let repository: RepositoryName
    package let target: Target

    package init(repository: RepositoryName, target: Target) {
        self.repository = repository
        self.target = target
    }

    package init(parsing text: String) throws(NameError) {
        if let at = text.firstIndex(of: "@") {
            repository = try RepositoryName(parsing: String(text[..<at]))
            target = .digest(try Digest(parsing: String(text[text.index(after: at)...])))
        } else if let colon = text.lastIndex(of: ":") {
            repository = try RepositoryName(parsing: String(text[..<colon]))
            target = .tag(try Tag(parsing: String(text[text.index(after: colon)...])))
        } else {
            throw NameError(
                "reference '\(text)': expected repository:tag or repository@sha256:…"
            )
        }
    }

    package var description: String {
        switch target {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }
}
