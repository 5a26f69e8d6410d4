// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotEvidence
import IngotRemote
import IngotStore
import IngotTestSupport

@testable import IngotTransfer

/// A store with keys and a log, which pushes to and pulls from a remote.
struct Site {
    static let repository: RepositoryName = {
        guard let name = try? RepositoryName(parsing: "rows") else { fatalError("a valid name") }
        return name
    }()

    /// How whatever is stated here was made.
    static let context = BuildContext(
        version: "1",
        execution: Execution(
            runID: "01J0Z3",
            started: Timestamp(seconds: 1),
            finished: Timestamp(seconds: 2)
        )
    )

    let place: TemporaryDirectory
    let catalog: Catalog
    let store: Store
    let ledger: Ledger

    init(storeID: String = "ab12") throws {
        place = try TemporaryDirectory()
        let root = "\(place.path)/.ingot"
        let blobs = try BlobStore.create(at: root)
        catalog = try Catalog.create(at: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        let keys = try KeyRing.create(at: "\(place.path)/keys", storeID: storeID, owner: "Ada")
        ledger = Ledger(blobs: blobs, catalog: catalog, keys: keys)
        try ledger.recordCreation()
    }

    /// The ledger as the next process opens it.
    func reopened() throws -> Ledger {
        Ledger(
            blobs: store.blobs,
            catalog: catalog,
            keys: KeyRing(at: "\(place.path)/keys")
        )
    }

    /// Adds a version, with the statement that says so.
    func add(_ files: [FileSource], kind: Kind = .dataset) throws -> VersionRecord {
        let written = try store.writeVersion(kind: kind, config: [:], files: files)
        let facts = DatasetAddedFacts(
            repository: "rows",
            sources: [],
            fileCount: written.fileCount,
            byteCount: written.byteCount
        )
        try ledger.record(
            .datasetAdded(facts),
            act: .datasetAdded,
            subject: Statement.Subject(name: "rows", digest: written.manifestDigest),
            changes: [
                .version(
                    repository: Self.repository,
                    number: nil,
                    digest: written.manifestDigest,
                    kind: kind
                )
            ]
        )
        return try record(written.manifestDigest)
    }

    /// States that a version was evaluated, with what the evaluation left behind.
    func evaluate(_ version: VersionRecord, outputs: Digest) throws {
        let input = ResourceRef(name: "rows", digest: version.digest)
        let facts = EvaluatedFacts(
            candidate: input,
            baselines: [],
            dataset: input,
            split: input,
            exampleCount: 1,
            metrics: [],
            outputs: outputs,
            form: "unmerged",
            kernelSet: "portable",
            parameters: [:],
            program: input,
            context: Self.context
        )
        try ledger.record(
            .evaluated(facts),
            act: .evaluated,
            subject: Statement.Subject(name: "rows", digest: version.digest)
        )
    }

    func record(_ version: Digest) throws -> VersionRecord {
        try catalog.record(of: Reference(repository: Self.repository, target: .digest(version)))
    }

    /// Sends a version, and names it there as `ingot push` does.
    @discardableResult
    func push(
        _ version: VersionRecord,
        to remote: MemoryRemote
    ) async throws -> (report: PushReport, number: Int) {
        let tags = RemoteTags(remote: remote, repository: Self.repository)
        let push = Push(store: store, remote: remote, repository: Self.repository)
        let (report, descriptor) = try await push.run(
            version.digest,
            statements: try catalog.statements(about: version.digest).map(\.referrer),
            evidence: try ledger.evidence(about: version.digest),
            receipts: try ledger.receipts(about: version.digest, in: Self.repository),
            known: try await tags.recentVersions()
        )
        return (report, try await tags.number(descriptor, wanted: version.number))
    }

    func pull(_ version: Digest, from remote: MemoryRemote) async throws -> PulledVersion {
        try await Pull(store: store, remote: remote, repository: Self.repository).run(version)
    }

    /// Names what was pulled as `ingot fetch` does.
    @discardableResult
    func name(
        _ pulled: PulledVersion,
        _ number: Int,
        tag: Tag? = nil
    ) throws -> PulledNames {
        try ledger.record(pulled: pulled, in: Self.repository, number: number, tag: tag)
    }

    /// Everything that a pull could change.
    func holdings() throws -> Holdings {
        Holdings(
            versions: try catalog.versions(of: Self.repository).map(\.digest),
            logSize: try catalog.logSize()
        )
    }

    struct Holdings: Equatable {
        let versions: [Digest]
        let logSize: Int
    }

    /// The files of a version, by path.
    func contents(of version: Digest) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for entry in try store.readTree(of: version) {
            contents[entry.path] = try store.readFile(entry)
        }
        return contents
    }
}

extension FileSource {
    static func bytes(_ path: String, _ bytes: [UInt8], isExecutable: Bool = false) -> FileSource {
        FileSource(path: path, isExecutable: isExecutable, content: .bytes(bytes))
    }

    /// Small files, one large one, and one that can be run.
    static let sample: [FileSource] =
        (0..<40).map { .bytes("small/\($0)", SeededBytes.bytes(3000, seed: UInt64($0))) } + [
            .bytes("large.bin", SeededBytes.bytes(3_000_000, seed: 99)),
            .bytes("run.sh", Array("#!/bin/sh\n".utf8), isExecutable: true),
        ]
}
