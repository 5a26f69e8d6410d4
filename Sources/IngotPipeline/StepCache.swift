// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto

/// Why a step need not run again: same step, same inputs, same part of the recipe, same program.
package struct StepKey: Sendable {
    package let digest: Digest

    package init(
        _ step: Step,
        inputs: [String: Digest],
        part: JSONValue,
        program: PipelineContext.Program
    ) {
        let document: JSONValue = [
            "step": .string(step.rawValue),
            "inputs": .object(inputs.mapValues { .string($0.description) }),
            "part": part,
            "program": .string(program.digest.description),
        ]
        digest = Digest.of(document.canonicalBytes)
    }
}

/// The version that a step made, and the run that it made it in.
package struct StepVersion: Sendable {
    package let version: Published
    /// Nil for a result that was remembered without its run.
    package let madeBy: RunID?
}

extension PipelineContext {
    func remembered(_ key: StepKey) throws -> JSONValue? {
        try catalog.cachedStep(key: key.digest)
    }

    func remember(_ key: StepKey, _ result: JSONValue) throws {
        try catalog.rememberStep(key: key.digest, result: result)
    }

    func remember(_ key: StepKey, _ published: Published, of run: RecipeRun) throws {
        try remember(
            key,
            [
                "version": .string(published.digest.description),
                "run": .string(run.id.description),
            ]
        )
    }

    /// The version that this step made before, while the catalog still has it.
    func reuse(_ key: StepKey, in repository: RepositoryName) throws -> StepVersion? {
        guard let known = try remembered(key), let text = known["version"]?.string,
            let record = try catalog.version(Digest(parsing: text), in: repository)
        else { return nil }
        return StepVersion(
            version: Published(
                repository: repository,
                number: record.number,
                digest: record.digest,
                byteCount: 0,
                fileCount: 0,
                newByteCount: 0,
                isNew: false
            ),
            madeBy: try known["run"]?.string.map { try RunID(parsing: $0) }
        )
    }
}
