// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTensor

@Suite struct DropoutTests {
    private static let mask = DropoutMask(
        rate: 0.3,
        seed: 0x1234_5678_9ABC_DEF0,
        stream: 77,
        step: 5,
        firstRow: 9
    )

    @Test("drops by Philox at (column / 4, row, stream, step), at every level and thread count")
    func counters() {
        let (rows, columns) = (37, 83)
        let x = Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { Float($0) })
        let random = Philox(seed: Self.mask.seed)
        let scale = Float(1 / 0.7)
        let expected = (0..<rows * columns).map { index -> Float in
            let (row, column) = (index / columns, index % columns)
            let words = random.block(SIMD4(UInt32(column / 4), UInt32(row + 9), 77, 5))
            return Double(words[column % 4]) < (0.3 * 0x1p32).rounded(.down)
                ? 0 : Float(index) * scale
        }
        let sets = KernelSet.allCases.filter(\.isAvailable)
        for threads in 1...3 {
            let computes =
                KernelLevel.allCases.filter { $0 <= .best }
                .map { Compute(threads: threads, level: $0) }
                + sets.map { Compute(kernels: $0, threads: threads) }
            for compute in computes {
                let y = Matrix(rows: rows, columns: columns)
                compute.dropout(x, Self.mask, into: y)
                #expect(y.values == expected)
                compute.addDropout(x, Self.mask, to: y)
                #expect(y.values == expected.map { $0 + $0 })
            }
        }
        let share = Double(expected.count { $0 == 0 }) / Double(expected.count)
        #expect(abs(share - 0.3) < 0.03)
    }

    @Test("a row's mask does not depend on the rows before it")
    func rows() {
        let compute = Compute(threads: 1)
        let x = Matrix(rows: 6, columns: 40, values: Array(repeating: 1, count: 240))
        let y = Matrix(rows: 6, columns: 40)
        compute.dropout(x, Self.mask, into: y)
        let later = DropoutMask(
            rate: 0.3,
            seed: Self.mask.seed,
            stream: 77,
            step: 5,
            firstRow: 13
        )
        let part = Matrix(rows: 2, columns: 40)
        compute.dropout(x.rows(4..<6), later, into: part)
        #expect(part.values == y.rows(4..<6).values)
    }
}
