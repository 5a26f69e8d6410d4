// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite("Kept uploads") struct KeptUploadsTests {
    private let test: TestStore
    private var store: BlobStore { test.store.blobs }
    private let bytes = SeededBytes.bytes(3_000_000, seed: 5)

    init() throws { test = try TestStore() }

    private func names() throws -> [String] { try Files.names(in: store.layout.uploads) }

    /// Writes the first bytes of an upload, as a process that then dies.
    private func begin(_ count: Int) throws {
        let writer = try store.keptWriter("one")
        try writer.write(Array(bytes[..<count]))
    }

    @Test(
        "an upload outlives its writer, and another one goes on to the same blob",
        arguments: [0, 1, 1_500_000]
    )
    func resume(count: Int) throws {
        try begin(count)
        _ = try BlobStore(opening: store.root)
        let writer = try #require(try store.resumedWriter("one"))
        #expect(writer.byteCount == count)
        try writer.write(Array(bytes[count...]))
        let batch = store.batch()
        #expect(try batch.add(writer, replacing: true).digest == Digest.of(bytes))
        try batch.commit()
        #expect(try store.read(Digest.of(bytes)) == bytes)
        #expect(try names().isEmpty)
        #expect(try store.resumedWriter("one") == nil)
    }

    @Test("one writer at a time holds an upload; who holds it may discard it")
    func held() throws {
        var writer: BlobWriter? = try store.keptWriter("one")
        #expect(try store.resumedWriter("one") == nil)
        try writer?.write([1, 2, 3])
        writer = nil
        #expect(try names() == ["one"])
        writer = try store.resumedWriter("one")
        #expect(writer?.byteCount == 3)
        store.discardKept("one")
        #expect(try names().isEmpty)
    }

    @Test("what nobody holds and nobody wrote to for a day goes when a store is opened")
    func stale() throws {
        try begin(10)
        let held = try store.keptWriter("held")
        let fresh = try store.keptWriter("fresh")
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        for name in ["one", "held"] {
            let times = [timespec(tv_sec: now.tv_sec - 90_000, tv_nsec: 0)]
            let path = "\(store.layout.uploads)/\(name)"
            #expect(unsafe utimensat(AT_FDCWD, path, times + times, 0) == 0)
        }
        try Files.makeDirectories("\(store.layout.uploads)/folder")
        _ = try BlobStore(opening: store.root)
        #expect(try names() == ["folder", "fresh", "held"])
        withExtendedLifetime((held, fresh)) {}
    }

    @Test("a link in an upload's place is not followed")
    func link() throws {
        try Files.makeDirectories(store.layout.uploads)
        try test.directory.write([1], to: "secret")
        let target = "\(test.directory.path)/secret"
        #expect(unsafe symlink(target, "\(store.layout.uploads)/one") == 0)
        #expect(throws: FileError.self) { try store.resumedWriter("one") }
        #expect(throws: FileError.self) { try store.keptWriter("one") }
    }
}
