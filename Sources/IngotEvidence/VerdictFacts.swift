// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What a gate or one of its rules came to.
///
/// Missing evidence blocks like a failure.
package enum VerdictResult: String, CaseIterable, Sendable {
    case passed
    case failed
    case noData
}

/// One rule of a gate with what it saw.
package struct RuleFact: Hashable, Sendable {
    /// The rule as the policy writes it, such as `accuracy >= baseline + 0.15`.
    package var rule: String
    package var result: VerdictResult
    /// The values that were compared, as texts.
    package var values: [String: String]
    /// One sentence.
    package var reason: String

    package init(rule: String, result: VerdictResult, values: [String: String], reason: String) {
        self.rule = rule
        self.result = result
        self.values = values
        self.reason = reason
    }

    package var json: JSONValue {
        [
            "rule": .string(rule), "result": .string(result.rawValue), "values": .texts(values),
            "reason": .string(reason),
        ]
    }

    init(json: JSONValue, path: String) throws(FieldError) {
        var fields = try FieldReader(json, path: path)
        rule = try fields.require(fields.string("rule"), "rule")
        result = try fields.verdictResult("result")
        values = try fields.texts("values") ?? [:]
        reason = try fields.string("reason") ?? ""
    }
}

/// A gate decided about a version, from the evidence it lists and nothing else.
package struct VerdictFacts: Hashable, Sendable {
    /// The gate policy: its name or path, and the digest of its blob.
    package var policy: ResourceRef
    /// The reference that was asked for.
    package var resource: String
    package var result: VerdictResult
    package var rules: [RuleFact]
    /// The envelopes that were used, all of them.
    package var evidence: [Digest]
    /// The environment that the verdict is for, and its digest; nil for a gate checked by itself.
    package var environment: ResourceRef?
    package var time: Timestamp
    /// Ingot's version.
    package var version: String

    package static let verifierID = "https://ingot.dev/gate/v1"

    package init(
        policy: ResourceRef,
        resource: String,
        result: VerdictResult,
        rules: [RuleFact],
        evidence: [Digest],
        environment: ResourceRef?,
        time: Timestamp,
        version: String
    ) {
        self.policy = policy
        self.resource = resource
        self.result = result
        self.rules = rules
        self.evidence = evidence
        self.environment = environment
        self.time = time
        self.version = version
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "verifier": [
                "id": .string(Self.verifierID), "version": ["ingot": .string(version)],
            ],
            "timeVerified": .string(time.description),
            "resourceUri": .string(resource),
            "policy": policy.json,
            "inputAttestations": .array(evidence.map { ["digest": ResourceRef.json(of: $0)] }),
            "verificationResult": result == .passed ? "PASSED" : "FAILED",
            "verifiedLevels": result == .passed ? ["INGOT_GATE_PASSED"] : ["FAILED"],
            "ingot_verdict": .string(result.rawValue),
            "ingot_rules": .array(rules.map(\.json)),
        ]
        if let environment { members["ingot_environment"] = environment.json }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        policy = try fields.require(fields.resource("policy"), "policy")
        resource = try fields.require(fields.string("resourceUri"), "resourceUri")
        result = try fields.verdictResult("ingot_verdict")
        let standard = try fields.require(fields.string("verificationResult"), "verificationResult")
        // The two members must say the same, or readers of one are deceived about the other.
        guard standard == (result == .passed ? "PASSED" : "FAILED") else {
            throw FieldError(
                "predicate.verificationResult: \(standard) contradicts ingot_verdict \(result)"
            )
        }
        var rules: [RuleFact] = []
        for (index, rule) in (try fields.array("ingot_rules") ?? []).enumerated() {
            rules.append(try RuleFact(json: rule, path: "predicate.ingot_rules[\(index)]"))
        }
        self.rules = rules
        var evidence: [Digest] = []
        for (index, item) in (try fields.array("inputAttestations") ?? []).enumerated() {
            var entry = try FieldReader(item, path: "predicate.inputAttestations[\(index)]")
            evidence.append(try entry.require(entry.digestSet("digest"), "digest"))
        }
        self.evidence = evidence
        environment = try fields.resource("ingot_environment")
        time = try fields.require(fields.timestamp("timeVerified"), "timeVerified")
        var verifier = try fields.require(fields.object("verifier"), "verifier")
        version = try verifier.texts("version")?["ingot"] ?? ""
    }
}

extension FieldReader {
    fileprivate mutating func verdictResult(_ name: String) throws(FieldError) -> VerdictResult {
        let text = try require(string(name), name)
        guard let result = VerdictResult(rawValue: text) else {
            throw FieldError("\(place(name)): expected passed, failed or noData, not '\(text)'")
        }
        return result
    }
}
