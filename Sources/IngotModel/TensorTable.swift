// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// The tensors of a model by name, handed out once each with their shapes checked.
///
/// `finish` refuses what nobody asked for: a bias or a second head that was ignored would give a
/// model that runs and is wrong.
struct TensorTable {
    /// The file or directory, for messages.
    let source: String
    private let tensors: [String: StoredTensor]
    private var taken = Set<String>()

    init(source: String, tensors: [StoredTensor]) {
        self.source = source
        // The readers have refused duplicates.
        self.tensors = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
    }

    func contains(_ name: String) -> Bool { tensors[name] != nil }

    mutating func take(_ name: String, shape: [Int]) throws(ModelFileError) -> StoredTensor {
        guard let tensor = tensors[name] else {
            throw ModelFileError(
                source,
                place: "tensor \(name)",
                "is missing",
                remedy: "the model is incomplete: fetch or convert it again"
            )
        }
        guard tensor.shape == shape else {
            throw ModelFileError(
                tensor.file.path,
                place: "tensor \(name)",
                "has the shape \(tensor.shape), expected \(shape) by the configuration",
                remedy: "configuration and weights are of different models"
            )
        }
        taken.insert(name)
        return tensor
    }

    /// A weight whose values are used as fp32, such as a norm.
    mutating func vector(_ name: String, count: Int) throws(ModelFileError) -> [Float] {
        let values = try take(name, shape: [count]).floats()
        guard values.allSatisfy(\.isFinite) else {
            throw ModelFileError(
                source,
                place: "tensor \(name)",
                "holds values that are not finite",
                remedy: "the model is damaged: fetch it again"
            )
        }
        return values
    }

    /// Marks a tensor that is not needed because it can be computed.
    mutating func ignore(_ name: String) { taken.insert(name) }

    func finish() throws(ModelFileError) {
        let unknown = tensors.keys.filter { !taken.contains($0) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard let first = unknown.first else { return }
        throw ModelFileError(
            source,
            place: "tensor \(first)",
            "is not part of a model as Ingot knows it",
            remedy: "\(unknown.count) tensors would be ignored: use a model without them"
        )
    }
}
