// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Makes an adapter of a configuration and the bytes of `adapter_model.safetensors`.
struct PEFTReader {
    /// For messages.
    let file: String
    let bytes: [UInt8]

    private struct Half {
        let shape: [Int]
        let values: [Float]
    }

    func adapter(
        _ configuration: AdapterConfiguration,
        for model: ModelConfiguration?
    ) throws -> Adapter {
        let halves = try readHalves()
        var configuration = configuration
        let found = Set(halves.keys.map(\.name.role))
        if configuration.targets.isEmpty {
            configuration.targets = LinearRole.allCases.filter(found.contains)
        }
        for role in LinearRole.allCases
        where found.contains(role) != configuration.targets.contains(role) {
            throw failure(
                role.rawValue,
                found.contains(role)
                    ? "has tensors, but is no target of the configuration"
                    : "is a target of the configuration, but has no tensors"
            )
        }
        let layerCount = model?.layerCount ?? ((halves.keys.map(\.name.block).max() ?? 0) + 1)
        if let fault = configuration.patternFault(layerCount: layerCount) {
            throw failure("rank_pattern, alpha_pattern", "several values: \(fault)")
        }
        var adapter = Adapter(configuration: configuration, layerCount: layerCount)
        for key in halves.keys where !key.isB {
            guard key.name.block < layerCount else {
                throw failure(key.name.text(isB: false), "the model has \(layerCount) layers")
            }
            adapter[key.name.block, key.name.role] = try pair(
                key.name,
                halves,
                rank: configuration.rank(key.name.block, key.name.role),
                model
            )
        }
        // Every A was met above; a B alone is left over.
        for key in halves.keys where key.isB {
            guard halves[Key(name: key.name, isB: false)] != nil else {
                throw failure(key.name.text(isB: false), "is missing")
            }
        }
        return adapter
    }

    private struct Key: Hashable {
        let name: PEFTTensorName
        let isB: Bool
    }

    private func readHalves() throws(ModelFileError) -> [Key: Half] {
        let header = try SafetensorsHeader(file: file, byteCount: bytes.count) {
            Array(bytes.prefix($0))
        }
        guard !header.tensors.isEmpty else { throw failure("header", "has no tensors") }
        var halves: [Key: Half] = [:]
        for tensor in header.tensors {
            guard let (name, isB) = PEFTTensorName.parse(tensor.name) else {
                throw failure(tensor.name, "is not a LoRA tensor of a Llama block")
            }
            guard tensor.shape.count == 2, tensor.shape[0] > 0, tensor.shape[1] > 0 else {
                throw failure(tensor.name, "has the shape \(tensor.shape), expected two sizes")
            }
            halves[Key(name: name, isB: isB)] = Half(
                shape: tensor.shape,
                values: try floats(tensor)
            )
        }
        return halves
    }

    private func pair(
        _ name: PEFTTensorName,
        _ halves: [Key: Half],
        rank: Int,
        _ model: ModelConfiguration?
    ) throws(ModelFileError) -> LoRAPair {
        guard let a = halves[Key(name: name, isB: false)] else {
            throw failure(name.text(isB: false), "is missing")
        }
        guard let b = halves[Key(name: name, isB: true)] else {
            throw failure(name.text(isB: true), "is missing")
        }
        guard rank > 0 else {
            throw failure(name.text(isB: false), "is not in a layer of layers_to_transform")
        }
        for (half, isB) in [(a, false), (b, true)] where half.shape[isB ? 1 : 0] != rank {
            throw failure(
                name.text(isB: isB),
                "has the shape \(half.shape), but its rank in the configuration is \(rank)"
            )
        }
        if let model {
            let (rows, columns) = model.shape(of: name.role)
            guard b.shape[0] == rows, a.shape[1] == columns else {
                throw failure(
                    name.text(isB: true),
                    "the pair is for \(b.shape[0]) × \(a.shape[1]), the model's layer is "
                        + "\(rows) × \(columns)"
                )
            }
        }
        return LoRAPair(rank: a.shape[0], a: a.values, b: b.values)
    }

    private func floats(_ tensor: SafetensorsHeader.Tensor) throws(ModelFileError) -> [Float] {
        guard let type = tensor.type.weightType else {
            throw failure(
                tensor.name,
                "has the type \(tensor.type.rawValue), expected F32, F16 or BF16"
            )
        }
        let values = unsafe bytes.withUnsafeBytes { all in
            // Safe: the header checked the range; the matrix does not outlive the closure.
            unsafe WeightMatrix(
                rows: tensor.shape[0],
                columns: tensor.shape[1],
                type: type,
                bytes: UnsafeRawBufferPointer(rebasing: all[tensor.range]),
                owner: bytes
            ).dequantized()
        }
        guard values.allSatisfy(\.isFinite) else {
            throw failure(tensor.name, "holds values that are not finite")
        }
        return values
    }

    private func failure(_ name: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            file,
            place: name,
            problem,
            remedy: "write the adapter again with PEFT or Ingot"
        )
    }
}
