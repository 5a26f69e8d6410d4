// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Reads a `ModelConfiguration` out of `config.json` (transformers' `LlamaConfig`, both the form of
/// version 4 with `rope_theta` and that of version 5 with `rope_parameters`).
struct HuggingFaceConfiguration {
    private let fields: JSONFields

    init(_ fields: JSONFields) { self.fields = fields }

    func read() throws(ModelFileError) -> ModelConfiguration {
        try checkArchitecture()
        try checkUnsupported()
        let hiddenSize = try fields.required("hidden_size")
        let headCount = try fields.required("num_attention_heads")
        guard headCount > 0 else { throw fields.failure("num_attention_heads", "is 0") }
        let configuration = ModelConfiguration(
            architecture: .llama,
            layerCount: try fields.required("num_hidden_layers"),
            hiddenSize: hiddenSize,
            feedForwardSize: try fields.required("intermediate_size"),
            headCount: headCount,
            keyValueHeadCount: try fields.integer("num_key_value_heads") ?? headCount,
            headSize: try fields.integer("head_dim") ?? hiddenSize / headCount,
            vocabularySize: try fields.required("vocab_size"),
            contextLength: try fields.integer("max_position_embeddings") ?? 2048,
            ropeBase: Float(try ropeBase()),
            normEpsilon: Float(try fields.number("rms_norm_eps") ?? 1e-6),
            hasTiedHead: try fields.bool("tie_word_embeddings") ?? false,
            bosToken: try fields.tokens("bos_token_id").first,
            eosToken: try fields.tokens("eos_token_id").first,
            padToken: try fields.tokens("pad_token_id").first
        )
        try ConfigurationCheck(file: fields.file)(configuration)
        return configuration
    }

    private func checkArchitecture() throws(ModelFileError) {
        let names = fields.value("architectures")?.array?.compactMap(\.string) ?? []
        let type = try fields.string("model_type") ?? "none"
        guard type == "llama", names.allSatisfy({ $0 == "LlamaForCausalLM" }) else {
            throw ModelFileError(
                fields.file,
                place: "architectures",
                "the architecture is '\(names.first ?? type)'",
                remedy: "Ingot computes LlamaForCausalLM: choose such a model"
            )
        }
    }

    /// Features that change the arithmetic: running without them would be silently wrong.
    private func checkUnsupported() throws(ModelFileError) {
        let expected: [(key: String, value: JSONValue)] = [
            ("attention_bias", false), ("hidden_act", "silu"), ("mlp_bias", false),
            ("partial_rotary_factor", 1.0), ("quantization_config", nil),
        ]
        for (key, value) in expected {
            guard let found = fields.value(key), found != value,
                found.double == nil || found.double != value.double
            else { continue }
            throw ModelFileError(
                fields.file,
                place: key,
                "is \(found.canonicalText.prefix(60))",
                remedy: "Ingot does not compute this: choose a model without"
            )
        }
        for key in ["rope_scaling", "rope_parameters"] {
            guard let rope = try fields.object(key) else { continue }
            let (current, old) = (try rope.string("rope_type"), try rope.string("type"))
            let type = current ?? old ?? "default"
            guard type != "default" else { continue }
            throw ModelFileError(
                fields.file,
                place: key,
                "the model stretches its context with RoPE scaling ('\(type)')",
                remedy: "Ingot does not compute it: choose a model without"
            )
        }
    }

    private func ropeBase() throws(ModelFileError) -> Double {
        let parameters = try fields.object("rope_parameters")
        if let base = try parameters?.number("rope_theta") { return base }
        return try fields.number("rope_theta") ?? 10000
    }
}
