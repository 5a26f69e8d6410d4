// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Ways to keep a frozen weight in fewer bits while it is trained over, with the bits of
/// bitsandbytes 0.50.
package enum Quantisation: String, Sendable, CaseIterable {
    /// QLoRA's NF4 in blocks of 64, with quantised scales: 4.127 bits for a value.
    case nf4
    /// The weights of LLM.int8(): 8 bits and a scale for a row. Inputs stay as they are.
    case int8

    package var type: WeightType {
        switch self {
        case .nf4: .nf4
        case .int8: .int8
        }
    }
}

extension WeightMatrix {
    /// A quantised copy; nil where the rows are not whole blocks of the type.
    package func quantised(_ quantisation: Quantisation, compute: Compute) -> WeightMatrix? {
        let type = quantisation.type
        guard type.accepts(columns: columns) else { return nil }
        let codes = CodeMemory(byteCount: rows * type.byteCount(columns: columns))
        let count = type.scaleCount(rows: rows, columns: columns) ?? 0
        let scales = FloatBuffer(count: count)
        let scalesOfRow = count / max(rows, 1)
        compute.pool.run(rows) { row, _ in
            let values = FloatBuffer(self.row(row))
            // Safe: codes and scales have places of their own for every row.
            let target = unsafe codes.pointer + row * type.byteCount(columns: columns)
            let scale = unsafe scales.pointer + row * scalesOfRow
            switch quantisation {
            case .nf4: unsafe ingot_quantise_nf4(values.pointer, scalesOfRow, target, scale)
            case .int8:
                unsafe target.withMemoryRebound(to: Int8.self, capacity: columns) {
                    unsafe ingot_quantise_int8(values.pointer, columns, $0, scale)
                }
            }
        }
        return unsafe WeightMatrix(
            rows: rows,
            columns: columns,
            type: type,
            bytes: UnsafeRawBufferPointer(start: codes.pointer, count: codes.byteCount),
            scales: quantisation == .nf4
                ? WeightScales(quantising: scales) : WeightScales(scales.values),
            owner: codes
        )
    }
}

extension WeightScales {
    /// bitsandbytes' double quantisation.
    convenience init(quantising scales: FloatBuffer) {
        let map = FloatBuffer(Self.dynamicMap)
        let values = FloatBuffer(count: (scales.count + Self.block - 1) / Self.block)
        var offset: Float = 0
        let codes = unsafe [UInt8](unsafeUninitializedCapacity: scales.count) { buffer, count in
            if let target = buffer.baseAddress {
                // Safe: room for a code of every scale, and a value for every 256.
                unsafe ingot_quantise_scales(
                    scales.pointer,
                    scales.count,
                    map.pointer,
                    target,
                    values.pointer,
                    &offset
                )
            }
            count = scales.count
        }
        self.init(values.values, codes: codes, map: map.values, offset: offset)
    }

    /// bitsandbytes' signed dynamic data type of 8 bits: fractions of 0 to 6 bits under powers of
    /// ten, in order.
    package static let dynamicMap: [Float] = {
        var magnitudes: [Float] = []
        for exponent in 0..<7 {
            let power = Float([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1][exponent])
            let bounds = evenly(from: 0.1, to: 1, count: (1 << exponent) + 1)
            for (low, high) in zip(bounds, bounds.dropFirst()) {
                magnitudes.append(power * ((low + high) / 2))
            }
        }
        return (magnitudes.map { -$0 } + [0] + magnitudes + [1]).sorted()
    }()

    /// torch.linspace: from both ends to the middle, each value rounded once.
    private static func evenly(from start: Float, to end: Float, count: Int) -> [Float] {
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? start.addingProduct(step, Float(index))
                : end.addingProduct(-step, Float(count - 1 - index))
        }
    }
}

/// Memory of a weight's codes.
@safe
private final class CodeMemory: Sendable {
    let byteCount: Int
    // Safe: written only before the weight that owns it is shared, freed only with it.
    nonisolated(unsafe) let pointer: UnsafeMutablePointer<UInt8>

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe pointer = .allocate(capacity: max(byteCount, 1))
    }

    deinit { unsafe pointer.deallocate() }
}
