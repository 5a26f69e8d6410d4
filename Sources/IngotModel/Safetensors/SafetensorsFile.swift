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

    /// The tensors in types that Ingot computes with.
    func storedTensors() throws(ModelFileError) -> [StoredTensor] {
        var tensors: [StoredTensor] = []
        for tensor in header.tensors {
            guard let type = tensor.type.weightType else {
                throw ModelFileError(
                    file.path,
                    place: "tensor \(tensor.name)",
                    "has the type \(tensor.type.rawValue), which Ingot does not compute with",
                    remedy: "convert the model to F32, F16 or BF16"
                )
            }
            tensors.append(
                StoredTensor(
                    name: tensor.name,
                    shape: tensor.shape,
                    type: type,
                    range: tensor.range,
                    file: file
                )
            )
        }
        return tensors
    }
}
