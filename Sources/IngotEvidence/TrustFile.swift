// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotCrypto
internal import IngotFiles

/// Whose keys count for what, for one store: the content of `trust.json`.
///
/// It says nothing about itself: whoever checks evidence must have it from a source that they
/// trust.
package struct TrustFile: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let role: Role
        /// Who holds the key: what `audit` prints as "who".
        package let owner: String
        package let key: PublicKey

        package init(role: Role, owner: String, key: PublicKey) {
            self.role = role
            self.owner = owner
            self.key = key
        }
    }

    package let storeID: String
    /// The log's key; its name is the log's origin.
    package let log: NoteVerifier
    /// Keys of other stores' logs: what receipts of those logs are checked with.
    package var logs: [NoteVerifier]
    package var entries: [Entry]

    /// 1 MiB: thousands of keys.
    package static let byteLimit = 1 << 20
    private static let version: JSONValue = 1

    package init(
        storeID: String,
        log: NoteVerifier,
        logs: [NoteVerifier] = [],
        entries: [Entry]
    ) {
        self.storeID = storeID
        self.log = log
        self.logs = logs
        self.entries = entries
    }

    package func keys(for role: Role) -> [PublicKey] {
        entries.filter { $0.role == role }.map(\.key)
    }

    /// Who holds a key; nil for a key that is not in the file.
    package func owner(ofKey keyID: String) -> String? {
        entries.first { $0.key.keyID == keyID }?.owner
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "version": Self.version,
            "store": .string(storeID),
            "log": .string(log.text),
            "keys": .array(
                entries.map {
                    [
                        "role": .string($0.role.rawValue), "owner": .string($0.owner),
                        "id": .string($0.key.keyID), "pem": .string($0.key.pem),
                    ]
                }
            ),
        ]
        if !logs.isEmpty { members["logs"] = .array(logs.map { .string($0.text) }) }
        return .object(members)
    }

    /// Reads a trust file that somebody gave.
    package static func read(_ path: String) throws(EvidenceError) -> TrustFile {
        let bytes = try EvidenceError.locating(path) { try Files.read(path, limit: byteLimit) }
        do throws(EvidenceError) {
            return try TrustFile(parsing: bytes)
        } catch { throw EvidenceError("\(path): \(error.message)") }
    }

    /// Reads the key of a store's log from a file: what `ingot key export` printed of all its keys,
    /// or of that one.
    package static func readLogKey(_ path: String) throws(EvidenceError) -> NoteVerifier {
        let bytes = try EvidenceError.locating(path) { try Files.read(path, limit: byteLimit) }
        if bytes.first == UInt8(ascii: "{") { return try read(path).log }
        let line = bytes.prefix { $0 != 0x0A }
        do throws(EvidenceError) {
            guard bytes.dropFirst(line.count).count <= 1 else {
                throw EvidenceError("more than a line: expected what `ingot key export log` prints")
            }
            return try NoteVerifier(parsing: String(decoding: line, as: UTF8.self))
        } catch { throw EvidenceError("\(path): \(error.message)") }
    }

    package init(parsing bytes: [UInt8]) throws(EvidenceError) {
        var limits = JSONLimits()
        limits.byteCount = Self.byteLimit
        limits.depth = 8
        self = try EvidenceError.locating("trust file") {
            try TrustFile(json: JSONValue(parsing: bytes, limits: limits))
        }
    }

    private init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        guard try fields.required("version") == Self.version else {
            throw FieldError("version: this version of Ingot reads version 1 only")
        }
        storeID = try fields.require(fields.string("store"), "store")
        log = try NoteVerifier(parsing: fields.require(fields.string("log"), "log"))
        logs = try (fields.array("logs") ?? []).map { value in
            guard let text = value.string else { throw FieldError("logs: expected texts") }
            return try NoteVerifier(parsing: text)
        }
        var entries: [Entry] = []
        for (index, value) in try fields.require(fields.array("keys"), "keys").enumerated() {
            entries.append(try Self.entry(value, path: "keys[\(index)]"))
        }
        self.entries = entries
        try fields.finish()
    }

    private static func entry(_ value: JSONValue, path: String) throws -> Entry {
        var fields = try FieldReader(value, path: path)
        let name = try fields.require(fields.string("role"), "role")
        guard let role = Role(rawValue: name), role != .log else {
            let known = Role.allCases.filter { $0 != .log }.map(\.rawValue)
            throw FieldError(
                "\(path).role: '\(name)' is not one of \(known.joined(separator: ", "))"
            )
        }
        let key: PublicKey
        do {
            key = try PublicKey(pem: fields.require(fields.string("pem"), "pem"))
        } catch { throw FieldError("\(path).pem: \(error)") }
        if let id = try fields.string("id"), id != key.keyID {
            throw FieldError("\(path).id: it is not the SHA-256 of the key's PEM")
        }
        let owner = try fields.require(fields.string("owner"), "owner")
        try fields.finish()
        return Entry(role: role, owner: owner, key: key)
    }
}
