// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// Dropout of what the low-rank updates read, in training: each role of each block has a mask of
/// its own for every row of every step, the same whenever it is asked for.
package struct LoRADropout: Sendable {
    private let rate: Double
    private let seed: UInt64
    private let step: Int
    private let firstRow: Int
    /// Memory for a masked input, [rows, the widest input].
    private let scratch: Matrix

    /// `firstRow` is the number of the pass's first row in its step.
    package init(rate: Double, seed: UInt64, step: Int, firstRow: Int, scratch: Matrix) {
        self.rate = rate
        self.seed = seed
        self.step = step
        self.firstRow = firstRow
        self.scratch = scratch
    }

    /// Distinguishes these random numbers from others of the same seed; the place is below it.
    private static let purpose: UInt32 = 0x4400_0000

    package func mask(_ block: Int, _ role: LinearRole) -> DropoutMask {
        DropoutMask(
            rate: rate,
            seed: seed,
            stream: Self.purpose | UInt32(block * LinearRole.allCases.count + role.index),
            step: UInt32(truncatingIfNeeded: step),
            firstRow: UInt32(truncatingIfNeeded: firstRow)
        )
    }

    /// Where a matrix of the shape of `x` fits that is used up before the next one.
    package func scratch(like x: Matrix) -> Matrix {
        scratch.rows(0..<x.rows).narrowed(to: x.columns)
    }

    /// `x` masked for a role; in memory that the next call uses again.
    package func masked(
        _ x: Matrix,
        _ block: Int,
        _ role: LinearRole,
        _ compute: Compute
    ) -> Matrix {
        let target = scratch(like: x)
        compute.dropout(x, mask(block, role), into: target)
        return target
    }
}
