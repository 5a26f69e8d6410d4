// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotCrypto
internal import IngotDeploy
internal import IngotEvidence
internal import IngotFiles
internal import IngotImage
internal import IngotStore

/// The model server that goes into images.
package struct RuntimeProgram: Sendable {
    /// Where the executable lies on this machine.
    package let path: String
    package let repository: RepositoryName

    package init(path: String, repository: RepositoryName) {
        self.path = path
        self.repository = repository
    }
}

/// An image whose archive is written.
package struct BuiltImage: Sendable {
    package let reference: Reference
    /// Of the image manifest: the image's identity.
    package let digest: Digest
    package let byteCount: Int
}

extension PipelineContext {
    /// Builds the image of an adapter version and writes its archive.
    ///
    /// The store keeps the image's manifest and configuration; layers are streamed from the
    /// versions they are made of.
    package func buildImage(
        _ adapter: Reference,
        in repository: RepositoryName,
        to output: String,
        runtime: RuntimeProgram
    ) throws -> BuiltImage {
        let digest = try catalog.resolve(adapter)
        // Before the runtime is added: a refused command leaves nothing behind.
        guard try store.manifest(digest).kind == .adapter else {
            throw PipelineError("\(adapter): an image is made from an adapter version")
        }
        let server = try addRuntime(runtime)
        let build = try ImageBuild(
            adapter: (adapter, digest),
            runtime: (server.reference, server.digest),
            store: store,
            ledger: ledger
        )
        let image = build.plan
        // Before the version is recorded: no log entry tells of an archive that has no room.
        let archive = try image.archiveFile(at: output)
        let batch = store.blobs.batch()
        _ = try batch.add(image.configBytes)
        _ = try batch.add(image.manifestBytes)
        try batch.commit()
        let written = WrittenVersion(
            manifestDigest: image.digest,
            manifest: image.manifest,
            byteCount: image.byteCount,
            fileCount: 0,
            newByteCount: image.configBytes.count + image.manifestBytes.count
        )
        let published = try name(
            written,
            kind: .image,
            in: repository,
            act: .imageBuilt
        ) { _ in
            .imageBuilt(
                ImageBuiltFacts(
                    repository: repository.text,
                    inputs: build.inputs,
                    evidence: build.evidence,
                    platform: ServingImage.platform,
                    version: program.version
                )
            )
        }
        report(.progress(.image, fraction: 0.5, note: "writing \(output)"))
        try image.writeArchive(
            to: archive,
            name: ImageName(repository: repository, tag: .version(published.number))
        )
        return BuiltImage(
            reference: published.reference,
            digest: image.digest,
            byteCount: image.byteCount
        )
    }

    /// Adds the model server as a runtime version; the same program is the version it was.
    package func addRuntime(_ runtime: RuntimeProgram) throws -> Published {
        let source = FileSource(
            path: ServingImage.serverName,
            isExecutable: true,
            content: .file(path: runtime.path)
        )
        let executable = try MappedFile(path: runtime.path).withBytes { unsafe Digest.of($0) }
        return try publish(
            .runtime,
            in: runtime.repository,
            config: [
                "platform": .string(ServingImage.platform), "version": .string(program.version),
            ],
            files: [source],
            act: .runtimeAdded
        ) { _ in
            .runtimeAdded(
                RuntimeAddedFacts(
                    repository: runtime.repository.text,
                    program: ResourceRef(name: ServingImage.serverName, digest: executable),
                    version: program.version,
                    platform: ServingImage.platform
                )
            )
        }
    }
}
