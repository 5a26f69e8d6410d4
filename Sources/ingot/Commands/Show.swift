// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotStore

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a version: its kind, files, config, tags and statements."
    )

    @Argument(
        help: "A version, such as support-intents:v3; a digest; or an environment.",
        completion: References.completion
    )
    var reference: String

    @Flag(help: "Print the manifest's bytes as they are stored.")
    var manifest = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let parsed = try open.store.manifest(digest)
        if manifest {
            let bytes = try open.store.blobs.read(digest, limit: Manifest.byteLimit)
            print(String(decoding: bytes, as: UTF8.self))
            return
        }
        let value = try description(open, reference, digest, parsed)
        print(json ? value.prettyText : Self.text(value))
    }

    private func description(
        _ open: OpenStore,
        _ reference: Reference,
        _ digest: Digest,
        _ manifest: Manifest
    ) throws -> JSONValue {
        let record = try open.catalog.record(of: reference)
        let tags = try open.catalog.tags(of: reference.repository).filter { $0.digest == digest }
        let statements = try open.catalog.statements(about: digest).map { record in
            JSONValue.object([
                "predicate": .string(record.predicateType), "role": .string(record.role),
                "envelope": .string(record.envelope.description),
                "log_index": .integer(Int64(record.logIndex)),
            ])
        }
        var files = 0
        var bytes = 0
        if manifest.kind != .image {
            try open.store.forEachFile(of: digest) { entry in
                files += 1
                bytes += entry.byteCount
            }
        } else {
            files = manifest.layers.count
            bytes = manifest.layers.reduce(0) { $0 + $1.byteCount }
        }
        return [
            "reference": .string("\(reference.repository):\(record.tag)"),
            "digest": .string(digest.description),
            "kind": .string(record.kind.rawValue),
            "added": .string(Timestamp(seconds: record.addedAt).description),
            "files": .integer(Int64(files)), "bytes": .integer(Int64(bytes)),
            "tags": .array(tags.map { .string($0.tag.text) }),
            "config": try open.store.config(of: manifest),
            "statements": .array(statements),
        ]
    }

    private static func text(_ value: JSONValue) -> String {
        func line(_ name: String, _ text: String) -> String {
            "\(name):" + String(repeating: " ", count: max(1, 12 - name.count)) + text
        }
        func string(_ key: String) -> String { value[key]?.string ?? "" }
        let unit = string("kind") == Kind.image.rawValue ? "layers" : "files"
        var lines = [
            "\(string("reference"))  \(string("digest"))",
            line("kind", string("kind")),
            line("added", string("added")),
            line(
                "content",
                "\(value["files"]?.integer ?? 0) \(unit), "
                    + Terminal.size(value["bytes"]?.integer ?? 0)
            ),
        ]
        let tags = (value["tags"]?.array ?? []).compactMap(\.string)
        if !tags.isEmpty { lines.append(line("tags", tags.joined(separator: ", "))) }
        if let config = value["config"], config != [:], string("kind") != Kind.image.rawValue {
            lines.append(line("config", config.canonicalText))
        }
        for statement in value["statements"]?.array ?? [] {
            lines.append(
                line(
                    "statement",
                    "\(statement["predicate"]?.string ?? "") by \(statement["role"]?.string ?? ""), "
                        + "log entry \(statement["log_index"]?.integer ?? 0)"
                )
            )
        }
        return lines.joined(separator: "\n")
    }
}
