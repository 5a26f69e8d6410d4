// SPDX-License-Identifier: Apache-2.0

import GRDB
import IngotCore
import Testing

@testable import IngotCatalog

/// What the catalog names, and which links of a registry end.
@Suite struct RootsTests {
    private let test: TestCatalog
    private let repository: RepositoryName
    private let version: Digest
    private let layer = Digest.of("layer")
    /// A day for what is on its way; nothing is under way.
    private let stale = StaleLinks(uploadSeconds: 86_400, begun: .max)

    init() throws {
        test = try TestCatalog()
        repository = try RepositoryName(parsing: "team/data")
        version = try test.addVersion("one", to: repository)
    }

    private func link(_ digest: Digest, about subject: Digest? = nil) throws {
        let link = ManifestLink(
            digest: digest,
            mediaType: .imageManifest,
            artifactType: nil,
            subject: subject?.description,
            annotations: [:],
            isPushed: true
        )
        try test.catalog.link(link, blobs: [layer], in: repository)
    }

    private func remove() throws {
        try test.append([.versionRemoved(repository: repository, digest: version)], act: .removed)
    }

    private func makeOld(_ table: String) throws {
        try test.catalog.database.write { db in
            try db.execute(sql: "UPDATE \(table) SET linkedAt = linkedAt - 100000")
        }
    }

    private func linked() throws -> Set<Digest> {
        let named = try test.catalog.namedDigests()
        return named.linkedManifests.union(named.linkedBlobs)
    }

    /// What stays linked: told before anything is unlinked, and the same afterwards.
    private func linkedAfterPruning(_ stale: StaleLinks) throws -> Set<Digest> {
        let before = try linked()
        let told = try test.catalog.namedDigests(without: stale)
        #expect(try linked() == before)
        try test.catalog.prune(stale)
        let left = try linked()
        #expect(told.linkedManifests.union(told.linkedBlobs) == left)
        return left
    }

    @Test("names versions, what is linked, and what the log mentions, without what was removed")
    func namedDigests() throws {
        let other = try test.addVersion("two", to: repository)
        try link(version)
        let run = try test.catalog.beginRun(
            name: "run",
            recipe: Digest.of("recipe"),
            parameters: [:],
            environment: [:],
            startedAt: 0
        )
        try test.catalog.finish(
            run.run,
            state: .succeeded,
            outputs: ["file": .string(Digest.of("output").description)],
            at: 1
        )
        try remove()
        let named = try test.catalog.namedDigests()
        #expect(named.versions == [other])
        #expect(named.removed == [version])
        #expect(named.linkedManifests == [version])
        #expect(named.linkedBlobs == [layer])
        #expect(named.mentioned == [other, Digest.of("recipe"), Digest.of("output")])
    }

    @Test("a removed version is unlinked with what refers to it and what these name")
    func removed() throws {
        let (statement, other) = (Digest.of("statement"), Digest.of("other"))
        try link(version)
        try link(statement, about: version)
        #expect(try linkedAfterPruning(stale) == [version, statement, layer])
        try remove()
        try test.catalog.link(blob: other, in: repository)
        #expect(try linkedAfterPruning(stale) == [other])
    }

    @Test("what is pushed again after its removal stays until its time is over")
    func pushedAgain() throws {
        let statement = Digest.of("statement")
        try link(version)
        try remove()
        try link(version)
        try link(statement, about: version)
        #expect(try linkedAfterPruning(stale) == [version, statement, layer])
        try makeOld("manifestLink")
        #expect(try linkedAfterPruning(stale).isEmpty)
    }

    @Test("what is younger than an operation under way is left alone, whatever its time")
    func underWay() throws {
        try link(version)
        try remove()
        try test.catalog.link(blob: Digest.of("upload"), in: repository)
        let hasty = StaleLinks(uploadSeconds: 0, begun: 0)
        #expect(try linkedAfterPruning(hasty) == [version, layer, Digest.of("upload")])
        #expect(try linkedAfterPruning(StaleLinks(uploadSeconds: 0, begun: .max)).isEmpty)
    }

    @Test("an upload that no manifest names ends after its time")
    func uploads() throws {
        let upload = Digest.of("upload")
        try test.catalog.link(blob: upload, in: repository)
        #expect(try linkedAfterPruning(stale) == [upload])
        try makeOld("blobLink")
        #expect(try linkedAfterPruning(stale).isEmpty)
    }
}
