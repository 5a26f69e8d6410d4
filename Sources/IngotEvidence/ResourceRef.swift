// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// An in-toto ResourceDescriptor: something by name, address and digest.
package struct ResourceRef: Hashable, Sendable {
    /// What it is to the statement, such as `dataset`, `base`, `recipe`.
    package var name: String
    /// Such as `ingot:support-train@sha256:…`, or a reference as the user wrote it.
    package var uri: String?
    package var digest: Digest?
    package var mediaType: String?
    /// Texts only: numbers would become floating point on their way through protobuf.
    package var annotations: [String: String]

    package init(
        name: String,
        uri: String? = nil,
        digest: Digest?,
        mediaType: String? = nil,
        annotations: [String: String] = [:]
    ) {
        self.name = name
        self.uri = uri
        self.digest = digest
        self.mediaType = mediaType
        self.annotations = annotations
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = ["name": .string(name)]
        if let uri { members["uri"] = .string(uri) }
        if let digest { members["digest"] = Self.json(of: digest) }
        if let mediaType { members["mediaType"] = .string(mediaType) }
        if !annotations.isEmpty { members["annotations"] = .texts(annotations) }
        return .object(members)
    }

    package init(json: JSONValue, path: String) throws(FieldError) {
        var fields = try FieldReader(json, path: path)
        name = try fields.require(fields.string("name"), "name")
        uri = try fields.string("uri")
        mediaType = try fields.string("mediaType")
        digest = try fields.digestSet("digest")
        annotations = try fields.texts("annotations") ?? [:]
    }

    /// `{"sha256": "<hex>"}`, as in-toto writes digests.
    package static func json(of digest: Digest) -> JSONValue {
        ["sha256": .string(digest.hex)]
    }
}

extension JSONValue {
    static func texts(_ values: [String: String]) -> JSONValue {
        .object(values.mapValues { .string($0) })
    }
}

/// The shapes that predicates are made of. Unknown members are ignored, as in-toto asks of readers.
extension FieldReader {
    mutating func digestSet(_ name: String) throws(FieldError) -> Digest? {
        guard var set = try object(name) else { return nil }
        guard let hex = try set.string("sha256") else { return nil }
        guard let digest = Digest(hex: hex) else {
            throw FieldError("\(place(name)).sha256: expected 64 lower-case hex digits")
        }
        return digest
    }

    /// A digest in the text form `sha256:…`.
    mutating func digest(_ name: String) throws(FieldError) -> Digest? {
        guard let text = try string(name) else { return nil }
        do {
            return try Digest(parsing: text)
        } catch { throw FieldError("\(place(name)): \(error.message)") }
    }

    mutating func digests(_ name: String) throws(FieldError) -> [Digest] {
        var result: [Digest] = []
        for (index, text) in (try strings(name) ?? []).enumerated() {
            do {
                result.append(try Digest(parsing: text))
            } catch { throw FieldError("\(place(name))[\(index)]: \(error.message)") }
        }
        return result
    }

    mutating func texts(_ name: String) throws(FieldError) -> [String: String]? {
        guard let value = value(name) else { return nil }
        guard let members = value.object else {
            throw FieldError("\(place(name)): expected keys and texts")
        }
        let texts = members.compactMapValues(\.string)
        guard texts.count == members.count else {
            throw FieldError("\(place(name)): expected texts only")
        }
        return texts
    }

    mutating func resources(_ name: String) throws(FieldError) -> [ResourceRef] {
        var result: [ResourceRef] = []
        for (index, value) in (try array(name) ?? []).enumerated() {
            result.append(try ResourceRef(json: value, path: "\(place(name))[\(index)]"))
        }
        return result
    }

    mutating func resource(_ name: String) throws(FieldError) -> ResourceRef? {
        guard let value = value(name) else { return nil }
        return try ResourceRef(json: value, path: place(name))
    }

    mutating func timestamp(_ name: String) throws(FieldError) -> Timestamp? {
        guard let text = try string(name) else { return nil }
        guard let time = Timestamp(parsing: text) else {
            throw FieldError("\(place(name)): expected a time such as 2026-01-02T03:04:05Z")
        }
        return time
    }
}
