// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

extension Change {
    /// The change as the log holds it.
    var json: JSONValue {
        var members: [String: JSONValue]
        switch self {
        case .version(let repository, let number, let digest, let kind):
            members = [
                "type": "version", "repository": .string(repository.text),
                "digest": .string(digest.description), "kind": .string(kind.rawValue),
            ]
            members["number"] = number.map { .integer(Int64($0)) }
        case .tag(let repository, let tag, let from, let to, let counter):
            members = [
                "type": "tag", "repository": .string(repository.text), "tag": .string(tag.text),
            ]
            members["to"] = to.map { .string($0.description) }
            members["from"] = from.map { .string($0.description) }
            members["counter"] = counter.map { .integer(Int64($0)) }
        case .versionRemoved(let repository, let digest):
            members = [
                "type": "versionRemoved", "repository": .string(repository.text),
                "digest": .string(digest.description),
            ]
        case .statement(let subject, let envelope, let referrer, let predicateType, let role):
            members = [
                "type": "statement", "subject": .string(subject.description),
                "envelope": .string(envelope.description),
                "referrer": .string(referrer.description),
                "predicateType": .string(predicateType), "role": .string(role),
            ]
        case .environment(let name, let definition, let counter):
            members = ["type": "environment", "name": .string(name), "definition": definition]
            members["counter"] = counter.map { .integer(Int64($0)) }
        case .key(let role, let keyID, let pem, let detail):
            members = [
                "type": "key", "role": .string(role), "keyID": .string(keyID),
                "pem": .string(pem), "detail": detail,
            ]
        case .keyRevoked(let keyID, let reason):
            members = [
                "type": "keyRevoked", "keyID": .string(keyID), "reason": .string(reason),
            ]
        }
        return .object(members)
    }

    init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        let type = try reader.require(reader.string("type"), "type")
        switch type {
        case "version":
            self = .version(
                repository: try Self.repository(&reader),
                number: try reader.integer("number"),
                digest: try Self.digest("digest", &reader),
                kind: try Self.kind(&reader)
            )
        case "tag":
            self = .tag(
                repository: try Self.repository(&reader),
                tag: try Tag(parsing: Self.text("tag", &reader)),
                from: try reader.string("from").map { try Digest(parsing: $0) },
                to: try reader.string("to").map { try Digest(parsing: $0) },
                counter: try reader.integer("counter")
            )
        case "versionRemoved":
            self = .versionRemoved(
                repository: try Self.repository(&reader),
                digest: try Self.digest("digest", &reader)
            )
        case "statement":
            self = .statement(
                subject: try Self.digest("subject", &reader),
                envelope: try Self.digest("envelope", &reader),
                referrer: try Self.digest("referrer", &reader),
                predicateType: try Self.text("predicateType", &reader),
                role: try Self.text("role", &reader)
            )
        case "environment":
            self = .environment(
                name: try Self.text("name", &reader),
                definition: try reader.required("definition"),
                counter: try reader.integer("counter")
            )
        case "key":
            self = .key(
                role: try Self.text("role", &reader),
                keyID: try Self.text("keyID", &reader),
                pem: try Self.text("pem", &reader),
                detail: reader.value("detail") ?? .null
            )
        case "keyRevoked":
            self = .keyRevoked(
                keyID: try Self.text("keyID", &reader),
                reason: try Self.text("reason", &reader)
            )
        default: throw FieldError("the change '\(type)' is not known to this program")
        }
        try reader.finish()
    }

    private static func text(_ name: String, _ reader: inout FieldReader) throws -> String {
        try reader.require(reader.string(name), name)
    }

    private static func digest(_ name: String, _ reader: inout FieldReader) throws -> Digest {
        try Digest(parsing: text(name, &reader))
    }

    private static func repository(_ reader: inout FieldReader) throws -> RepositoryName {
        try RepositoryName(parsing: text("repository", &reader))
    }

    private static func kind(_ reader: inout FieldReader) throws -> Kind {
        let text = try text("kind", &reader)
        guard let kind = Kind(rawValue: text) else {
            throw FieldError("kind '\(text)' is not known")
        }
        return kind
    }
}
