// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import Testing

@testable import IngotStore

@Suite("Arrival") struct ArrivalTests {
    @Test("a blob with other bytes, too few or too many is not taken in")
    func wrongBlob() throws {
        let test = try TestStore()
        let bytes = Array("what was announced".utf8)
        let digest = Digest.of(bytes)
        for wrong in [Array("what was announcer".utf8), Array(bytes.dropLast())] {
            let blob = try test.store.blobs.arriving(digest, byteCount: bytes.count)
            try unsafe wrong.withUnsafeBytes { try unsafe blob.write($0) }
            #expect(throws: StoreError.self) { try blob.commit() }
        }
        let long = try test.store.blobs.arriving(digest, byteCount: bytes.count - 1)
        #expect(throws: StoreError.self) {
            try unsafe bytes.withUnsafeBytes { try unsafe long.write($0) }
        }
        #expect(!test.store.blobs.contains(digest))
        let right = try test.store.blobs.arriving(digest, byteCount: bytes.count)
        try unsafe bytes.withUnsafeBytes { try unsafe right.write($0) }
        try right.commit()
        #expect(try test.store.blobs.read(digest) == bytes)
    }

    @Test("a blob of another size, or a small one with other bytes, is not held")
    func damagedBlob() throws {
        let test = try TestStore()
        let blobs = test.store.blobs
        let bytes = Array("what it should be".utf8)
        let digest = try blobs.put(bytes)
        #expect(try blobs.holds(digest, byteCount: bytes.count))
        for wrong in [Array("what it shouldn't".utf8), Array(bytes.dropLast())] {
            try Files.replace(blobs.path(of: digest), with: wrong)
            #expect(try !blobs.holds(digest, byteCount: bytes.count))
        }
    }

    @Test("a pack that calls other bytes by the name of a chunk that is here is not adopted")
    func lyingPack() throws {
        let test = try TestStore()
        let content = Array("a chunk that is here".utf8)
        let version = try test.add([.bytes("file", content)])
        var directory = PackDirectory()
        directory.append(
            Digest.of(content),
            storedByteCount: content.count,
            byteCount: content.count,
            encoding: .plain
        )
        let lie = [UInt8](repeating: 7, count: content.count) + directory.bytes
        let pack = try test.store.blobs.put(lie)
        #expect(throws: StoreError.self) { try test.store.adopt(pack: pack) }
        let entry = try #require(try test.store.readTree(of: version.manifestDigest).first)
        #expect(try test.store.readFile(entry) == content)
    }

    @Test("what a version lacks is found page by page, and single chunks complete it")
    func missingChunks() throws {
        let source = try TestStore()
        let files = (0..<3000).map { index in
            FileSource.bytes("d/\(index)", Array("file \(index)".utf8))
        }
        let version = try source.add(files)
        let target = try TestStore()
        for blob in [version.manifest.config.digest, version.manifest.layers[0].digest] {
            _ = try target.store.blobs.put(source.store.blobs.read(blob))
        }
        var rounds = 0
        while true {
            let missing = try target.store.missingChunks(of: version.manifest)
            let wanted = missing.pages.isEmpty ? missing.files : missing.pages
            if wanted.isEmpty { break }
            rounds += 1
            let taken = ChunkImport(store: target.store)
            for (chunk, place) in try source.store.index.locations(of: wanted.map(\.digest)) {
                let end = place.offset + place.storedByteCount
                let stored = try source.store.blobs.read(place.pack, bytes: place.offset..<end)
                let entry = PackDirectory.Entry(
                    chunk: chunk,
                    offset: place.offset,
                    storedByteCount: place.storedByteCount,
                    byteCount: place.byteCount,
                    encoding: place.encoding
                )
                #expect(throws: StoreError.self) { try taken.add(entry, stored: [1] + stored) }
                try taken.add(entry, stored: stored)
            }
            try taken.commit()
        }
        #expect(rounds >= 2)
        _ = try target.store.blobs.put(version.manifest.canonicalBytes)
        #expect(try target.store.check(manifests: [version.manifestDigest]).isEmpty)
    }

    @Test("a pack made to be sent holds exactly the chunks asked for, and goes with its object")
    func temporaryPack() throws {
        let test = try TestStore()
        _ = try test.add([.bytes("a", Array("one".utf8)), .bytes("b", Array("two".utf8))])
        let one = Digest.of("one")
        let before = try test.store.blobs.digests()
        var packs = try test.store.temporaryPacks(of: test.store.index.locations(of: [one]))
        let pack = try #require(packs.first)
        let bytes = try pack.read(0..<pack.byteCount)
        #expect(Digest.of(bytes) == pack.digest)
        let directory = try PackDirectory(packByteCount: bytes.count) { count, offset in
            Array(bytes[offset..<offset + count])
        }
        #expect(directory?.entries.map(\.chunk) == [one])
        #expect(try test.store.blobs.digests() == before)
        packs = []
    }
}
