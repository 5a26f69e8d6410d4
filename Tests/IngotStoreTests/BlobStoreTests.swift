// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct BlobStoreTests {
    let directory: TemporaryDirectory
    let store: BlobStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BlobStore.create(at: directory.path + "/.ingot")
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("keeps bytes under their digest, read-only, and reads them back")
    func roundTrip() throws {
        let bytes = Array("hello".utf8)
        let digest = try store.put(bytes)
        #expect(digest == Digest.of(bytes))
        #expect(try store.read(digest, limit: 5) == bytes)
        #expect(try store.byteCount(of: digest) == 5)
        #expect(store.contains(digest))
        #expect(mode(of: store.path(of: digest)) == 0o444)
        #expect(try store.digests() == [digest])
    }

    @Test("stores the same bytes twice at no cost and leaves nothing in incoming")
    func idempotent() throws {
        let batch = store.batch()
        let first = try batch.add([1, 2, 3])
        #expect(try batch.add([1, 2, 3]) == first)
        try batch.commit()
        #expect(batch.newByteCount == 3)
        let again = store.batch()
        #expect(try again.add([1, 2, 3]) == first)
        try again.commit()
        #expect(again.newByteCount == 0)
        for name in try Files.names(in: store.root + "/incoming") where !name.hasSuffix(".lock") {
            #expect(try Files.names(in: "\(store.root)/incoming/\(name)").isEmpty)
        }
    }

    @Test("a batch that is not committed leaves nothing behind")
    func abandoned() throws {
        var batch: BlobBatch? = store.batch()
        let digest = try #require(try batch?.add([9, 9, 9]))
        batch = nil
        #expect(!store.contains(digest))
        for name in try Files.names(in: store.root + "/incoming") where !name.hasSuffix(".lock") {
            #expect(try Files.names(in: "\(store.root)/incoming/\(name)").isEmpty)
        }
    }

    @Test("copies a file and knows its size")
    func addFile() throws {
        let bytes = SeededBytes.bytes(3_000_001, seed: 1)
        try directory.write(bytes, to: "data.bin")
        let batch = store.batch()
        let stored = try batch.addFile(at: directory.path + "/data.bin")
        try batch.commit()
        #expect(store.contains(stored.digest))
        #expect(stored.byteCount == bytes.count)
        #expect(stored.digest == Digest.of(bytes))
    }

    @Test("refuses to read damaged, missing and too large blobs, and says which")
    func refusals() throws {
        let digest = try store.put(Array("content".utf8))
        #expect(throws: StoreError.self) { try store.read(digest, limit: 6) }
        try Files.replace(store.path(of: digest), with: Array("contenT".utf8))
        let error = #expect(throws: StoreError.self) { try store.read(digest) }
        #expect(error?.message.contains(digest.description) == true)
        let other = Digest.of("elsewhere")
        let missing = #expect(throws: StoreError.self) { try store.read(other) }
        #expect(missing?.message.contains("not in the store") == true)
    }

    @Test("putting the right bytes again repairs a damaged blob")
    func repair() throws {
        let bytes = Array("content".utf8)
        let digest = try store.put(bytes)
        try Files.replace(store.path(of: digest), with: Array("contenT".utf8))
        #expect(try store.put(bytes) == digest)
        #expect(try store.read(digest) == bytes)
    }

    @Test("opening clears what a dead process left, and only that")
    func staleIncoming() throws {
        let incoming = store.root + "/incoming"
        try directory.write([1], to: ".ingot/incoming/00000000deadbeef/1")
        try directory.write([], to: ".ingot/incoming/00000000deadbeef.lock")
        let batch = store.batch()
        let alive = try batch.add([4, 5, 6])
        let other = try BlobStore(opening: store.root)
        #expect(!(try Files.names(in: incoming).contains { $0.hasPrefix("00000000deadbeef") }))
        try batch.commit()
        #expect(other.contains(alive))
    }

    @Test("refuses a directory that is not a store, or of another layout")
    func notAStore() throws {
        #expect(throws: StoreError.self) { try BlobStore(opening: directory.path) }
        try Files.replace(store.root + "/oci-layout", with: Array("{}".utf8))
        #expect(throws: StoreError.self) { try BlobStore(opening: store.root) }
    }

    @Test("making a store that exists keeps what is in it")
    func createTwice() throws {
        let digest = try store.put([7])
        #expect(try BlobStore.create(at: store.root).contains(digest))
    }
}
