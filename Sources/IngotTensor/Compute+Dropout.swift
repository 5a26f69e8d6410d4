// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Which elements of a matrix are left out, a function of counters alone: Philox of the seed at
/// (column / 4, row, stream, step).
package struct DropoutMask: Sendable, Equatable {
    /// The share that is left out, below 1; the rest is scaled to keep the mean.
    package let rate: Double
    package let seed: UInt64
    package let stream: UInt32
    package let step: UInt32
    /// The number of the matrix's first row.
    package let firstRow: UInt32

    package init(rate: Double, seed: UInt64, stream: UInt32, step: UInt32, firstRow: UInt32) {
        precondition(rate >= 0 && rate < 1, "rate of a dropout")
        self.rate = rate
        self.seed = seed
        self.stream = stream
        self.step = step
        self.firstRow = firstRow
    }
}

extension Compute {
    /// y = x ∘ mask.
    package func dropout(_ x: Matrix, _ mask: DropoutMask, into y: Matrix) {
        run(x, mask, y, adds: false)
    }

    /// y += x ∘ mask.
    package func addDropout(_ x: Matrix, _ mask: DropoutMask, to y: Matrix) {
        run(x, mask, y, adds: true)
    }

    private func run(_ x: Matrix, _ mask: DropoutMask, _ y: Matrix, adds: Bool) {
        precondition(x.rows == y.rows && x.columns == y.columns, "dropout: shapes")
        let constants = ingot_dropout(
            key0: UInt32(truncatingIfNeeded: mask.seed),
            key1: UInt32(truncatingIfNeeded: mask.seed >> 32),
            stream: mask.stream,
            step: mask.step,
            threshold: UInt32(mask.rate * 0x1p32),
            scale: Float(1 / (1 - mask.rate))
        )
        overRows(y.rows) { rows in
            var constants = constants
            for row in rows {
                // Safe: a row of both matrices has as many elements as the matrix has columns.
                unsafe table.pointee.dropout(
                    x.row(row),
                    y.row(row),
                    y.columns,
                    &constants,
                    mask.firstRow &+ UInt32(truncatingIfNeeded: row),
                    adds ? 1 : 0
                )
            }
        }
    }
}
