// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// An environment's tag moved forward, on a verdict that passed.
package struct PromotedFacts: Hashable, Sendable {
    package var repository: String
    package var environment: String
    /// Of the environment's definition at that moment.
    package var environmentDigest: Digest
    /// Nil for the first promotion.
    package var from: Digest?
    package var to: Digest
    /// The envelope of the verdict.
    package var verdict: Digest
    /// The envelopes of approvals.
    package var approvals: [Digest]

    package init(
        repository: String,
        environment: String,
        environmentDigest: Digest,
        from: Digest?,
        to: Digest,
        verdict: Digest,
        approvals: [Digest] = []
    ) {
        self.repository = repository
        self.environment = environment
        self.environmentDigest = environmentDigest
        self.from = from
        self.to = to
        self.verdict = verdict
        self.approvals = approvals
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository),
            "environment": .string(environment),
            "environmentDigest": .string(environmentDigest.description),
            "to": .string(to.description),
            "verdict": .string(verdict.description),
        ]
        if let from { members["from"] = .string(from.description) }
        if !approvals.isEmpty {
            members["approvals"] = .array(approvals.map { .string($0.description) })
        }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        environment = try fields.require(fields.string("environment"), "environment")
        environmentDigest = try fields.require(
            fields.digest("environmentDigest"),
            "environmentDigest"
        )
        from = try fields.digest("from")
        to = try fields.require(fields.digest("to"), "to")
        verdict = try fields.require(fields.digest("verdict"), "verdict")
        approvals = try fields.digests("approvals")
    }
}

/// An environment's tag moved to a version without a verdict: back to the one before, or, as an
/// override, to any.
package struct RolledBackFacts: Hashable, Sendable {
    package var repository: String
    package var environment: String
    package var environmentDigest: Digest
    package var from: Digest?
    package var to: Digest
    package var reason: String

    package init(
        repository: String,
        environment: String,
        environmentDigest: Digest,
        from: Digest?,
        to: Digest,
        reason: String
    ) {
        self.repository = repository
        self.environment = environment
        self.environmentDigest = environmentDigest
        self.from = from
        self.to = to
        self.reason = reason
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository),
            "environment": .string(environment),
            "environmentDigest": .string(environmentDigest.description),
            "to": .string(to.description),
            "reason": .string(reason),
        ]
        if let from { members["from"] = .string(from.description) }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        environment = try fields.require(fields.string("environment"), "environment")
        environmentDigest = try fields.require(
            fields.digest("environmentDigest"),
            "environmentDigest"
        )
        from = try fields.digest("from")
        to = try fields.require(fields.digest("to"), "to")
        reason = try fields.require(fields.string("reason"), "reason")
    }
}

/// An image was built; the subject is its manifest, of which this statement is a referrer.
package struct ImageBuiltFacts: Hashable, Sendable {
    /// The repository of the model that the image serves.
    package var repository: String
    /// `runtime`, `base`, `adapter`, by digest.
    package var inputs: [ResourceRef]
    /// The envelopes in the evidence layer, exactly.
    package var evidence: [Digest]
    /// Such as `linux/amd64`.
    package var platform: String
    package var version: String

    package init(
        repository: String,
        inputs: [ResourceRef],
        evidence: [Digest],
        platform: String,
        version: String
    ) {
        self.repository = repository
        self.inputs = inputs
        self.evidence = evidence
        self.platform = platform
        self.version = version
    }

    package var json: JSONValue {
        [
            "repository": .string(repository),
            "inputs": .array(inputs.map(\.json)),
            "evidence": .array(evidence.map { .string($0.description) }),
            "platform": .string(platform),
            "version": .string(version),
        ]
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        inputs = try fields.resources("inputs")
        evidence = try fields.digests("evidence")
        platform = try fields.require(fields.string("platform"), "platform")
        version = try fields.string("version") ?? ""
    }
}

/// An environment was defined; the subject is the definition's blob.
package struct EnvironmentSetFacts: Hashable, Sendable {
    package var repository: String
    package var environment: String

    package init(repository: String, environment: String) {
        self.repository = repository
        self.environment = environment
    }

    package var json: JSONValue {
        ["repository": .string(repository), "environment": .string(environment)]
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        environment = try fields.require(fields.string("environment"), "environment")
    }
}
