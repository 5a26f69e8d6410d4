// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotFiles
import IngotPipeline
import IngotStore
import IngotWorkspace
import Synchronization

/// The options that every command on a store has.
struct StoreOptions: ParsableArguments {
    @Option(name: .customLong("store"), help: "The store, or the directory that holds `.ingot/`.")
    var path: String?
}

extension StoreOptions {
    /// The absolute path of the store's directory.
    func location() throws -> String {
        let location = try StoreLocation.find(
            named: path ?? ProcessInfo.processInfo.environment["INGOT_STORE"],
            workingDirectory: FileManager.default.currentDirectoryPath
        )
        return OpenStore.absolute(location.root)
    }
}

/// The composition root: everything that a command works with, made once from the options.
struct OpenStore {
    let store: Store
    let catalog: Catalog
    let ledger: Ledger
    /// Keep what a command sees from being collected, to its end: a lease that a value held would
    /// go with the value's last use, before the command has named what it saw.
    private static let leases = Mutex<[Lease]>([])

    static func endLeases() { leases.withLock { $0 = [] } }

    /// Without a lease where requests take their own.
    init(_ options: StoreOptions, isLeased: Bool = true) throws {
        try self.init(root: options.location(), isLeased: isLeased)
    }

    init(root: String, isLeased: Bool = true) throws {
        let blobs = try BlobStore(opening: root)
        if isLeased, let lease = try blobs.lease() { Self.leases.withLock { $0.append(lease) } }
        catalog = try Catalog(opening: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        ledger = Ledger(
            blobs: blobs,
            catalog: catalog,
            keys: KeyRing(at: Self.keyDirectory(ofStore: try StoreIdentity.read(at: root)))
        )
    }

    /// Where the private keys of a store lie: never inside it, so that a copy of the store is no
    /// copy of the keys.
    static func keyDirectory(ofStore storeID: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? "\(NSHomeDirectory())/.config"
        return "\(base)/ingot/keys/\(storeID)"
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// What pipeline steps work with.
    ///
    /// - Throws: where nothing could be recorded: before hours of work, not after.
    func pipeline(
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        report: @escaping @Sendable (PipelineEvent) -> Void = { _ in }
    ) throws -> PipelineContext {
        _ = try ledger.keys.logSigner()
        return PipelineContext(
            store: store,
            catalog: catalog,
            ledger: ledger,
            program: try Self.program(),
            threads: threads,
            now: ledger.now,
            report: report
        )
    }

    private static func program() throws -> PipelineContext.Program {
        let executable = try MappedFile(path: "/proc/self/exe")
        return PipelineContext.Program(
            version: ProductVersion.text,
            digest: executable.withBytes { unsafe Digest.of($0) }
        )
    }

    func workingCopy(_ path: DataPath) -> WorkingCopy {
        WorkingCopy(path, store: store) { [catalog] in try !catalog.versions(with: $0).isEmpty }
    }

    /// A version by reference, by digest, or as what an environment runs; or the error that says
    /// what there is.
    func resolve(_ text: String) throws -> (reference: Reference, digest: Digest) {
        let reference = try reference(text)
        return (reference, try catalog.resolve(reference))
    }

    private func reference(_ text: String) throws -> Reference {
        if text.hasPrefix("sha256:") {
            let digest = try Digest(parsing: text)
            guard let version = try catalog.versions(with: digest).first else {
                throw CatalogError(.notFound, "\(text): no version has this digest")
            }
            return Reference(repository: version.repository, target: .tag(version.tag))
        }
        guard !text.contains(":"), !text.contains("@") else {
            return try Reference(parsing: text)
        }
        let isEnvironment = try catalog.environments().contains { $0.name == text }
        if try !isEnvironment && catalog.repositories().contains(where: { $0.text == text }) {
            throw CatalogError(
                .notFound,
                "\(text): a repository: say which version, such as \(text):v1; see 'ingot versions'"
            )
        }
        let found = try environments.named(text)
        return Reference(repository: found.repository, target: .tag(found.name))
    }
}
