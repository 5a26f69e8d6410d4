// SPDX-License-Identifier: Apache-2.0

/// A view of fp32 values [rows, columns] in a buffer; a row is contiguous.
///
/// Like the buffer, a view may be written through by whoever computes with it; operations that
/// write say so.
package struct Matrix: Sendable {
    package let rows: Int
    package let columns: Int
    /// Floats from one row to the next.
    package let stride: Int
    let buffer: FloatBuffer
    let offset: Int

    /// Fresh memory, zeroed.
    package init(rows: Int, columns: Int) {
        self.init(FloatBuffer(count: rows * columns), rows: rows, columns: columns)
    }

    /// A copy of `values`.
    package init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns, "values of a matrix")
        self.init(FloatBuffer(values), rows: rows, columns: columns)
    }

    /// One row with a copy of `values`.
    package init(row values: [Float]) {
        self.init(rows: 1, columns: values.count, values: values)
    }

    /// A view of `buffer` from `offset`.
    package init(_ buffer: FloatBuffer, offset: Int = 0, rows: Int, columns: Int) {
        precondition(
            rows >= 0 && columns >= 0 && offset >= 0 && offset + rows * columns <= buffer.count,
            "matrix in a buffer"
        )
        self.buffer = buffer
        self.offset = offset
        self.rows = rows
        self.columns = columns
        stride = columns
    }

    /// The first element.
    var pointer: UnsafeMutablePointer<Float> { unsafe buffer.pointer + offset }

    /// Where row `index` begins.
    func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        unsafe buffer.pointer + offset + index * stride
    }

    /// Some consecutive rows of the same memory.
    package func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows of a matrix")
        return Matrix(
            buffer,
            offset: offset + range.lowerBound * stride,
            rows: range.count,
            columns: columns
        )
    }

    /// The same memory with every row cut into rows of `columns` values.
    package func split(columns width: Int) -> Matrix {
        precondition(width > 0 && columns.isMultiple(of: width), "rows to split")
        return Matrix(buffer, offset: offset, rows: rows * (columns / width), columns: width)
    }

    /// As many rows of fewer columns in the same memory.
    package func narrowed(to columns: Int) -> Matrix {
        precondition(columns <= self.columns, "columns of a matrix")
        return Matrix(buffer, offset: offset, rows: rows, columns: columns)
    }

    /// A copy of everything.
    package var values: [Float] { buffer.values(offset..<offset + rows * columns) }

    /// A copy of one row.
    package func values(row: Int) -> [Float] {
        precondition(row >= 0 && row < rows, "row of a matrix")
        return buffer.values(offset + row * stride..<offset + row * stride + columns)
    }

    /// One value.
    package func value(row: Int, column: Int) -> Float {
        precondition(row >= 0 && row < rows && column >= 0 && column < columns, "matrix element")
        return unsafe self.row(row)[column]
    }

    /// Sets everything to zero.
    package func clear() {
        unsafe pointer.update(repeating: 0, count: rows * columns)
    }

    /// Writes `values` over everything.
    package func set(_ values: [Float]) {
        precondition(values.count == rows * columns, "values of a matrix")
        // Safe: both sides have the same number of elements.
        unsafe values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress {
                unsafe pointer.update(from: base, count: source.count)
            }
        }
    }

    /// Copies the rows of `source` over the first rows of this one.
    package func copyRows(from source: Matrix) {
        precondition(source.columns == columns && source.rows <= rows, "rows to copy")
        unsafe pointer.update(from: source.pointer, count: source.rows * columns)
    }

    /// Row i becomes row `indices[i]` of `source`.
    package func gather(_ indices: [Int], from source: Matrix) {
        precondition(indices.count <= rows && source.columns == columns, "rows to gather")
        for (target, index) in indices.enumerated() {
            precondition(index >= 0 && index < source.rows, "row to gather")
            unsafe row(target).update(from: source.row(index), count: columns)
        }
    }

    /// Row i of `source` is written to row `indices[i]` of this one.
    package func scatter(_ indices: [Int], from source: Matrix) {
        precondition(indices.count <= source.rows && source.columns == columns, "rows to scatter")
        for (from, index) in indices.enumerated() {
            precondition(index >= 0 && index < rows, "row to scatter")
            unsafe row(index).update(from: source.row(from), count: columns)
        }
    }

    /// Row i becomes row `indices[i]` of a frozen weight: an embedding.
    package func gather(_ indices: [Int32], from source: WeightMatrix) {
        precondition(indices.count <= rows && source.columns == columns, "rows to gather")
        for (target, index) in indices.enumerated() {
            unsafe source.expand(row: Int(index), into: row(target))
        }
    }
}
