// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// An in-toto Statement v1 about one subject.
///
/// What is signed is a sequence of bytes: a parsed statement is never written out again to be
/// signed or served.
package struct Statement: Hashable, Sendable {
    package struct Subject: Hashable, Sendable {
        /// A name for people, such as `repository:v3`; the digest is what counts.
        package var name: String
        package var digest: Digest

        package init(name: String, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    package let subject: Subject
    package let predicateType: String
    package let predicate: JSONValue

    package static let type = "https://in-toto.io/Statement/v1"
    /// Levels of nesting in a statement; Ingot's own have eight.
    static let depthLimit = 32
    /// 4 MiB: what a model signature of 20,000 files needs, and what registries accept.
    package static let byteLimit = 4 << 20

    package init(subject: Subject, predicateType: String, predicate: JSONValue) {
        self.subject = subject
        self.predicateType = predicateType
        self.predicate = predicate
    }

    package init(subject: Subject, predicate: Predicate) {
        self.init(
            subject: subject,
            predicateType: predicate.kind.type,
            predicate: predicate.json
        )
    }

    package var canonicalBytes: [UInt8] {
        let json: JSONValue = [
            "_type": .string(Self.type),
            "subject": [
                ["name": .string(subject.name), "digest": ResourceRef.json(of: subject.digest)]
            ],
            "predicateType": .string(predicateType),
            "predicate": predicate,
        ]
        return json.canonicalBytes
    }

    package init(parsing bytes: [UInt8]) throws(EvidenceError) {
        var limits = JSONLimits()
        limits.depth = Self.depthLimit
        limits.byteCount = Self.byteLimit
        self = try EvidenceError.locating("statement") {
            try Statement(json: JSONValue(parsing: bytes, limits: limits))
        }
    }

    private init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        let type = try fields.require(fields.string("_type"), "_type")
        guard type.utf8.elementsEqual(Self.type.utf8) else {
            throw FieldError("_type: expected \(Self.type)")
        }
        let subjects = try fields.require(fields.array("subject"), "subject")
        guard subjects.count == 1 else {
            throw FieldError("subject: expected exactly one, found \(subjects.count)")
        }
        var first = try FieldReader(subjects[0], path: "subject[0]")
        let name = try first.string("name") ?? ""
        let digest = try first.require(first.digestSet("digest"), "digest.sha256")
        subject = Subject(name: name, digest: digest)
        predicateType = try fields.require(fields.string("predicateType"), "predicateType")
        predicate = try fields.required("predicate")
        guard predicate.object != nil else { throw FieldError("predicate: expected an object") }
        try fields.finish()
    }

    /// What it says, as typed values.
    package func facts() throws(EvidenceError) -> Predicate {
        guard let kind = PredicateKind(type: predicateType) else {
            throw EvidenceError("statement: predicate type '\(predicateType)' is not known")
        }
        do {
            return try Predicate(kind: kind, json: predicate)
        } catch { throw EvidenceError("statement: \(error.message)") }
    }
}
