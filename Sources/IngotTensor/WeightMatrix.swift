// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// A frozen matrix [rows, columns], row-major; quantised types are blocks along the columns.
///
/// The bytes stay where they are (a mapped file, or memory of the owner) and are never copied or
/// expanded as a whole.
@safe
package struct WeightMatrix: Sendable {
    package let rows: Int
    package let columns: Int
    package let type: WeightType
    // Safe: immutable bytes, kept alive by `owner`.
    package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// Of types whose scales lie apart.
    package let scales: WeightScales?
    private let owner: any Sendable

    /// Borrows `bytes`, which must stay unchanged for as long as `owner` lives.
    ///
    /// The caller has compared the byte count with the shape; see `WeightType.byteCount`.
    package init(
        rows: Int,
        columns: Int,
        type: WeightType,
        bytes: UnsafeRawBufferPointer,
        scales: WeightScales? = nil,
        owner: any Sendable
    ) {
        precondition(rows >= 0 && type.accepts(columns: columns), "shape of a weight")
        precondition(
            bytes.count == rows * type.byteCount(columns: columns),
            "bytes of a weight"
        )
        precondition(
            scales?.count == type.scaleCount(rows: rows, columns: columns),
            "scales of a weight"
        )
        self.rows = rows
        self.columns = columns
        self.type = type
        self.scales = scales
        unsafe self.bytes = unsafe bytes
        self.owner = owner
    }

    /// Copies `values` [rows, columns].
    package init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns, "values of a weight")
        let buffer = FloatBuffer(values)
        unsafe self.init(
            rows: rows,
            columns: columns,
            type: .f32,
            bytes: UnsafeRawBufferPointer(start: buffer.pointer, count: values.count * 4),
            owner: buffer
        )
    }

    /// Bytes from one row to the next.
    package var rowByteCount: Int { type.byteCount(columns: columns) }

    /// Row `index` as fp32.
    package func row(_ index: Int) -> [Float] {
        precondition(index >= 0 && index < rows, "row of a weight")
        return unsafe [Float](unsafeUninitializedCapacity: columns) { buffer, count in
            if let target = buffer.baseAddress { unsafe expand(row: index, into: target) }
            count = columns
        }
    }

    /// All values as fp32 [rows, columns]; for tests and merging, never for training.
    package func dequantized() -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            if let target = buffer.baseAddress {
                for index in 0..<rows { unsafe expand(row: index, into: target + index * columns) }
            }
            count = rows * columns
        }
    }

    /// Writes the `columns` values of row `index` to `target`.
    package func expand(row index: Int, into target: UnsafeMutablePointer<Float>) {
        precondition(index >= 0 && index < rows, "row of a weight")
        guard columns > 0 else { return }
        var term = unsafe ingot_term()
        unsafe describe(to: &term)
        // Safe: the row lies inside `bytes` by the checks of `init` and above.
        unsafe ingot_expand(&term, index, 0, target, columns)
    }

    /// Makes this the B of `term`, whose pointers are valid while the weight lives.
    func describe(to term: inout ingot_term) {
        unsafe term.b = bytes.baseAddress
        unsafe term.b_row_bytes = rowByteCount
        unsafe term.type = type.kernelCode
        unsafe term.scales = scales.map { unsafe UnsafePointer($0.kernelScales) }
    }
}

extension WeightType {
    /// The number by which the C kernels know the type (`enum ingot_weight_type`).
    var kernelCode: ingot_weight_type {
        switch self {
        case .f32: INGOT_F32
        case .f16: INGOT_F16
        case .bf16: INGOT_BF16
        case .q4_0: INGOT_Q4_0
        case .q4_1: INGOT_Q4_1
        case .q8_0: INGOT_Q8_0
        case .q4_k: INGOT_Q4_K
        case .q6_k: INGOT_Q6_K
        case .nf4: INGOT_NF4
        case .int8: INGOT_INT8
        }
    }
}
