// SPDX-License-Identifier: Apache-2.0

/// Reads a `ModelConfiguration` out of a GGUF file's metadata (keys: gguf.md).
struct GGUFConfiguration {
    /// The tensor with what each rotary frequency is divided by (Llama 3.1 and later).
    static let ropeFactors = "rope_freqs.weight"

    private let file: GGUFFile
    private let architecture: Architecture

    init(_ file: GGUFFile) throws(ModelFileError) {
        self.file = file
        architecture = try Self.architecture(of: file)
    }

    func read() throws(ModelFileError) -> ModelConfiguration {
        try checkUnsupported()
        let headCount = try integer("attention.head_count")
        let hiddenSize = try integer("embedding_length")
        guard headCount > 0 else { throw failure("attention.head_count", "is 0") }
        let headSize = try optionalInteger("attention.key_length") ?? hiddenSize / headCount
        for name in ["rope.dimension_count", "attention.value_length"] {
            guard let size = try optionalInteger(name), size != headSize else { continue }
            throw failure(name, "is \(size), but heads have \(headSize) values")
        }
        let window = try optionalInteger("attention.sliding_window") ?? 0
        var configuration = ModelConfiguration(
            architecture: architecture,
            layerCount: try integer("block_count"),
            hiddenSize: hiddenSize,
            feedForwardSize: try integer("feed_forward_length"),
            headCount: headCount,
            keyValueHeadCount: try optionalInteger("attention.head_count_kv") ?? headCount,
            headSize: headSize,
            vocabularySize: try vocabularySize(),
            contextLength: try integer("context_length"),
            ropeBase: Float(try number("rope.freq_base") ?? 10000),
            normEpsilon: Float(
                try required(
                    number("attention.layer_norm_rms_epsilon"),
                    "attention.layer_norm_rms_epsilon"
                )
            ),
            slidingWindow: window == 0 ? nil : window,
            hasTiedHead: file.tensor(LlamaTensors.gguf.head) == nil,
            bosToken: try file.token("tokenizer.ggml.bos_token_id"),
            eosToken: try file.token("tokenizer.ggml.eos_token_id"),
            padToken: try file.token("tokenizer.ggml.padding_token_id"),
            addsBosToken: file.addsBosToken
        )
        let check = ConfigurationCheck(file: file.path)
        // Before its sizes are the lengths of lists.
        try check(configuration)
        configuration.ropeDivisors = try ropeDivisors(headSize: headSize)
        try check(configuration)
        return configuration
    }

    private static func architecture(of file: GGUFFile) throws(ModelFileError) -> Architecture {
        func failure(_ key: String, _ problem: String, _ remedy: String) -> ModelFileError {
            ModelFileError(file.path, place: key, problem, remedy: remedy)
        }
        let type = file.metadata["general.type"]?.string ?? "model"
        guard type == "model" else {
            throw failure(
                "general.type",
                "is '\(type)', expected a whole model",
                "convert the model again"
            )
        }
        guard let name = file.metadata["general.architecture"]?.string else {
            throw failure("general.architecture", "is missing", "convert the model again")
        }
        // GGUF has no `mistral`: such models are `llama` there.
        guard let architecture = Architecture(rawValue: name), architecture != .mistral else {
            throw failure(
                "general.architecture",
                "the architecture is '\(name)'",
                "Ingot computes 'llama', 'qwen2' and 'qwen3' models: choose one"
            )
        }
        return architecture
    }

    /// Features that change the arithmetic: running without them would be silently wrong.
    private func checkUnsupported() throws(ModelFileError) {
        let unsupported: [(name: String, neutral: Double?)] = [
            ("attention.clamp_kqv", nil), ("attention.scale", nil),
            ("attention.sliding_window_pattern", nil), ("logit_scale", 1),
            ("rope.scaling.attn_factor", 1),
        ]
        for (name, neutral) in unsupported {
            guard let value = file.metadata[key(name)] else { continue }
            if let number = value.double, number == neutral { continue }
            throw ModelFileError(
                file.path,
                place: key(name),
                "changes the model's arithmetic",
                remedy: "Ingot does not compute it: choose a model without"
            )
        }
        guard splitCount <= 1 else {
            throw ModelFileError(
                file.path,
                place: "split.count",
                "one of several files of a model",
                remedy: "join them with llama-gguf-split --merge"
            )
        }
        guard try optionalInteger("expert_count") ?? 0 == 0 else {
            throw ModelFileError(
                file.path,
                place: key("expert_count"),
                "a mixture of experts",
                remedy: "Ingot computes dense models: choose one"
            )
        }
    }

    private var splitCount: Int {
        guard let value = file.metadata["split.count"] else { return 1 }
        return value.integer ?? Int.max
    }

    /// As llama.cpp: a factor without a kind is linear.
    private func ropeDivisors(headSize: Int) throws(ModelFileError) -> [Float] {
        let kind = file.metadata[key("rope.scaling.type")]?.string ?? "linear"
        guard kind == "none" || kind == "linear" else {
            throw ModelFileError(
                file.path,
                place: "rope scaling",
                "the model stretches its context with RoPE scaling of the kind '\(kind)'",
                remedy: "Ingot does not compute it: choose a model without"
            )
        }
        let (new, old) = (try number("rope.scaling.factor"), try number("rope.scale_linear"))
        let given = new ?? old ?? 1
        let factor = kind == "none" || given == 0 ? 1 : Float(given)
        let linear =
            factor == 1
            ? [] : RopeScaling.linear(factor: factor).divisors(headSize: headSize, base: 0)
        guard architecture == .llama, let tensor = file.tensor(Self.ropeFactors) else {
            return linear
        }
        guard tensor.valueCount == headSize / 2 else {
            throw ModelFileError(
                file.path,
                place: "tensor \(Self.ropeFactors)",
                "has \(tensor.valueCount) values for heads of \(headSize)",
                remedy: "convert the model again"
            )
        }
        return file.stored(tensor).floats().map { $0 * factor }
    }

    private func vocabularySize() throws(ModelFileError) -> Int {
        let tokenCount = file.metadata["tokenizer.ggml.tokens"]?.strings?.count
        let declared = try optionalInteger("vocab_size")
        if let tokenCount, let declared, tokenCount != declared {
            throw failure(
                "vocab_size",
                "is \(declared), but the tokenizer has \(tokenCount) tokens"
            )
        }
        return try required(declared ?? tokenCount, "vocab_size")
    }

    // MARK: Keys of the architecture

    /// `name` with the architecture before it, as the file has it.
    private func key(_ name: String) -> String { "\(architecture.rawValue).\(name)" }

    private func integer(_ name: String) throws(ModelFileError) -> Int {
        try required(optionalInteger(name), name)
    }

    private func optionalInteger(_ name: String) throws(ModelFileError) -> Int? {
        guard let value = file.metadata[key(name)] else { return nil }
        guard let integer = value.integer else {
            throw failure(name, "is not one whole number")
        }
        return integer
    }

    private func number(_ name: String) throws(ModelFileError) -> Double? {
        guard let value = file.metadata[key(name)] else { return nil }
        guard let number = value.double else { throw failure(name, "is not a number") }
        return number
    }

    private func required<Value>(
        _ value: Value?,
        _ name: String
    ) throws(ModelFileError) -> Value {
        guard let value else { throw failure(name, "is missing") }
        return value
    }

    private func failure(_ name: String, _ problem: String) -> ModelFileError {
        ModelFileError(file.path, place: key(name), problem, remedy: "convert the model again")
    }
}
