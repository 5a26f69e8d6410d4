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

    package init(positions: [Int], headSize: Int, base: Float) {
        self.headSize = headSize
        let half = headSize / 2
        let frequencies = (0..<half).map { index in
            let exponent = Float(2 * index) / Float(headSize)
            return 1 / Float(ingot_exp(Double(exponent) * ingot_log(Double(base))))
        }
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

    /// Rows that have angles.
    package var count: Int { cosine.rows }
}
