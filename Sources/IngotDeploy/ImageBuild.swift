// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto
package import IngotEvidence
package import IngotImage
package import IngotStore

/// Lays a gated adapter out as an image: runtime, base, adapter and evidence, a layer each, so that
/// a promotion ships only the adapter's few megabytes.
///
/// The digest follows from the four inputs alone. The evidence layer holds the verdict's envelope
/// and exactly the envelopes that the verdict lists.
package struct ImageBuild: Sendable {
    package let plan: ImagePlan
    package let inputs: [ResourceRef]
    package let evidence: [Digest]

    /// Where the parts lie in the image.
    enum Folder {
        static let base = "models/base"
        static let adapter = "models/adapter"
        static let evidence = "evidence"
    }

    /// - Parameters:
    ///   - adapter: the adapter version, by the name that labels state.
    ///   - runtime: the runtime version whose files lie at the image's root.
    /// - Throws: `DeployError` when no verdict let the adapter pass.
    package init(
        adapter: (reference: Reference, digest: Digest),
        runtime: (reference: Reference, digest: Digest),
        store: Store,
        catalog: Catalog,
        trust: TrustFile
    ) throws {
        let manifest = try store.manifest(adapter.digest)
        guard manifest.kind == .adapter,
            let text = try store.config(of: manifest)["base"]?.string
        else { throw DeployError("\(adapter.reference): an image is made from an adapter version") }
        let base = try Digest(parsing: text)
        let evidence = try Self.evidence(
            adapter.digest, reference: adapter.reference, catalog: catalog, store: store,
            trust: trust)
        let layers = [
            ImageLayer(
                name: "runtime",
                files: try Self.files(of: runtime.digest, in: "", store: store) + Self.accounts),
            ImageLayer(
                name: "base", files: try Self.files(of: base, in: Folder.base, store: store)),
            ImageLayer(
                name: "adapter",
                files: try Self.files(of: adapter.digest, in: Folder.adapter, store: store)),
            ImageLayer(
                name: "evidence",
                files: try evidence.map { envelope in
                    LayerFile(
                        path: "\(Folder.evidence)/\(envelope.hex).sigstore.json",
                        content: .bytes(try store.blobs.read(envelope)))
                }),
        ]
        plan = try ImagePlan(
            layers: layers,
            settings: try Self.settings(
                adapter: adapter, base: base, runtime: runtime.digest, store: store))
        self.evidence = evidence
        inputs = [
            ResourceRef(
                name: "runtime", uri: "ingot:\(runtime.reference)", digest: runtime.digest),
            ResourceRef(name: "base", digest: base),
            ResourceRef(
                name: "adapter", uri: "ingot:\(adapter.reference)", digest: adapter.digest),
        ]
    }

    /// The newest verdict that passed, and the envelopes it lists.
    private static func evidence(
        _ version: Digest, reference: Reference, catalog: Catalog, store: Store, trust: TrustFile
    ) throws -> [Digest] {
        for record in try catalog.statements(about: version).reversed()
        where record.predicateType == PredicateKind.verificationSummary.type {
            let verified = try trust.verify(store.blobs.read(record.envelope), about: version)
            let facts = try Predicate(kind: verified.kind, json: verified.statement.predicate)
            guard case .gateDecided(let verdict) = facts, verdict.result == .passed else {
                continue
            }
            return [record.envelope] + verdict.evidence
        }
        throw DeployError(
            "\(reference): no verdict let it pass, so there is no evidence to put into an image: "
                + "see 'ingot gate check \(reference)'")
    }

    private static func settings(
        adapter: (reference: Reference, digest: Digest), base: Digest, runtime: Digest,
        store: Store
    ) throws -> ImageSettings {
        var settings = ImageSettings()
        let gguf = try store.readTree(of: base).first { $0.path.hasSuffix(".gguf") }
        settings.environment = [
            "INGOT_MODEL": gguf.map { "/\(Folder.base)/\($0.path)" } ?? "/\(Folder.base)",
            "INGOT_ADAPTER": "/\(Folder.adapter)",
            "INGOT_NAME": adapter.reference.repository.text,
        ]
        settings.labels = [
            "org.opencontainers.image.title": adapter.reference.repository.text,
            "org.opencontainers.image.description": "A gated adapter with its base, served by Ingot",
            "dev.ingot.adapter": adapter.digest.description,
            "dev.ingot.base": base.description,
            "dev.ingot.runtime": runtime.description,
        ]
        return settings
    }

    private static func files(
        of version: Digest, in folder: String, store: Store
    ) throws -> [LayerFile] {
        try store.readTree(of: version).map { entry in
            LayerFile(
                path: folder.isEmpty ? entry.path : "\(folder)/\(entry.path)",
                isExecutable: entry.isExecutable,
                content: .stream(byteCount: entry.byteCount) { sink in
                    try store.withContent(of: entry) { try sink($0.span) }
                })
        }
    }

    /// Names for the user that the image runs as, which some runtimes ask for.
    private static let accounts = [
        LayerFile(
            path: "etc/passwd",
            content: .bytes(Array("nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n".utf8))),
        LayerFile(path: "etc/group", content: .bytes(Array("nonroot:x:65532:\n".utf8))),
    ]
}
