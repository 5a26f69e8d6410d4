// SPDX-License-Identifier: Apache-2.0

/// How a file of raw data is written.
package enum DataFormat: String, CaseIterable, Sendable {
    /// One JSON object a line.
    case jsonl
    /// One JSON array of objects.
    case json
    /// RFC 4180 with a header row.
    case csv
    /// The same with tabs.
    case tsv
    /// A record a line, in the field `text`.
    case text
    /// Debian control stanzas, as `apt-cache dumpavail` prints them.
    case deb822

    /// What a file's name says; nil when it says nothing.
    package init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "jsonl", "ndjson": self = .jsonl
        case "json": self = .json
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        case "txt", "text": self = .text
        case "deb822", "control", "dsc": self = .deb822
        default: return nil
        }
    }
}
