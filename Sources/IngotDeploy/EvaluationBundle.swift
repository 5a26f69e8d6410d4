// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotEvaluation
package import IngotStore

/// The blobs behind an evaluation statement: one index that holds the results of the candidate and
/// of its baselines, and beside it the per-example outputs that each result names by digest.
///
/// Reading computes the metrics anew from the outputs, so a number that does not follow from them
/// is refused, not believed.
package struct EvaluationBundle: Sendable {
    package let candidate: EvaluationResult
    package let baselines: [EvaluationResult]

    package init(candidate: EvaluationResult, baselines: [EvaluationResult]) {
        self.candidate = candidate
        self.baselines = baselines
    }

    /// 64 MiB of outputs: a few hundred thousand examples with their choices.
    private static let outputByteLimit = 64 << 20

    /// Stores outputs and index; the digest of the index.
    package func write(to blobs: BlobStore) throws -> Digest {
        let batch = blobs.batch()
        for result in [candidate] + baselines { _ = try batch.add(result.outputs) }
        let index: JSONValue = [
            "candidate": candidate.json, "baselines": .array(baselines.map(\.json)),
        ]
        let digest = try batch.add(index.canonicalBytes)
        try batch.commit()
        return digest
    }

    package init(reading digest: Digest, from blobs: BlobStore) throws {
        var reader = try FieldReader(JSONValue(parsing: blobs.read(digest)))
        candidate = try Self.result(reader.required("candidate"), blobs)
        baselines = try (reader.array("baselines") ?? []).map { try Self.result($0, blobs) }
        try reader.finish()
    }

    private static func result(
        _ json: JSONValue,
        _ blobs: BlobStore
    ) throws -> EvaluationResult {
        guard let text = json["outputs"]?.string else {
            throw DeployError("evaluation: it names no outputs")
        }
        let outputs = try blobs.read(Digest(parsing: text), limit: outputByteLimit)
        return try EvaluationResult(json: json, outputs: outputs)
    }
}
