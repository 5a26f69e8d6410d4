// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// What `.dvc/config` and `.dvc/config.local` say about where objects are.
///
/// The INI dialect of ConfigObj: sections `[core]` and `['remote "name"']`, `key = value`,
/// comments from `#`. Paths are relative to `.dvc`.
struct ProjectConfiguration: Sendable {
    /// Absolute, or relative to the working directory.
    let cache: String
    let defaultRemote: String?
    /// URLs by name, as they are written.
    let remotes: [String: String]

    private static let byteLimit = 1 << 20
    private let root: String

    /// Reads the configuration of the project in a directory; `config.local` has the last word.
    init(project: String) throws {
        root = "\(project)/.dvc"
        var values: [String: [String: String]] = [:]
        for file in ["\(root)/config", "\(root)/config.local"]
        where try Files.entry(at: file) != nil {
            let bytes = try Files.read(file, limit: Self.byteLimit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw DVCError("\(file): not valid UTF-8")
            }
            for (section, members) in try Self.parse(text, file: file) {
                values[section, default: [:]].merge(members) { _, later in later }
            }
        }
        cache = Self.resolve(values["cache"]?["dir"] ?? "cache", in: root)
        defaultRemote = values["core"]?["remote"]
        var remotes: [String: String] = [:]
        for (section, members) in values {
            guard section.hasPrefix("remote "), let url = members["url"] else { continue }
            remotes[Self.unquoted(String(section.dropFirst("remote ".count)))] = url
        }
        self.remotes = remotes
    }

    /// The directory of a remote; nil when the remote is no directory of this machine.
    func directory(ofRemote url: String) -> String? {
        if url.hasPrefix("file://") { return String(url.dropFirst("file://".count)) }
        return url.contains("://") ? nil : Self.resolve(url, in: root)
    }

    private static func resolve(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    static func parse(
        _ text: String,
        file: String
    ) throws(DVCError) -> [String: [String: String]] {
        var values: [String: [String: String]] = [:]
        var section = ""
        for (index, raw) in text.split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        .enumerated() {
            let line = trimmed(raw)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                guard let end = line.lastIndex(of: "]"), end != line.startIndex else {
                    throw DVCError("\(file): line \(index + 1): a section without its ']'")
                }
                section = unquoted(trimmed(line[line.index(after: line.startIndex)..<end]))
                values[section, default: [:]] = values[section] ?? [:]
            } else if let equals = line.firstIndex(of: "=") {
                let key = trimmed(line[..<equals]).lowercased()
                values[section, default: [:]][key] = value(
                    trimmed(line[line.index(after: equals)...])
                )
            } else {
                throw DVCError("\(file): line \(index + 1): expected 'key = value'")
            }
        }
        return values
    }

    private static func value(_ text: String) -> String {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            // An unquoted value ends where a comment begins.
            guard let comment = text.range(of: " #") else { return text }
            return trimmed(text[..<comment])
        }
        guard let end = text.dropFirst().firstIndex(of: quote) else { return text }
        return String(text[text.index(after: text.startIndex)..<end])
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'",
            text.last == quote
        else { return text }
        return String(text.dropFirst().dropLast())
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let body = text.drop(while: \.isWhitespace)
        let end = body.lastIndex { !$0.isWhitespace }
        return end.map { String(body[...$0]) } ?? ""
    }
}

extension String {
    /// The start of the first occurrence.
    fileprivate func range(of pattern: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(pattern) }
    }
}
