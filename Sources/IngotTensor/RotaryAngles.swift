// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Cosine and sine of the rotary positions of some rows.
///
/// Frequencies and angles are rounded to fp32 where PyTorch's Llama rounds them.
package struct RotaryAngles: Sendable {
    package let headSize: Int
    /// [rows, headSize / 2].
    let cosine: Matrix
    let sine: Matrix

    /// `divisors` stretch the context: frequency i is divided by `divisors[i]`; empty for none.
    package init(positions: [Int], headSize: Int, base: Float, divisors: [Float] = []) {
        let half = headSize / 2
        precondition(divisors.isEmpty || divisors.count == half, "divisors of the frequencies")
        self.headSize = headSize
        var frequencies = Self.frequencies(headSize: headSize, base: base)
        for (index, divisor) in divisors.enumerated() { frequencies[index] /= divisor }
        var cosines: [Float] = []
        var sines: [Float] = []
        cosines.reserveCapacity(positions.count * half)
        sines.reserveCapacity(positions.count * half)
        for position in positions {
            for frequency in frequencies {
                let angle = Double(Float(position) * frequency)
                cosines.append(Float(ingot_cos(angle)))
                sines.append(Float(ingot_sin(angle)))
            }
        }
        cosine = Matrix(rows: positions.count, columns: half, values: cosines)
        sine = Matrix(rows: positions.count, columns: half, values: sines)
    }

    /// base^(−2i / headSize): what a head's pair i turns by from one position to the next.
    package static func frequencies(headSize: Int, base: Float) -> [Float] {
        (0..<headSize / 2).map { index in
            let exponent = Float(2 * index) / Float(headSize)
            return 1 / Float(ingot_exp(Double(exponent) * ingot_log(Double(base))))
        }
    }

    /// Rows that have angles.
    package var count: Int { cosine.rows }
}
