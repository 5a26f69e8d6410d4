// SPDX-License-Identifier: Apache-2.0

package import IngotFiles
package import IngotTensor

/// A GGUF file, version 2 or 3, little-endian, checked as a whole when it is opened.
///
/// What holds afterwards: keys and tensor names are unique; every tensor has a type that Ingot
/// computes with, a shape without zeros and its bytes inside the file; tensors follow each other in
/// the order of the directory without overlap, hole or anything behind the last one. Source:
/// `docs/gguf.md` and `gguf.cpp` of ggml.
package struct GGUFFile: Sendable {
    package let file: MappedFile
    package let version: Int
    package let metadata: [String: GGUFValue]
    /// In the order of the file.
    package let tensors: [GGUFTensor]
    private let positions: [String: Int]

    package init(_ file: MappedFile) throws(ModelFileError) {
        var reader = GGUFReader(file)
        let content = try reader.read()
        self.file = file
        version = content.version
        metadata = content.metadata
        tensors = content.tensors
        positions = content.positions
    }

    package var path: String { file.path }

    package func tensor(_ name: String) -> GGUFTensor? { positions[name].map { tensors[$0] } }

    /// Valid while `file` lives.
    package func bytes(of tensor: GGUFTensor) -> UnsafeRawBufferPointer {
        // Safe: the reader checked that the range is inside the file.
        unsafe UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range])
    }
}

/// An entry of the tensor directory.
package struct GGUFTensor: Sendable, Equatable {
    package let name: String
    /// Fastest dimension first, as in the file: a matrix is [columns, rows].
    package let dimensions: [Int]
    package let type: WeightType
    /// In bytes of the file.
    package let range: Range<Int>

    /// Row-major shape for people and for other formats: slowest dimension first.
    package var shape: [Int] { dimensions.reversed() }

    package var valueCount: Int { dimensions.reduce(1, *) }
}
