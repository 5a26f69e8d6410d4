// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotEvidence
internal import IngotModel
internal import IngotStore
internal import IngotTrainer

/// What training a version again came to.
package struct Reproduction: Sendable {
    package let digest: Digest
    /// The version that came out.
    package let found: Digest
    /// Whether the program is the one that trained the version.
    package let isSameProgram: Bool

    package var agrees: Bool { digest == found }
}

extension PipelineContext {
    /// Trains a version again from the recipe, base and dataset that its provenance names, and signs
    /// whether the digests agree.
    ///
    /// - Throws: `PipelineError` for a version without provenance of a training that holds.
    package func reproduce(_ reference: Reference, _ digest: Digest) throws -> Reproduction {
        let facts = try provenance(of: reference, digest)
        guard let recipeDigest = facts.recipe.digest, let baseDigest = facts.base.digest,
            let dataset = facts.dataset.digest
        else {
            throw PipelineError("\(reference): its provenance names an input without a digest")
        }
        let (baseReference, train) = try Recipe.training(
            bytes: store.blobs.read(recipeDigest, limit: EvidenceList.blobByteLimit)
        )
        let base = try openBase(baseDigest)
        let splits = try splits(of: dataset, train.settings, base: base)
        var trainer = try trainer(
            train.settings,
            baseName: baseReference.repository.text,
            base: base,
            splits
        )
        var rate = TokenRate()
        let result = try trainer.train(
            examples: splits.train.examples,
            validation: splits.validation.examples
        ) { report(rate.progress($0)) }
        let written = try store.writeVersion(
            kind: .adapter,
            config: Self.config(base: baseDigest),
            files: Self.files(result.adapter)
        )
        let reproduction = Reproduction(
            digest: digest,
            found: written.manifestDigest,
            isSameProgram: facts.program.digest == program.digest
        )
        try ledger.record(
            .reproduced(
                ReproducedFacts(
                    repository: reference.repository.text,
                    recipe: recipeDigest,
                    base: baseDigest,
                    dataset: dataset,
                    program: program.digest,
                    internalParameters: internalParameters(
                        train.settings.kernels,
                        result,
                        splits,
                        nil
                    ),
                    found: reproduction.found,
                    agrees: reproduction.agrees
                )
            ),
            act: .reproduced,
            subject: Statement.Subject(name: reference.description, digest: digest)
        )
        return reproduction
    }

    private func provenance(of reference: Reference, _ digest: Digest) throws -> TrainedFacts {
        guard try store.manifest(digest).kind == .adapter else {
            throw PipelineError("\(reference): only an adapter can be trained again")
        }
        for finding in try ledger.verify(digest).findings {
            guard let verified = finding.verified, verified.kind == .provenance,
                case .trained(let facts) = try verified.statement.facts()
            else { continue }
            return facts
        }
        throw PipelineError(
            "\(reference): no statement that holds says how it was trained; see 'ingot verify'"
        )
    }
}
