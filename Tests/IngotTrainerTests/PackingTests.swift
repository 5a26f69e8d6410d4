// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@testable import IngotTrainer

@Suite struct PackingTests {
    @Test("best fit, longest first, ties by index")
    func bestFit() {
        #expect(Packing.rows(lengths: [3, 7, 5, 3, 2], rowLength: 10) == [[0, 1], [2, 3, 4]])
        #expect(Packing.rows(lengths: [4, 4, 4, 4], rowLength: 8) == [[0, 1], [2, 3]])
        #expect(Packing.rows(lengths: [], rowLength: 8).isEmpty)
    }

    @Test("every example is in one row, and no row is too long")
    func complete() {
        let random = Philox(seed: 2)
        let lengths = (0..<300).map { 1 + Int(random.word($0, stream: 0, 0) % 50) }
        let rows = Packing.rows(lengths: lengths, rowLength: 64)
        #expect(rows.flatMap(\.self).sorted() == Array(0..<300))
        let sums = rows.map { row in row.map { lengths[$0] }.reduce(0, +) }
        #expect(sums.allSatisfy { $0 <= 64 })
    }

    @Test("a sequence is cut where a pass is full, and an example never is")
    func cut() {
        let lengths = [3, 7, 5, 3, 2]
        let sequence = [0, 1, 2, 3, 4]
        #expect(Packing.cut(sequence, lengths: lengths, passLength: 10) == [[0, 1], [2, 3, 4]])
        #expect(Packing.cut(sequence, lengths: lengths, passLength: 1) == sequence.map { [$0] })
        #expect(Packing.cut(sequence, lengths: lengths, passLength: 99) == [sequence])
        #expect(Packing.cut([], lengths: [], passLength: 4).isEmpty)
    }

    @Test("a packed row restarts positions and leaves out what predicts nothing")
    func packedRow() {
        let row = PackedRow([
            TrainingExample(tokens: [5, 6, 7, 8], isTrained: [false, false, true, false]),
            TrainingExample(tokens: [1, 2], isTrained: [true, false]),
            TrainingExample(tokens: [3, 4, 9], isTrained: [false, true, true]),
        ])
        #expect(row.tokens == [5, 6, 3, 4])
        #expect(row.positions == [0, 1, 0, 1])
        #expect(row.segments.map(\.rows) == [0..<2, 2..<4])
        #expect(row.predictingRows == [1, 2, 3])
        #expect(row.targets == [7, 4, 9])
    }
}
