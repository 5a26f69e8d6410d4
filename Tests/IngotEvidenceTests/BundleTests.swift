// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotEvidence

@Suite("Bundles and statements")
struct BundleTests {
    @Test("encodes what is signed as the DSSE specification's example")
    func encoding() {
        let bytes = Envelope.encoding(
            of: Array("hello world".utf8),
            type: "http://example.com/HelloWorld"
        )
        #expect(
            bytes == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8)
        )
    }

    @Test("reads every predicate back as it was written", arguments: Samples.all)
    func roundTrip(predicate: Predicate) throws {
        let statement = Samples.statement(predicate)
        let read = try Statement(parsing: statement.canonicalBytes)
        #expect(read == statement)
        #expect(try read.facts() == predicate)
    }

    @Test(
        "accepts a statement by the role of its predicate, about its subject",
        arguments: Samples.all
    )
    func accepted(predicate: Predicate) throws {
        let keys = try Keys()
        let role = predicate.kind.roles[0]
        let key = try #require(keys.byRole[role])
        let bytes = try Bundle(signing: Samples.statement(predicate), with: key).canonicalBytes
        let verified = try keys.trust.verify(bytes, about: Samples.digest("subject"))
        #expect(verified.role == role)
        #expect(verified.signer == key.publicKey)
        #expect(keys.trust.owner(ofKey: verified.signer.keyID) == "Ada")
    }

    @Test("refuses a key of every other role", arguments: PredicateKind.allCases)
    func wrongRole(kind: PredicateKind) throws {
        let keys = try Keys()
        let statement = Statement(
            subject: Statement.Subject(name: "", digest: Samples.digest("subject")),
            predicateType: kind.type,
            predicate: [:]
        )
        for (role, key) in keys.byRole {
            let bytes = try Bundle(signing: statement, with: key).canonicalBytes
            if kind.roles.contains(role) {
                #expect(try keys.trust.verify(bytes).role == role)
            } else {
                let error = #expect(throws: EvidenceError.self) { try keys.trust.verify(bytes) }
                #expect(error?.message.contains("role \(role.rawValue)") == true)
            }
        }
    }

    @Test("refuses a failed verdict that an evaluator signed as a release would be")
    func failedVerdict() throws {
        let keys = try Keys()
        let key = try #require(keys.byRole[.release])
        let bytes = try Bundle(
            signing: Samples.statement(Samples.verdict(.failed)),
            with: key
        ).canonicalBytes
        let error = #expect(throws: EvidenceError.self) { try keys.trust.verify(bytes) }
        #expect(error?.message.contains("that is for gate") == true)
    }

    @Test("refuses a statement about another digest")
    func otherSubject() throws {
        let keys = try Keys()
        let key = try #require(keys.byRole[.trainer])
        let bytes = try Bundle(
            signing: Samples.statement(Samples.trained),
            with: key
        ).canonicalBytes
        let error = #expect(throws: EvidenceError.self) {
            try keys.trust.verify(bytes, about: Samples.digest("other"))
        }
        #expect(error?.message.contains("not about \(Samples.digest("other"))") == true)
    }

    @Test("refuses a signature by a stranger, and a second one that does not hold")
    func strangers() throws {
        let keys = try Keys()
        let key = try #require(keys.byRole[.trainer])
        let statement = Samples.statement(Samples.trained)
        let stranger = try Bundle(signing: statement, with: .generate())
        #expect(throws: EvidenceError.self) { try keys.trust.verify(stranger.canonicalBytes) }
        let own = try Envelope(signing: statement, with: key)
        let both = Envelope(
            payload: own.payload,
            payloadType: own.payloadType,
            signatures: own.signatures + stranger.envelope.signatures
        )
        #expect(throws: EvidenceError.self) {
            try keys.trust.verify(Bundle(envelope: both, hint: nil).canonicalBytes)
        }
        let twice = Envelope(
            payload: own.payload,
            payloadType: own.payloadType,
            signatures: own.signatures + [try key.sign(own.signedBytes)]
        )
        #expect(
            try keys.trust.verify(Bundle(envelope: twice, hint: nil).canonicalBytes).signers.count
                == 2
        )
        let hinted = Bundle(envelope: own, hint: keys.byRole[.gate]?.publicKey.keyID)
        #expect(throws: EvidenceError.self) { try keys.trust.verify(hinted.canonicalBytes) }
    }

    @Test("refuses every change of one byte")
    func flips() throws {
        let keys = try Keys()
        let key = try #require(keys.byRole[.gate])
        let bytes = try Bundle(
            signing: Samples.statement(Samples.verdict(.passed)),
            with: key
        ).canonicalBytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= index % 2 == 0 ? 1 : 0x20
            #expect(throws: EvidenceError.self, "byte \(index)") {
                let verified = try keys.trust.verify(changed)
                // The key id is not covered by the signature; everything that counts is.
                if verified.statement == Samples.statement(Samples.verdict(.passed)) {
                    throw EvidenceError("the same statement by the same key")
                }
            }
        }
    }

    @Test(
        "refuses a bundle of another shape",
        arguments: [
            "", "{}", "[]", "null", "{\"mediaType\":1}",
            "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.3\"}",
        ]
    )
    func shape(text: String) {
        #expect(throws: EvidenceError.self) { try Bundle(parsing: Array(text.utf8)) }
    }

    @Test("refuses extra, missing and doubled members, and base64 that is not strict")
    func members() throws {
        let key = try SigningKey.generate()
        let bundle = try Bundle(signing: Samples.statement(Samples.trained), with: key)
        let text = String(decoding: bundle.canonicalBytes, as: UTF8.self)
        let changes = [
            ("\"mediaType\"", "\"extra\":1,\"mediaType\""),
            ("\"keyid\"", "\"cert\":\"\",\"keyid\""),
            ("\"tlogEntries\":[]", "\"tlogEntries\":[{}]"),
            ("\"keyid\":\"\",", "\"sig\":\"\","),
            ("\"payloadType\":\"application/vnd.in-toto+json\"", "\"payloadType\":\"text/plain\""),
            ("\"payload\":\"", "\"payload\":\" "),
            ("\"signatures\":[{", "\"signatures\":[],\"x\":[{"),
        ]
        for (old, new) in changes {
            let parts = text.split(separator: old, maxSplits: 1)
            #expect(parts.count == 2)
            let changed = parts.joined(separator: new)
            #expect(throws: EvidenceError.self, "\(new)") {
                try Bundle(parsing: Array(changed.utf8))
            }
        }
    }

    @Test(
        "refuses statements of another shape",
        arguments: [
            "{}", "{\"_type\":\"https://in-toto.io/Statement/v0.1\"}", "{\"a\":" + "[" + "]}",
            statement(subject: "[]"), statement(subject: "[{}]"), statement(subject: "{}"),
            statement(subject: "[{\"digest\":{\"sha256\":\"00\"}}]"),
            statement(subject: "[{\"digest\":{\"sha512\":\"00\"}}]"),
            statement(subject: "[\(good),\(good)]"), statement(predicate: "[]"),
            statement(predicate: "null"), statement(predicate: "{}", extra: ",\"x\":1"),
            statement(predicate: String(repeating: "[", count: 200_000)),
        ]
    )
    func statements(text: String) {
        #expect(throws: EvidenceError.self) { try Statement(parsing: Array(text.utf8)) }
    }

    private static let good = "{\"digest\":{\"sha256\":\"\(String(repeating: "0", count: 64))\"}}"

    private static func statement(
        subject: String = "[\(good)]",
        predicate: String = "{}",
        extra: String = ""
    ) -> String {
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":\(subject),"
            + "\"predicateType\":\"x\",\"predicate\":\(predicate)\(extra)}"
    }

    @Test("refuses a verdict whose two results differ")
    func contradiction() throws {
        guard case .object(var members) = Samples.verdict(.failed).json else { return }
        members["verificationResult"] = "PASSED"
        #expect(throws: FieldError.self) {
            try Predicate(kind: .verificationSummary, json: .object(members))
        }
    }

    @Test("names a referrer by its subject and content, without a time")
    func referrer() throws {
        let bundle = Array("bundle".utf8)
        let subject = Descriptor(
            mediaType: .imageManifest,
            digest: Samples.digest("subject"),
            byteCount: 7
        )
        let manifest = Referrer.manifest(of: bundle, predicateType: "x", subject: subject)
        #expect(
            manifest.config.digest.hex
                == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        )
        #expect(manifest.subject == subject)
        #expect(manifest.layers.map(\.digest) == [Digest.of(bundle)])
        #expect(manifest.annotations.keys.allSatisfy { $0.hasPrefix("dev.sigstore.bundle.") })
    }

    @Test("states another provenance when any input of a training is another")
    func inputs() throws {
        guard case .trained(let facts) = Samples.trained else { return }
        let other = Samples.resource("other")
        let changes: [(inout TrainedFacts) -> Void] = [
            { $0.recipe = other }, { $0.base = other }, { $0.dataset = other },
            { $0.program = other }, { $0.metrics = Samples.digest("other") },
            { $0.hyperparameters["seed"] = "8" }, { $0.hyperparameters["new"] = "1" },
            { $0.internalParameters["kernelSet"] = "avx512" }, { $0.context.git = nil },
            { $0.context.version = "0.2.0" }, { $0.context.execution.runID = "other" },
        ]
        var seen: Set<JSONValue> = [facts.provenance.json]
        for change in changes {
            var changed = facts
            change(&changed)
            #expect(seen.insert(changed.provenance.json).inserted)
        }
    }
}
