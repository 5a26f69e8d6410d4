// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
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

    /// Plans the image of an adapter version with the model server of a runtime version.
    ///
    /// - Throws: `DeployError` when no verdict let the adapter pass.
    package init(
        adapter: (reference: Reference, digest: Digest),
        runtime: (reference: Reference, digest: Digest),
        store: Store,
        ledger: Ledger
    ) throws {
        let manifest = try store.manifest(adapter.digest)
        guard manifest.kind == .adapter,
            let text = try store.config(of: manifest)["base"]?.string
        else { throw DeployError("\(adapter.reference): an image is made from an adapter version") }
        let base = try Digest(parsing: text)
        let evidence = try Self.evidence(
            adapter.digest,
            reference: adapter.reference,
            ledger: ledger
        )
        guard
            let server = try store.readTree(of: runtime.digest)
                .first(where: { "/\($0.path)" == ServingImage.serverPath })
        else {
            throw DeployError("\(runtime.reference): it holds no \(ServingImage.serverPath)")
        }
        let image = ServingImage(
            server: Self.content(of: server, store: store),
            base: try Self.files(of: base, store: store),
            adapter: try Self.files(of: adapter.digest, store: store),
            evidence: try evidence.map { envelope in
                LayerFile(
                    path: "\(envelope.hex).sigstore.json",
                    content: .bytes(try store.blobs.read(envelope))
                )
            },
            modelName: adapter.reference.repository.text,
            labels: Self.labels(adapter: adapter, base: base, runtime: runtime.digest)
        )
        plan = try image.plan()
        self.evidence = evidence
        inputs = [
            ResourceRef(
                name: "runtime",
                uri: "ingot:\(runtime.reference)",
                digest: runtime.digest
            ),
            ResourceRef(name: "base", digest: base),
            ResourceRef(
                name: "adapter",
                uri: "ingot:\(adapter.reference)",
                digest: adapter.digest
            ),
        ]
    }

    /// The newest verdict that passed, and the envelopes it lists.
    private static func evidence(
        _ version: Digest,
        reference: Reference,
        ledger: Ledger
    ) throws -> [Digest] {
        let check = try StatementCheck(ledger: ledger)
        for record in try ledger.catalog.statements(about: version).reversed()
        where record.predicateType == PredicateKind.verificationSummary.type {
            guard let verified = try check.finding(record).verified,
                case .gateDecided(let verdict) = try verified.statement.facts(),
                verdict.result == .passed
            else { continue }
            return [record.envelope] + verdict.evidence
        }
        throw DeployError(
            "\(reference): no verdict let it pass, so there is no evidence to put into an image: "
                + "see 'ingot gate check \(reference)'"
        )
    }

    private static func labels(
        adapter: (reference: Reference, digest: Digest),
        base: Digest,
        runtime: Digest
    ) -> [String: String] {
        [
            "org.opencontainers.image.title": adapter.reference.repository.text,
            "org.opencontainers.image.description":
                "A gated adapter with its base, served by Ingot",
            "dev.ingot.adapter": adapter.digest.description,
            "dev.ingot.base": base.description,
            "dev.ingot.runtime": runtime.description,
        ]
    }

    private static func files(of version: Digest, store: Store) throws -> [LayerFile] {
        try store.readTree(of: version).map { entry in
            LayerFile(
                path: entry.path,
                isExecutable: entry.isExecutable,
                content: content(of: entry, store: store)
            )
        }
    }

    private static func content(of entry: TreeEntry, store: Store) -> LayerFile.Content {
        .stream(byteCount: entry.byteCount) { sink in
            try store.withContent(of: entry) { try sink($0.span) }
        }
    }
}
