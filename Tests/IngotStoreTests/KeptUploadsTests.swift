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

    @Test("what is no upload keeps no store from being opened, nor blobs from coming back")
    func oddEntries() throws {
        let blob = try store.put([1, 2, 3])
        try Files.makeDirectories(store.layout.condemned)
        try FileHandle.move(store.path(of: blob), to: store.layout.condemned(blob))
        try Files.makeDirectories(store.layout.uploads)
        #expect(unsafe symlink("elsewhere", "\(store.layout.uploads)/link") == 0)
        #expect(unsafe mkfifo("\(store.layout.uploads)/pipe", 0o600) == 0)
        try bindSocket("\(store.layout.uploads)/socket")
        _ = try BlobStore(opening: store.root)
        #expect(try names() == ["link", "pipe", "socket"])
        #expect(store.keeps(blob))
        try Files.remove(store.layout.uploads)
        try Files.replace(store.layout.uploads, with: [1])
        _ = try BlobStore(opening: store.root)
    }

    private func bindSocket(_ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < 108)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    @Test("an upload whose server was killed while it became a blob goes on, for any user")
    func readOnly() throws {
        // Glibc's module lacks it: for whom this thread, and no other, opens files.
        let found = unsafe unsafeBitCast(
            dlsym(nil, "setfsuid"),
            to: (@convention(c) (uid_t) -> Int32)?.self
        )
        let setUser = try #require(found)
        let user = setUser(65_534)
        defer { _ = setUser(uid_t(bitPattern: user)) }
        let place = try TemporaryDirectory()
        let store = try BlobStore.create(at: "\(place.path)/store")
        try store.keptWriter("one").write(Array(bytes[..<10]))
        #expect(unsafe chmod("\(store.layout.uploads)/one", 0o444) == 0)
        let writer = try #require(try store.resumedWriter("one"))
        try writer.write(Array(bytes[10...]))
        let batch = store.batch()
        #expect(try batch.add(writer, replacing: true).digest == Digest.of(bytes))
        try batch.commit()
        guard getuid() == 0 else { return }
        // Somebody else's: its client begins a new one.
        _ = try store.keptWriter("two")
        _ = setUser(0)
        #expect(unsafe chown("\(store.layout.uploads)/two", 0, 0) == 0)
        _ = setUser(65_534)
        #expect(try store.resumedWriter("two") == nil)
        _ = try BlobStore(opening: store.root)
    }

    @Test("what an earlier writer left is hashed in steps, or when the rest is written")
    func steps() throws {
        try begin(1_500_000)
        var writer: BlobWriter? = try store.resumedWriter("one")
        #expect(try writer?.readWritten(limit: 1_000_000) == false)
        #expect(writer?.byteCount == 1_500_000)
        try writer?.write(Array(bytes[1_500_000..<2_000_000]))
        #expect(try writer?.readWritten(limit: 1) == true)
        writer = nil
        let last = try #require(try store.resumedWriter("one"))
        for isWhole in [false, true] {
            #expect(try last.readWritten(limit: 1_000_000) == isWhole)
        }
        try last.write(Array(bytes[2_000_000...]))
        #expect(try last.finish().digest == Digest.of(bytes))
    }
}
