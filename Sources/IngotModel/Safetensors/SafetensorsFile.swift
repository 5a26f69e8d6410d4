// SPDX-License-Identifier: Apache-2.0

package import IngotFiles
internal import IngotTensor

/// A safetensors file, mapped, its header checked as a whole when it is opened.
package struct SafetensorsFile: Sendable {
    package let file: MappedFile
    let header: SafetensorsHeader

    package init(_ file: MappedFile) throws(ModelFileError) {
        self.file = file
        header = try SafetensorsHeader(file: file.path, byteCount: file.byteCount) { count in
            // Safe: the header asks for no more than the file has.
            unsafe Array(file.bytes.prefix(count))
        }
    }

    /// The free texts of the file, such as `format`.
    package var metadata: [String: String] { header.metadata }

    /// All tensors, of whatever types.
    var entries: [SafetensorsEntry] {
        header.tensors.map { SafetensorsEntry(tensor: $0, file: file) }
    }
}

/// A tensor of one of the files of a model.
struct SafetensorsEntry: Sendable {
    let tensor: SafetensorsHeader.Tensor
    let file: MappedFile

    var name: String { tensor.name }

    /// The tensor in a type that Ingot computes with.
    func stored() throws(ModelFileError) -> StoredTensor {
        guard let type = tensor.type.weightType else {
            throw ModelFileError(
                file.path,
                place: "tensor \(tensor.name)",
                "has the type \(tensor.type.rawValue), which Ingot does not compute with",
                remedy: "convert the model to F32, F16 or BF16"
            )
        }
        return StoredTensor(
            name: tensor.name,
            shape: tensor.shape,
            type: type,
            range: tensor.range,
            file: file
        )
    }

    /// A copy of the bytes.
    var bytes: [UInt8] {
        // Safe: the header's check put the range inside the file.
        unsafe Array(UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range]))
    }
}
