// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// PEFT's adapter directory: `adapter_config.json` and `adapter_model.safetensors`.
extension Adapter {
    package static let configurationFileName = PEFTConfiguration.fileName
    package static let weightsFileName = "adapter_model.safetensors"

    /// Both files as bytes; the same adapter always gives the same.
    package func files() -> [(name: String, bytes: [UInt8])] {
        var writer = SafetensorsWriter()
        for block in 0..<layerCount {
            for role in LinearRole.allCases {
                guard let pair = self[block, role] else { continue }
                let prefix = PEFTTensorName(block: block, role: role)
                writer.add(
                    prefix.text(isB: false),
                    shape: [pair.rank, pair.inputCount],
                    values: pair.a
                )
                writer.add(
                    prefix.text(isB: true),
                    shape: [pair.outputCount, pair.rank],
                    values: pair.b
                )
            }
        }
        return [
            (Self.configurationFileName, PEFTConfiguration(configuration).bytes()),
            (Self.weightsFileName, writer.bytes()),
        ]
    }

    /// Reads the two files of a directory.
    ///
    /// With `model`, the adapter's shapes are checked against it; without, the number of layers is
    /// that of the weights.
    package static func load(
        directory: String,
        for model: ModelConfiguration? = nil
    ) throws -> Adapter {
        try Adapter(
            configurationBytes: Files.read(
                "\(directory)/\(configurationFileName)",
                limit: 1 << 20
            ),
            weights: Files.read("\(directory)/\(weightsFileName)", limit: 1 << 32),
            for: model,
            directory: directory
        )
    }

    /// - Throws: `ModelFileError` for another kind of adapter, features that Ingot does not
    ///   compute, missing or unknown tensors, wrong shapes and values that are not finite.
    package init(
        directoryFiles configuration: [UInt8],
        weights: [UInt8],
        for model: ModelConfiguration? = nil
    ) throws {
        try self.init(
            configurationBytes: configuration,
            weights: weights,
            for: model,
            directory: ""
        )
    }

    private init(
        configurationBytes: [UInt8],
        weights: [UInt8],
        for model: ModelConfiguration?,
        directory: String
    ) throws {
        let prefix = directory.isEmpty ? "" : directory + "/"
        let reader = PEFTReader(file: prefix + Self.weightsFileName, bytes: weights)
        let configuration = try PEFTConfiguration(
            parsing: configurationBytes,
            file: prefix + Self.configurationFileName
        ).configuration
        self = try reader.adapter(configuration, for: model)
    }
}

/// The name of a LoRA tensor: `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`.
struct PEFTTensorName: Hashable {
    let block: Int
    let role: LinearRole

    init(block: Int, role: LinearRole) {
        self.block = block
        self.role = role
    }

    func text(isB: Bool) -> String {
        "\(Self.prefix)\(module).lora_\(isB ? "B" : "A").weight"
    }

    /// The module's own name in the base, which PEFT's patterns are for.
    var module: String { "\(Self.layers)\(block).\(Self.part(role)).\(role.rawValue)" }

    private static let prefix = "base_model.model."
    private static let layers = "model.layers."

    private static func part(_ role: LinearRole) -> String {
        switch role {
        case .q, .k, .v, .o: "self_attn"
        case .gate, .up, .down: "mlp"
        }
    }

    /// Nil for a name that is none of these.
    static func parse(_ name: String) -> (name: PEFTTensorName, isB: Bool)? {
        let start = prefix + layers
        guard name.hasPrefix(start) else { return nil }
        let parts = name.dropFirst(start.count).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard parts.count == 5, let block = Int(parts[0]),
            (0..<ConfigurationCheck.layerLimit).contains(block),
            let role = LinearRole(rawValue: String(parts[2]))
        else { return nil }
        let parsed = PEFTTensorName(block: block, role: role)
        for isB in [false, true] where parsed.text(isB: isB) == name { return (parsed, isB) }
        return nil
    }
}
