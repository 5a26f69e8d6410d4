// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence
package import IngotStore

/// A version that has a name.
package struct Published: Sendable {
    package let repository: RepositoryName
    package let number: Int
    package let digest: Digest
    package let byteCount: Int
    package let fileCount: Int
    /// What the store grew by.
    package let newByteCount: Int
    /// False when the repository had these very bytes already.
    package let isNew: Bool

    package var reference: Reference {
        Reference(repository: repository, target: .tag(.version(number)))
    }
}

extension PipelineContext {
    /// Stores files as a version, states what was done, and names it `repository:vN`: the one way a
    /// version comes into being.
    ///
    /// The same content in the same repository is the version it was.
    package func publish(
        _ kind: Kind,
        in repository: RepositoryName,
        config: JSONValue,
        files: [FileSource],
        keeping kept: KeptFiles? = nil,
        act: Act,
        progress: @escaping StoreProgress.Report = { _ in },
        predicate: (WrittenVersion) throws -> Predicate
    ) throws -> Published {
        let written = try store.writeVersion(
            kind: kind,
            config: config,
            files: files,
            keeping: kept,
            progress: progress
        )
        return try name(written, kind: kind, in: repository, act: act, predicate: predicate)
    }

    /// Names a version whose bytes are in the store.
    package func name(
        _ written: WrittenVersion,
        kind: Kind,
        in repository: RepositoryName,
        act: Act,
        predicate: (WrittenVersion) throws -> Predicate
    ) throws -> Published {
        let digest = written.manifestDigest
        func published(_ number: Int, isNew: Bool) -> Published {
            Published(
                repository: repository,
                number: number,
                digest: digest,
                byteCount: written.byteCount,
                fileCount: written.fileCount,
                newByteCount: written.newByteCount,
                isNew: isNew
            )
        }
        if let known = try catalog.version(digest, in: repository) {
            return published(known.number, isNew: false)
        }
        do {
            try ledger.record(
                try predicate(written),
                act: act,
                subject: Statement.Subject(name: repository.text, digest: digest),
                changes: [
                    .version(repository: repository, number: nil, digest: digest, kind: kind)
                ],
                files: try signedFiles(of: digest, kind: kind)
            )
        } catch let error as CatalogError where error.code == .conflict {
            // Another process may have added the same since: then all is as it was asked for.
            guard let known = try catalog.version(digest, in: repository) else { throw error }
            return published(known.number, isNew: false)
        }
        guard let added = try catalog.version(digest, in: repository) else {
            throw PipelineError("\(repository)@\(digest): not in the catalog after it was added")
        }
        return published(added.number, isNew: true)
    }

    /// What an OpenSSF model signature covers: the files of checkpoints and adapters.
    private func signedFiles(of version: Digest, kind: Kind) throws -> [ModelSignature.File]? {
        guard kind == .checkpoint || kind == .adapter else { return nil }
        return try store.readTree(of: version).map {
            ModelSignature.File(path: $0.path, digest: $0.digest)
        }
    }
}
