// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotStore

@testable import IngotCatalog

/// What `registry/golden/v2` holds: what was removed, what came from elsewhere, runs, and the links
/// of a registry.
extension GoldenStore {
    static let cacheKey = Digest(bytes: Array(repeating: 7, count: 32))

    func fillV2() throws {
        let data = try RepositoryName(parsing: "golden/data")
        let (latest, candidate) = (try Tag(parsing: "latest"), try Tag(parsing: "candidate"))
        try append(
            .storeCreated,
            [
                .key(role: "publisher", keyID: "k1", pem: "PEM\n", detail: ["owner": "golden"]),
                .key(role: "log", keyID: "k2", pem: "PEM\n", detail: .null),
            ]
        )
        let rows = try (1...3).map { try version(.dataset, "row \($0)\n") }
        for digest in rows {
            try append(
                .datasetAdded,
                [.version(repository: data, digest: digest, kind: .dataset)]
                    + [statement(about: digest)]
            )
        }
        func move(_ act: Act, _ tag: Tag, _ from: Digest?, _ to: Digest?) throws {
            try append(act, [.tag(repository: data, tag: tag, from: from, to: to)])
        }
        try move(.tagMoved, latest, nil, rows[0])
        try move(.tagMoved, candidate, nil, rows[2])
        try move(.tagMoved, latest, rows[0], rows[1])
        try move(.removed, candidate, rows[2], nil)
        try append(.removed, [.versionRemoved(repository: data, digest: rows[2])])
        try fillAdapters()
        try fillPulled()
        try fillRuns()
        try catalog.link(blob: rows[0], in: data)
    }

    /// Two adapters that ran in an environment, which is back at the first.
    private func fillAdapters() throws {
        let adapters = try RepositoryName(parsing: "golden/adapters")
        let production = try Tag(parsing: "production")
        let versions = try (1...2).map { try version(.adapter, "weights \($0)\n") }
        for digest in versions {
            try append(
                .adapterTrained,
                [.version(repository: adapters, digest: digest, kind: .adapter)]
            )
        }
        try append(
            .environmentSet,
            [
                .environment(
                    name: production.text,
                    definition: [
                        "name": "production", "repository": .string(adapters.text),
                        "gate": .string(try store.blobs.put(Array("rules: []\n".utf8)).description),
                    ]
                )
            ]
        )
        let moves: [(act: Act, from: Digest?, to: Digest)] = [
            (.promoted, nil, versions[0]), (.promoted, versions[0], versions[1]),
            (.rolledBack, versions[1], versions[0]),
        ]
        for move in moves {
            let change = Change.tag(
                repository: adapters,
                tag: production,
                from: move.from,
                to: move.to
            )
            try append(move.act, [change])
        }
    }

    /// The seventh version of another store, with what was stated about it there.
    private func fillPulled() throws {
        let pulled = try version(.dataset, "from elsewhere\n")
        try append(
            .pulled,
            [
                .version(
                    repository: RepositoryName(parsing: "golden/pulled"),
                    number: 7,
                    digest: pulled,
                    kind: .dataset
                )
            ] + [statement(about: pulled)]
        )
    }

    /// A run that ended, and one that never said how.
    private func fillRuns() throws {
        let recipe = try store.blobs.put(Array("name: golden\n".utf8))
        for isFinished in [true, false] {
            let lock = try catalog.beginRun(
                name: "golden",
                recipe: recipe,
                parameters: ["seed": "1"],
                environment: ["threads": 2],
                startedAt: 1_767_225_700
            )
            for step in 1...2 {
                try catalog.append(
                    metrics: ["loss": 3 - Double(step), "gap": .nan],
                    step: step,
                    to: lock.run
                )
            }
            guard isFinished else { continue }
            try catalog.finish(
                lock.run,
                state: .succeeded,
                outputs: ["adapter": "golden/adapters:v1"],
                at: 1_767_225_800
            )
        }
        try catalog.rememberStep(key: Self.cacheKey, result: ["run": "r1"])
    }

    private func version(_ kind: Kind, _ text: String) throws -> Digest {
        try store.writeVersion(
            kind: kind,
            config: [:],
            files: [FileSource(path: "file.txt", content: .bytes(Array(text.utf8)))]
        ).manifestDigest
    }

    private func statement(about version: Digest) throws -> Change {
        let bundle = try store.blobs.put(Array("{\"about\":\"\(version)\"}".utf8))
        return .statement(
            subject: version,
            envelope: bundle,
            referrer: bundle,
            predicateType: "https://example.org/added/v1",
            role: "publisher"
        )
    }
}
