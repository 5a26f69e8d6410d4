// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
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

extension PipelineContext {
    /// The version that this step made before, while the catalog still has it.
    func remembered(_ key: StepKey) throws -> JSONValue? {
        try catalog.cachedStep(key: key.digest)
    }

    func remember(_ key: StepKey, _ result: JSONValue) throws {
        try catalog.rememberStep(key: key.digest, result: result)
    }
}
