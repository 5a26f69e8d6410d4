// SPDX-License-Identifier: Apache-2.0

import IngotTensor

/// Seeded numbers for tests.
struct Samples {
    private let random: Philox

    init(_ seed: UInt64) { random = Philox(seed: seed) }

    /// Values in [−1, 1).
    func values(_ count: Int, _ stream: UInt32) -> [Float] {
        (0..<count).map { 2 * random.uniform($0, stream: 1, stream) - 1 }
    }

    func matrix(_ rows: Int, _ columns: Int, _ stream: UInt32) -> Matrix {
        Matrix(rows: rows, columns: columns, values: values(rows * columns, stream))
    }

    /// A weight whose stored numbers are random and whose values are moderate.
    func weight(_ type: WeightType, _ rows: Int, _ columns: Int) -> WeightMatrix {
        guard type != .f32 else {
            return WeightMatrix(rows: rows, columns: columns, values: values(rows * columns, 9))
        }
        var bytes = (0..<rows * type.byteCount(columns: columns)).map {
            UInt8(truncatingIfNeeded: random.word($0, stream: 2, 0))
        }
        let (block, halves) =
            switch type {
            case .f32: (4, [Int]())
            case .f16: (2, [0])
            case .bf16: (2, [])
            case .q4_0: (18, [0])
            case .q4_1: (20, [0, 2])
            case .q8_0: (34, [0])
            case .q4_k: (144, [0, 2])
            case .q6_k: (210, [208])
            case .nf4, .int8: (32, [])
            }
        var scales: WeightScales?
        if type == .nf4 {
            let count = rows * columns / 64
            scales = WeightScales(
                values((count + 255) / 256, 3),
                codes: (0..<count).map { UInt8(truncatingIfNeeded: random.word($0, stream: 4, 0)) },
                map: WeightScales.dynamicMap,
                offset: 0.25
            )
        }
        if type == .int8 { scales = WeightScales(values(rows, 3)) }
        // Exponents of scales near 2⁻⁴, where they are multiplied by others near 2⁻¹⁰.
        let exponent: UInt8 = type.blockLength == 256 ? 0x14 : 0x2C
        for start in stride(from: 0, to: bytes.count, by: block) {
            for half in halves {
                bytes[start + half + 1] = bytes[start + half + 1] & 0x83 | exponent
            }
            // Near 1.
            if type == .bf16 { bytes[start + 1] = bytes[start + 1] & 0x80 | 0x3F }
        }
        let box = Bytes(bytes)
        return unsafe WeightMatrix(
            rows: rows,
            columns: columns,
            type: type,
            bytes: UnsafeRawBufferPointer(box.memory),
            scales: scales,
            owner: box
        )
    }

    /// Bytes at a fixed address.
    private final class Bytes: Sendable {
        // Safe: written before anybody else sees it.
        nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

        init(_ bytes: [UInt8]) {
            unsafe memory = .allocate(byteCount: bytes.count, alignment: 1)
            unsafe memory.copyBytes(from: bytes)
        }

        deinit { unsafe memory.deallocate() }
    }
}

/// Levels this processor has, and pools of one to three threads: results may not differ.
let everyCompute: [Compute] = KernelLevel.allCases.filter { $0 <= .best }.enumerated().map {
    Compute(threads: $0 + 1, level: $1)
}

func bits(_ matrix: Matrix) -> [UInt32] { matrix.values.map(\.bitPattern) }

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
