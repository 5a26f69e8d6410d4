// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Reads a `ModelConfiguration` out of `config.json` (transformers' classes of the architectures
/// that Ingot computes, both the form of version 4 with `rope_theta` and that of version 5 with
/// `rope_parameters`).
struct HuggingFaceConfiguration {
    private let fields: JSONFields

    init(_ fields: JSONFields) { self.fields = fields }

    func read() throws(ModelFileError) -> ModelConfiguration {
        let architecture = try architecture()
        try checkUnsupported(architecture)
        let layerCount = try fields.required("num_hidden_layers")
        let hiddenSize = try fields.required("hidden_size")
        let headCount = try fields.required("num_attention_heads")
        guard headCount > 0 else { throw fields.failure("num_attention_heads", "is 0") }
        var configuration = ModelConfiguration(
            architecture: architecture,
            layerCount: layerCount,
            hiddenSize: hiddenSize,
            feedForwardSize: try fields.required("intermediate_size"),
            headCount: headCount,
            // The other classes have a number of their own for a missing one.
            keyValueHeadCount: try architecture == .llama
                ? fields.integer("num_key_value_heads") ?? headCount
                : fields.required("num_key_value_heads"),
            headSize: try fields.integer("head_dim")
                ?? (architecture == .qwen3 ? 128 : hiddenSize / headCount),
            vocabularySize: try fields.required("vocab_size"),
            contextLength: try fields.integer("max_position_embeddings") ?? 2048,
            normEpsilon: Float(try fields.number("rms_norm_eps") ?? 1e-6),
            slidingWindow: try slidingWindow(architecture, layerCount: layerCount),
            hasTiedHead: try fields.bool("tie_word_embeddings") ?? false,
            bosToken: try fields.tokens("bos_token_id").first,
            eosToken: try fields.tokens("eos_token_id").first,
            padToken: try fields.tokens("pad_token_id").first
        )
        let check = ConfigurationCheck(file: fields.file)
        // Before its sizes are the lengths of lists.
        try check(configuration)
        try readRope(into: &configuration)
        try check(configuration)
        return configuration
    }

    private func architecture() throws(ModelFileError) -> Architecture {
        let names = fields.value("architectures")?.array?.compactMap(\.string) ?? []
        let type = try fields.string("model_type") ?? "none"
        guard let architecture = Architecture(rawValue: type),
            names.allSatisfy({ $0 == architecture.className })
        else {
            let known = Architecture.allCases.map(\.className).joined(separator: ", ")
            throw ModelFileError(
                fields.file,
                place: "architectures",
                "the architecture is '\(names.first ?? type)'",
                remedy: "Ingot computes \(known): choose such a model"
            )
        }
        return architecture
    }

    /// Features that change the arithmetic: running without them would be silently wrong.
    private func checkUnsupported(_ architecture: Architecture) throws(ModelFileError) {
        var expected: [(key: String, value: JSONValue)] = [
            ("hidden_act", "silu"), ("mlp_bias", false), ("partial_rotary_factor", 1.0),
        ]
        // Which tensors it quantised, and how, those say themselves.
        let method = try fields.object("quantization_config")?.string("quant_method")
        if method != "bitsandbytes" { expected.append(("quantization_config", nil)) }
        // Qwen 2's biases are no matter of its configuration.
        if !architecture.hasProjectionBias { expected.append(("attention_bias", false)) }
        for (key, value) in expected {
            guard let found = fields.value(key), found != value,
                found.double == nil || found.double != value.double
            else { continue }
            throw unsupported(key, "is \(found.canonicalText.prefix(60))")
        }
    }

