// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct ChunkSinkTests {
    private func pieces(_ count: Int, seed: UInt64) -> [ChunkSink.Piece] {
        (0..<count).map {
            let bytes = SeededBytes.bytes(64 << 10, seed: seed + UInt64($0))
            return ChunkSink.Piece(digest: Digest.of(bytes), bytes: bytes, range: bytes.indices)
        }
    }

    @Test("a chunk is written once, whether it is in flight, in a pack or in the index")
    func once() throws {
        let test = try TestStore()
        let sink = ChunkSink(store: test.store)
        let (large, small) = (pieces(40, seed: 1), pieces(3, seed: 100))
        for _ in 0..<3 {
            try sink.add(large + large)
            try sink.add(small)
        }
        let byteCount = try sink.commit()
        try sink.add(large + small)
        #expect(try sink.commit() == byteCount)
        let other = ChunkSink(store: test.store)
        try other.add(large + small)
        #expect(try other.commit() == 0)
        let reader = ChunkReader(store: test.store)
        for piece in large + small {
            let reference = ChunkReference(digest: piece.digest, byteCount: piece.range.count)
            #expect(try reader.read(reference) == piece.bytes)
        }
    }

    @Test("what fails in the background comes with the next call, and nothing is known of it")
    func failure() throws {
        let test = try TestStore()
        let sink = ChunkSink(store: test.store)
        // Nothing can be written where a file is in the directory's place.
        let incoming = "\(test.directory.path)/.ingot/incoming"
        try Files.remove(incoming)
        try Files.replace(incoming, with: [1])
        let lost = pieces(40, seed: 1)
        try sink.add(lost)
        #expect(throws: FileError.self) { try sink.commit() }
        #expect(throws: FileError.self) { try sink.commit() }
        #expect(try test.store.present(lost.map(\.digest)).isEmpty)
    }
}
