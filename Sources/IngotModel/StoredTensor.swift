// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles
internal import IngotTensor

/// A tensor as it lies in a model file of any format.
struct StoredTensor: Sendable {
    let name: String
    /// Slowest dimension first: a matrix is [rows, columns].
    let shape: [Int]
    let type: WeightType
    /// In bytes of `file`, checked by the file's reader.
    let range: Range<Int>
    let file: MappedFile
    /// Of types whose scales lie apart.
    var scales: WeightScales?

    /// Valid while `file` lives.
    var bytes: UnsafeRawBufferPointer {
        // Safe: the reader of the file checked that the range is inside it.
        unsafe UnsafeRawBufferPointer(rebasing: file.bytes[range])
    }

    /// The weights in place; they keep the file mapped.
    func matrix() -> WeightMatrix {
        unsafe WeightMatrix(
            rows: shape[0],
            columns: shape[1],
            type: type,
            bytes: bytes,
            scales: scales,
            owner: file
        )
    }

    /// Copies the rows in the order that `source` gives: row r of the result is row source(r).
    func matrix(rowOrder source: (Int) -> Int) -> WeightMatrix {
        let rowByteCount = type.byteCount(columns: shape[1])
        let copy = AlignedBytes(byteCount: rowByteCount * shape[0])
        for row in 0..<shape[0] {
            // Safe: `source` permutes the rows, so both slices are inside their buffers.
            unsafe UnsafeMutableRawBufferPointer(
                rebasing: copy.buffer[row * rowByteCount..<(row + 1) * rowByteCount]
            ).copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: bytes[source(row) * rowByteCount..<(source(row) + 1) * rowByteCount]
                )
            )
        }
        return unsafe WeightMatrix(
            rows: shape[0],
            columns: shape[1],
            type: type,
            bytes: UnsafeRawBufferPointer(copy.buffer),
            owner: copy
        )
    }

    /// All values as fp32.
    func floats() -> [Float] {
        let columns = shape.last ?? 1
        let flat = unsafe WeightMatrix(
            rows: shape.dropLast().reduce(1, *),
            columns: columns,
            type: type,
            bytes: bytes,
            scales: scales,
            owner: file
        )
        return flat.dequantized()
    }
}

/// Memory of our own that weights can lie in, aligned for the kernels.
@safe
final class AlignedBytes: Sendable {
    // Safe: written only before the object is shared, freed only when it goes.
    nonisolated(unsafe) let buffer: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        unsafe buffer = .allocate(byteCount: byteCount, alignment: 64)
    }

    deinit { unsafe buffer.deallocate() }
}