    private func unsupported(_ key: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            fields.file,
            place: key,
            problem,
            remedy: "Ingot does not compute this: choose a model without"
        )
    }

    // MARK: Attention

    /// The window that all layers have, or nil when none has one.
    private func slidingWindow(
        _ architecture: Architecture,
        layerCount: Int
    ) throws(ModelFileError) -> Int? {
        let mayHaveWindow =
            switch architecture {
            case .llama: false
            case .mistral: true
            case .qwen2, .qwen3: try fields.bool("use_sliding_window") ?? false
            }
        // transformers' classes take 4,096 for a missing key, and none for a null.
        let isGiven = fields.members["sliding_window"] != nil
        let size = isGiven ? try fields.integer("sliding_window") : 4096
        let window = mayHaveWindow ? size : nil
        let count = try windowedLayers(architecture, window: window, of: layerCount)
        if count == 0 { return nil }
        guard count == layerCount, let window else {
            throw unsupported(
                fields.value("layer_types") == nil ? "max_window_layers" : "layer_types",
                "gives a sliding window to \(count) of \(layerCount) layers"
            )
        }
        return window
    }

    /// How many layers attend within a window.
    private func windowedLayers(
        _ architecture: Architecture,
        window: Int?,
        of layerCount: Int
    ) throws(ModelFileError) -> Int {
        if let types = fields.value("layer_types") {
            let names = (types.array ?? []).map { $0.string ?? "" }
            let known = ["full_attention", "sliding_attention"]
            guard names.count == layerCount, names.allSatisfy(known.contains) else {
                throw unsupported("layer_types", "is \(types.canonicalText.prefix(60))")
            }
            return names.count { $0 == "sliding_attention" }
        }
        guard window != nil else { return 0 }
        guard architecture != .mistral else { return layerCount }
        let first = try fields.integer("max_window_layers") ?? 28
        return layerCount - min(max(first, 0), layerCount)
    }

    // MARK: Positions

    private func readRope(into configuration: inout ModelConfiguration) throws(ModelFileError) {
        let key = fields.value("rope_parameters") == nil ? "rope_scaling" : "rope_parameters"
        let rope = try fields.object(key)
        let (new, old) = (try rope?.number("rope_theta"), try fields.number("rope_theta"))
        configuration.ropeBase = Float(new ?? old ?? 10000)
        guard let rope, let scaling = try scaling(rope, key) else { return }
        configuration.ropeDivisors = scaling.divisors(
            headSize: configuration.headSize,
            base: configuration.ropeBase
        )
    }

    private func scaling(
        _ rope: JSONFields,
        _ place: String
    ) throws(ModelFileError) -> RopeScaling? {
        // Version 5 may give each kind of layer an object of its own.
        guard rope.members.values.allSatisfy({ $0.object == nil }) else {
            throw unsupported(place, "differs between layers")
        }
        if let share = try rope.number("partial_rotary_factor"), share != 1 {
            throw unsupported(place, "turns \(share) of every head alone")
        }
        func positive(_ key: String) throws(ModelFileError) -> Float {
            guard let number = try rope.number(key), number.isFinite, number > 0 else {
                throw fields.failure("\(place).\(key)", "is missing or not positive")
            }
            return Float(number)
        }
        let (new, old) = (try rope.string("rope_type"), try rope.string("type"))
        switch new ?? old ?? "default" {
        case "default": return nil
        case "linear": return .linear(factor: try positive("factor"))
        case "llama3":
            let (low, high) = try (positive("low_freq_factor"), positive("high_freq_factor"))
            guard low < high else {
                throw fields.failure(
                    "\(place).high_freq_factor",
                    "is not above low_freq_factor"
                )
            }
            return .llama3(
                factor: try positive("factor"),
                lowFactor: low,
                highFactor: high,
                originalContext: try positive("original_max_position_embeddings")
            )
        case let type:
            throw unsupported(
                place,
                "the model stretches its context with RoPE scaling of the kind '\(type)'"
            )
        }
    }
}

extension Architecture {
    /// transformers' class.
    var className: String {
        switch self {
        case .llama: "LlamaForCausalLM"
        case .mistral: "MistralForCausalLM"
        case .qwen2: "Qwen2ForCausalLM"
        case .qwen3: "Qwen3ForCausalLM"
        }
    }
}
