// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotStore
import IngotTestSupport

@testable import IngotEvidence

extension VerificationReport {
    /// Every fault, for people.
    var allFaults: [String] {
        faults
            + findings.compactMap { finding in
                finding.fault.map {
                    "log entry \(finding.record.logIndex), \(finding.record.predicateType): \($0)"
                }
            }
    }
}

/// A real store with keys in a temporary directory, whose clock stands still.
struct TestStore {
    let place: TemporaryDirectory
    let blobs: BlobStore
    let catalog: Catalog
    let store: Store
    let ledger: Ledger

    static let time = Timestamp(seconds: 1_767_323_045)

    /// Opens the store that another value made in a directory.
    init(reopening place: TemporaryDirectory) throws {
        self.place = place
        let root = "\(place.path)/.ingot"
        blobs = try BlobStore(opening: root)
        catalog = try Catalog(opening: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        ledger = Ledger(
            blobs: blobs,
            catalog: catalog,
            keys: KeyRing(at: "\(place.path)/keys"),
            now: { Self.time }
        )
    }

    init(in place: TemporaryDirectory? = nil) throws {
        self.place = try place ?? TemporaryDirectory()
        let root = "\(self.place.path)/.ingot"
        blobs = try BlobStore.create(at: root)
        catalog = try Catalog.create(at: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        let keys = try KeyRing.create(at: "\(self.place.path)/keys", storeID: "ab12", owner: "Ada")
        ledger = Ledger(blobs: blobs, catalog: catalog, keys: keys, now: { Self.time })
        try ledger.recordCreation()
    }

    /// Stores a version of one file without naming it.
    func write(_ kind: Kind, _ content: String) throws -> Digest {
        try store.writeVersion(
            kind: kind,
            config: ["name": .string(content)],
            files: [
                FileSource(
                    path: "file.txt",
                    isExecutable: false,
                    content: .bytes(Array(content.utf8))
                )
            ]
        ).manifestDigest
    }

    func subject(_ name: String, _ digest: Digest) -> Statement.Subject {
        Statement.Subject(name: name, digest: digest)
    }

    /// Adds a dataset version with its statement.
    @discardableResult
    func addDataset(_ repository: String, _ content: String) throws -> (Digest, RecordedChange) {
        let digest = try write(.dataset, content)
        let facts = DatasetAddedFacts(
            repository: repository,
            sources: ["data.txt"],
            fileCount: 1,
            byteCount: content.utf8.count
        )
        let recorded = try ledger.record(
            .datasetAdded(facts),
            act: .datasetAdded,
            subject: subject(repository, digest),
            changes: [
                .version(
                    repository: RepositoryName(parsing: repository),
                    digest: digest,
                    kind: .dataset
                )
            ]
        )
        return (digest, recorded)
    }
}
