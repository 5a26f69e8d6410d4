// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A state change to be made: what is done, by whose key, when, and all that it changes.
package struct LogEntryDraft: Sendable, Hashable {
    package let act: Act
    /// The key that answers for it.
    package let actor: String
    /// Seconds since 1970, UTC.
    package let time: Int64
    package let changes: [Change]

    package init(act: Act, actor: String, time: Int64, changes: [Change]) {
        self.act = act
        self.actor = actor
        self.time = time
        self.changes = changes
    }
}

/// An entry of the log: a draft whose numbers and counters are assigned.
///
/// Its text is canonical JSON:
/// `{"act":…,"actor":…,"changes":[…],"schemaVersion":1,"time":…}`.
package struct LogEntry: Sendable, Hashable {
    package let act: Act
    package let actor: String
    package let time: Int64
    package let changes: [Change]

    /// 65,535: an entry bundle of the C2SP tile format gives each entry 16 bits of length.
    package static let byteLimit = 65_535

    private static let schemaVersion = 1

    init(act: Act, actor: String, time: Int64, changes: [Change]) {
        self.act = act
        self.actor = actor
        self.time = time
        self.changes = changes
    }

    package var canonicalBytes: [UInt8] {
        JSONValue.object([
            "act": .string(act.rawValue),
            "actor": .string(actor),
            "changes": .array(changes.map(\.json)),
            "schemaVersion": .integer(Int64(Self.schemaVersion)),
            "time": .integer(time),
        ]).canonicalBytes
    }

    /// - Throws: `CatalogError` when the bytes are not the canonical text of an entry.
    package init(parsing bytes: [UInt8]) throws {
        do {
            var reader = try FieldReader(try JSONValue(parsing: bytes))
            let act = try reader.require(reader.string("act"), "act")
            guard let known = Act(rawValue: act) else {
                throw FieldError("act '\(act)' is not known to this program")
            }
            self.act = known
            actor = try reader.require(reader.string("actor"), "actor")
            time = Int64(try reader.require(reader.integer("time"), "time"))
            changes = try reader.require(reader.array("changes"), "changes").map(Change.init(json:))
            guard try reader.integer("schemaVersion") == Self.schemaVersion else {
                throw FieldError("the schema version is not 1")
            }
            try reader.finish()
        } catch let error as any IngotError {
            throw CatalogError(.unusable, "log entry: \(error.message)")
        }
        guard canonicalBytes == bytes else {
            throw CatalogError(.unusable, "log entry: its text is not canonical JSON")
        }
    }
}

extension LogEntry {
    /// The names of the repositories that it changed something of.
    package var repositories: Set<String> { Set(changes.compactMap(\.repository)) }
}

extension Change {
    /// The name of the repository that it is about; nil for one that is about none.
    fileprivate var repository: String? {
        switch self {
        case .version(let repository, _, _, _), .tag(let repository, _, _, _, _),
            .versionRemoved(let repository, _):
            repository.text
        case .environment(_, let definition, _): definition["repository"]?.string
        case .statement, .key, .keyRevoked: nil
        }
    }
}

/// The size and root of the log: what its signed head commits to.
package struct TreeHead: Sendable, Hashable {
    package let size: Int
    package let root: Digest

    package init(size: Int, root: Digest) {
        self.size = size
        self.root = root
    }
}

/// What `append` did: the entry as it is in the log, and the head that it made.
package struct LoggedEntry: Sendable {
    package let index: Int
    package let entry: LogEntry
    package let head: TreeHead
    /// The signed note of the head.
    package let note: String
    /// Why `log/` or `index.json` could not be brought up to date; nil when they were.
    package internal(set) var projectionFault: String?

    /// The number that the entry's first new version got.
    package var versionNumber: Int? {
        for change in entry.changes {
            if case .version(_, let number, _, _) = change { return number }
        }
        return nil
    }
}
