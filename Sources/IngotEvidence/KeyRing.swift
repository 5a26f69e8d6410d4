// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
package import IngotCrypto
internal import IngotFiles

/// Owns the private keys of one store: a directory (0700) with `<role>.pem` (0600) for each role,
/// and `trust.json`. Invariants:
///
/// (1) A key file exists with mode 0600 from its first byte on and is never replaced.
/// (2) `trust.json` is written last: a directory without it is unfinished and can be made again.
///
/// Who only reads a store needs neither: what is missing is an error where it is asked for.
package struct KeyRing: Sendable {
    package let directory: String
    private let content: Result<TrustFile, EvidenceError>

    /// Whose keys count; without it no signature can be judged.
    package var trust: TrustFile {
        get throws(EvidenceError) { try content.get() }
    }

    /// False for whoever only reads a store whose keys are elsewhere.
    package var hasTrust: Bool {
        get throws { try Self.isMade(at: directory) }
    }

    /// A PEM of one key is 300 bytes.
    private static let keyByteLimit = 64 << 10
    private static let trustName = "trust.json"

    /// Opens the keys of a store, or makes them for one whose log is empty.
    ///
    /// - Throws: `EvidenceError` where others signed the log: new keys could not vouch for it, and
    ///   nothing in it would be trusted any more.
    package static func prepare(
        at directory: String,
        storeID: String,
        owner: String,
        logSize: Int
    ) throws -> KeyRing {
        guard logSize == 0, try !isMade(at: directory) else {
            let ring = KeyRing(at: directory)
            _ = try ring.trust
            return ring
        }
        return try create(at: directory, storeID: storeID, owner: owner)
    }

    /// Makes the keys that are missing in a directory and its trust file.
    ///
    /// The owner is who holds the keys, as audits print it.
    @discardableResult
    package static func create(
        at directory: String,
        storeID: String,
        owner: String
    ) throws -> KeyRing {
        try Files.makeDirectories(directory)
        guard unsafe chmod(directory, 0o700) == 0 else {
            throw FileError.last("change the mode of", directory)
        }
        if try isMade(at: directory) {
            throw EvidenceError("\(directory): keys are already there; they are never replaced")
        }
        var entries: [TrustFile.Entry] = []
        for role in Role.allCases where role != .log {
            let path = path(of: role, in: directory)
            if try Files.entry(at: path) == nil {
                try writePrivate(SigningKey.generate().privatePEM(), to: path)
            }
            let key = try key(at: path) { pem throws(CryptoError) in try SigningKey(pem: pem) }
            entries.append(TrustFile.Entry(role: role, owner: owner, key: key.publicKey))
        }
        let logPath = path(of: .log, in: directory)
        if try Files.entry(at: logPath) == nil {
            try writePrivate(Ed25519SigningKey.generate().privatePEM(), to: logPath)
        }
        let log = try NoteVerifier(
            name: logOrigin(storeID: storeID),
            key: Ed25519SigningKey(pem: readPrivate(logPath)).publicKey
        )
        let trust = TrustFile(storeID: storeID, log: log, entries: entries)
        // Invariant (2): keys and names are on disk before the file that vouches for them.
        try synchronise(directory)
        try write(trust, to: PartFile(for: "\(directory)/\(trustName)"), in: directory)
        return KeyRing(directory: directory, trust: trust)
    }

    private static func write(
        _ trust: TrustFile,
        to file: PartFile,
        in directory: String
    ) throws {
        let text = Array((trust.json.prettyText + "\n").utf8)
        let path = "\(directory)/\(trustName)"
        try Files.writeAll(text, to: file.descriptor, path: path)
        // Bytes before names: an empty trust file would be one that is finished.
        guard fsync(file.descriptor) == 0 else { throw FileError.last("sync", path) }
        try file.finish()
        try synchronise(directory)
    }

    /// Adds keys of others, and of their logs, to the trust file; rings that are open keep what they
    /// read.
    ///
    /// - Returns: those that were not in it.
    func add(
        _ entries: [TrustFile.Entry],
        logs: [NoteVerifier]
    ) throws -> (entries: [TrustFile.Entry], logs: [NoteVerifier]) {
        // Before it is read: whoever adds keys at the same time waits for this file, and reads it.
        let file = try PartFile(for: "\(directory)/\(Self.trustName)")
        var trust = try KeyRing(at: directory).trust
        let known = Set(trust.entries.map(\.key.keyID))
        let new = entries.filter { !known.contains($0.key.keyID) }
        let newLogs = logs.filter { !trust.logs.contains($0) }
        guard !new.isEmpty || !newLogs.isEmpty else { return ([], []) }
        trust.entries += new
        trust.logs += newLogs
        try Self.write(trust, to: file, in: directory)
        return (new, newLogs)
    }

    /// Whether a directory has keys that are finished.
    private static func isMade(at directory: String) throws -> Bool {
        try Files.entry(at: "\(directory)/\(trustName)") != nil
    }

    /// The name of a store's log, which is the name of its key too.
    package static func logOrigin(storeID: String) -> String { "ingot.dev/log/\(storeID)" }

    /// The store whose log a signed head is of; nil when it is no head of an Ingot log.
    package static func storeID(ofHead note: String) -> String? {
        let origin = logOrigin(storeID: "")
        let line = note.prefix { $0 != "\n" }
        return line.utf8.starts(with: origin.utf8) ? String(line.dropFirst(origin.count)) : nil
    }

    /// The keys of a store, whether they are there or not.
    package init(at directory: String) {
        self.directory = directory
        do throws(EvidenceError) {
            content = .success(try Self.readTrust(in: directory))
        } catch { content = .failure(error) }
    }

    private init(directory: String, trust: TrustFile) {
        self.directory = directory
        content = .success(trust)
    }

    /// The same for whoever checks signatures, and learns that they cannot be.
    var trustForJudging: TrustFile {
        get throws(EvidenceError) {
            do throws(EvidenceError) { return try trust } catch {
                throw EvidenceError("signatures cannot be judged: \(error.message)")
            }
        }
    }

    private static func readTrust(in directory: String) throws(EvidenceError) -> TrustFile {
        let path = "\(directory)/\(trustName)"
        let isThere = try EvidenceError.locating(path) { try Files.entry(at: path) != nil }
        guard isThere else {
            throw EvidenceError(
                "\(directory): this store's keys are not here: bring them from where the store was "
                    + "made, or to verify alone, as \(trustName), what `ingot key export` prints "
                    + "there; only a store that was never finished gets new ones, by `ingot init`"
            )
        }
        return try TrustFile.read(path)
    }

    /// Reads the private key of a role.
    package func signingKey(_ role: Role) throws -> SigningKey {
        let path = try self.path(of: role)
        let trust = try self.trust
        let key = try Self.key(at: path) { pem throws(CryptoError) in try SigningKey(pem: pem) }
        guard trust.keys(for: role).contains(key.publicKey) else {
            throw EvidenceError(
                "\(path): this key does not count for the role \(role.rawValue) in the trust file: "
                    + "nobody would accept what it signs"
            )
        }
        return key
    }

    /// Reads the private key of the log.
    package func logSigner() throws -> NoteSigner {
        let path = try self.path(of: .log)
        let trust = try self.trust
        let key = try Self.key(at: path) { pem throws(CryptoError) in
            try Ed25519SigningKey(pem: pem)
        }
        guard key.publicKey == trust.log.key else {
            throw EvidenceError(
                "\(path): it is not the log's key in the trust file: nobody would accept the heads "
                    + "that it signs: put it back from a copy of the keys"
            )
        }
        return try NoteSigner(name: trust.log.name, key: key)
    }

    /// Where the private key of a role is; an error says which one is needed and lacks.
    private func path(of role: Role) throws -> String {
        let path = Self.path(of: role, in: directory)
        guard try Files.entry(at: path) != nil else {
            throw EvidenceError(
                "\(path): the private key that signs as \(role.rawValue) is not here: bring this "
                    + "store's keys from where it was made, or do this there"
            )
        }
        return path
    }

    package static func path(of role: Role, in directory: String) -> String {
        "\(directory)/\(role.rawValue).pem"
    }

    private static func key<Key>(
        at path: String,
        parse: (String) throws(CryptoError) -> Key
    ) throws -> Key {
        let pem = try readPrivate(path)
        do throws(CryptoError) { return try parse(pem) } catch {
            throw EvidenceError(
                "\(path): \(error.message): the file is damaged: put it back from a copy of the keys"
            )
        }
    }

    /// Refuses a key that others may read or that is not a plain file of this user.
    private static func readPrivate(_ path: String) throws -> String {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw FileError.last("open the key", path) }
        let (mode, owner) = (status.st_mode, status.st_uid)
        guard mode & S_IFMT == S_IFREG else {
            throw EvidenceError("\(path): a private key must be a plain file")
        }
        guard mode & 0o077 == 0 else {
            throw EvidenceError(
                "\(path): others may read or write this private key: run `chmod 600` on it, and "
                    + "rotate it if others could have read it"
            )
        }
        guard owner == geteuid() || geteuid() == 0 else {
            throw EvidenceError("\(path): this private key belongs to another user")
        }
        let bytes = try Files.read(path, limit: keyByteLimit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw EvidenceError("\(path): not a PEM text")
        }
        return text
    }

    /// Invariant (1): O_EXCL and 0600 at creation.
    private static func writePrivate(_ pem: String, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("create the key", path) }
        defer { close(descriptor) }
        do {
            try Files.writeAll(Array(pem.utf8), to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
        } catch {
            // Half a key must not be taken for one when the directory is made again.
            unsafe unlink(path)
            throw error
        }
    }

    private static func synchronise(_ directory: String) throws {
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError.last("sync", directory) }
    }
}
