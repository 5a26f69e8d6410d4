// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct KeptFilesTests {
    private let test: TestStore
    private let names: [String]
    private let old: WrittenVersion

    init() throws {
        test = try TestStore()
        names = (0..<6000).map { "part-\($0 / 100 + 100)/row-\($0 + 100_000)" }
        old = try test.add(names.map { .bytes($0, Array($0.utf8)) })
    }

    private func write(_ files: [FileSource], _ runs: [KeptFiles.Run]) throws -> WrittenVersion {
        try test.store.writeVersion(
            kind: .dataset,
            config: ["format": "test"],
            files: files,
            keeping: KeptFiles(version: old.manifestDigest, runs: runs)
        )
    }

    private func run(_ places: Range<Int>, after sources: Int) -> KeptFiles.Run {
        KeptFiles.Run(
            sourceIndex: sources,
            places: places,
            firstPath: names[places.lowerBound],
            lastPath: names[places.upperBound - 1]
        )
    }

    @Test("a version whose files are all kept is the same version")
    func same() throws {
        let version = try write([], [run(0..<6000, after: 0)])
        #expect(version.manifestDigest == old.manifestDigest)
        #expect(version.fileCount == 6000 && version.byteCount == old.byteCount)
        #expect(version.newByteCount == 0)
    }

    @Test(
        "the tree is the one that the same files make when all are read",
        arguments: [0, 1, 255, 1024, 2999, 5998, 5999]
    )
    func changed(place: Int) throws {
        let changed = FileSource.bytes(names[place], [1])
        var all = names.map { FileSource.bytes($0, Array($0.utf8)) }
        all[place] = changed
        let runs = [0..<place, place + 1..<6000].filter { !$0.isEmpty }
            .map { run($0, after: $0.lowerBound > place ? 1 : 0) }
        let kept = try write([changed], runs)
        #expect(try kept.manifestDigest == test.add(all).manifestDigest)
    }

    @Test("files may go and come, also at the end")
    func removedAndNew() throws {
        let new = FileSource.bytes("part-999", [1])
        let kept = try write([new], [run(100..<3000, after: 0), run(3001..<5900, after: 0)])
        let all = (names[100..<3000] + names[3001..<5900]).map {
            FileSource.bytes($0, Array($0.utf8))
        }
        #expect(try kept.manifestDigest == test.add(all + [new]).manifestDigest)
    }

    @Test("places that hold other paths are refused")
    func wrongPlaces() {
        let wrong = KeptFiles.Run(
            sourceIndex: 0,
            places: 1..<3,
            firstPath: names[0],
            lastPath: names[2]
        )
        #expect(throws: StoreError.self) { try write([], [wrong]) }
        let beyond = KeptFiles.Run(
            sourceIndex: 0,
            places: 5999..<6001,
            firstPath: names[5999],
            lastPath: "x"
        )
        #expect(throws: StoreError.self) { try write([], [beyond]) }
    }

    @Test("differences are those of the files")
    func differences() throws {
        let new = try write(
            [.bytes(names[10], [1]), .bytes("part-100/row-x", [2])],
            [run(0..<10, after: 0), run(11..<100, after: 1), run(100..<4000, after: 2)]
        )
        let found = try test.store.differences(
            from: old.manifestDigest,
            to: new.manifestDigest
        )
        #expect(found.count == 2002)
        #expect(found[0].path == names[10] && found[0].old != nil && found[0].new != nil)
        #expect(found[1].path == "part-100/row-x" && found[1].old == nil)
        #expect(found[2...].allSatisfy { $0.new == nil })
        #expect(found[2...].map(\.path) == Array(names[4000...]))
        let none = try test.store.differences(from: new.manifestDigest, to: new.manifestDigest)
        #expect(none.isEmpty)
    }

    @Test("files are found by their places, and counted by the root")
    func places() throws {
        let places = [0, 255, 256, 4000, 5999]
        let files = try test.store.treeFiles(of: old.manifestDigest, at: places)
        #expect(files.map(\.path) == places.map { names[$0] })
        #expect(throws: StoreError.self) {
            try test.store.treeFiles(of: old.manifestDigest, at: [6000])
        }
        let totals = try test.store.totals(of: old.manifestDigest)
        #expect(totals == (6000, old.byteCount))
    }

    @Test("a survey counts shared content once, and what only one version has")
    func survey() throws {
        let shared = SeededBytes.bytes(50_000, seed: 1)
        let own = SeededBytes.bytes(30_000, seed: 2)
        let first = try test.add([.bytes("a", shared), .bytes("b", shared)])
        let second = try test.add([.bytes("a", shared), .bytes("c", own)])
        var survey = StorageSurvey(test.store)
        for version in [first, second, first] { try survey.add(version.manifestDigest) }
        #expect(survey.total.byteCount == 180_000)
        #expect(survey.total.distinctByteCount == 80_000)
        #expect(survey.total.deduplicationSaved == 100_000)
        #expect(survey.exclusiveByteCounts.map(\.byteCount) == [0, 30_000])
    }
}
