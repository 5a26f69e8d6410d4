// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotStore

@testable import IngotCatalog

/// What `registry/golden/v1` holds: trees of every shape, and each kind of change of the first
/// schema.
extension GoldenStore {
    private static func text(_ seed: Int, lines: Int) -> [UInt8] {
        Array((0..<lines).map { "\(seed) line \($0 * $0 % 9973) of a golden file\n" }.joined().utf8)
    }

    /// 70 chunks of 128 KiB: runs of one byte have no boundary.
    private static var long: [UInt8] {
        (0..<70).flatMap { [UInt8](repeating: $0, count: 128 << 10) }
    }

    /// An empty file, an executable one, one of several chunks and one of more than 64.
    static var files: [(path: String, isExecutable: Bool, bytes: [UInt8])] {
        [
            ("data/empty", false, []), ("data/long.bin", false, long),
            ("data/middle.txt", false, text(1, lines: 4000)),
            ("run.sh", true, Array("#!/bin/sh\n".utf8)),
            ("übung/datei.txt", false, Array("größer\n".utf8)),
        ]
    }

    /// Enough files for a tree of two levels.
    private static var manyFiles: [FileSource] {
        (0..<900).map {
            FileSource(path: "many/\($0 % 7)/\($0).txt", content: .bytes(Array("n".utf8)))
        }
    }

    func fillV1() throws {
        let data = try RepositoryName(parsing: "golden/data")
        let adapters = try RepositoryName(parsing: "golden/adapters")
        let sources = Self.files.map {
            FileSource(path: $0.path, isExecutable: $0.isExecutable, content: .bytes($0.bytes))
        }
        let first = try store.writeVersion(
            kind: .dataset,
            config: ["format": "text"],
            files: sources
        )
        let second = try store.writeVersion(
            kind: .dataset,
            config: ["format": "text"],
            files: sources + Self.manyFiles
        )
        let adapter = try store.writeVersion(
            kind: .adapter,
            config: ["rank": 8],
            files: Array(sources.suffix(1)),
            annotations: ["org.example.note": "golden"]
        )
        let bundle = try store.blobs.put(Array(#"{"golden":"bundle"}"#.utf8))
        let latest = try Tag(parsing: "latest")
        let production = try Tag(parsing: "production")
        let entries: [(Act, [Change])] = [
            (.storeCreated, [.key(role: "log", keyID: "k1", pem: "PEM\n", detail: .null)]),
            (
                .datasetAdded,
                [
                    .version(repository: data, digest: first.manifestDigest, kind: .dataset),
                    .statement(
                        subject: first.manifestDigest,
                        envelope: bundle,
                        referrer: bundle,
                        predicateType: "https://example.org/added/v1",
                        role: "publisher"
                    ),
                ]
            ),
            (
                .datasetAdded,
                [.version(repository: data, digest: second.manifestDigest, kind: .dataset)]
            ),
            (
                .adapterTrained,
                [.version(repository: adapters, digest: adapter.manifestDigest, kind: .adapter)]
            ),
            (
                .tagMoved,
                [
                    .tag(
                        repository: data,
                        tag: latest,
                        from: nil,
                        to: first.manifestDigest
                    )
                ]
            ),
            (
                .tagMoved,
                [
                    .tag(
                        repository: data,
                        tag: latest,
                        from: first.manifestDigest,
                        to: second.manifestDigest
                    )
                ]
            ),
            (
                .environmentSet,
                [
                    .environment(
                        name: "production",
                        definition: ["repository": "golden/adapters", "gates": ["accuracy"]]
                    )
                ]
            ),
            (
                .promoted,
                [
                    .tag(
                        repository: adapters,
                        tag: production,
                        from: nil,
                        to: adapter.manifestDigest
                    )
                ]
            ),
            (.keyRevoked, [.keyRevoked(keyID: "k1", reason: "replaced")]),
        ]
        for (act, changes) in entries { try append(act, changes) }
    }
}
