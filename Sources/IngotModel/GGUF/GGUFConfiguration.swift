// SPDX-License-Identifier: Apache-2.0

/// Reads a `ModelConfiguration` out of a GGUF file's metadata (keys: gguf.md).
struct GGUFConfiguration {
    private static let epsilonKey = "llama.attention.layer_norm_rms_epsilon"

    private let file: GGUFFile

    init(_ file: GGUFFile) { self.file = file }

    func read() throws(ModelFileError) -> ModelConfiguration {
        try checkArchitecture()
        try checkUnsupported()
        let headCount = try integer("llama.attention.head_count")
        let hiddenSize = try integer("llama.embedding_length")
        guard headCount > 0 else { throw failure("llama.attention.head_count", "is 0") }
        let headSize = try optionalInteger("llama.attention.key_length") ?? hiddenSize / headCount
        for key in ["llama.rope.dimension_count", "llama.attention.value_length"] {
            guard let size = try optionalInteger(key), size != headSize else { continue }
            throw failure(key, "is \(size), but heads have \(headSize) values")
        }
        let configuration = ModelConfiguration(
            architecture: .llama,
            layerCount: try integer("llama.block_count"),
            hiddenSize: hiddenSize,
            feedForwardSize: try integer("llama.feed_forward_length"),
            headCount: headCount,
            keyValueHeadCount: try optionalInteger("llama.attention.head_count_kv") ?? headCount,
            headSize: headSize,
            vocabularySize: try vocabularySize(),
            contextLength: try integer("llama.context_length"),
            ropeBase: Float(try number("llama.rope.freq_base") ?? 10000),
            normEpsilon: Float(
                try required(number(Self.epsilonKey), Self.epsilonKey)
            ),
            hasTiedHead: file.tensor(LlamaTensors.gguf.head) == nil,
            bosToken: try file.token("tokenizer.ggml.bos_token_id"),
            eosToken: try file.token("tokenizer.ggml.eos_token_id"),
            padToken: try file.token("tokenizer.ggml.padding_token_id"),
            addsBosToken: file.addsBosToken
        )
        try ConfigurationCheck(file: file.path)(configuration)
        return configuration
    }

    private func checkArchitecture() throws(ModelFileError) {
        let type = file.metadata["general.type"]?.string ?? "model"
        guard type == "model" else {
            throw failure("general.type", "is '\(type)', expected a whole model")
        }
        guard let name = file.metadata["general.architecture"]?.string else {
            throw failure("general.architecture", "is missing")
        }
        guard name == "llama" else {
            throw ModelFileError(
                file.path,
                place: "general.architecture",
                "the architecture is '\(name)'",
                remedy: "Ingot computes 'llama' models: choose one"
            )
        }
    }

    /// Features that change the arithmetic: running without them would be silently wrong.
    private func checkUnsupported() throws(ModelFileError) {
        let scaling = file.metadata["llama.rope.scaling.type"]?.string ?? "none"
        let factor = try number("llama.rope.scaling.factor") ?? 1
        let linear = try number("llama.rope.scale_linear") ?? 1
        guard scaling == "none" || (scaling == "linear" && factor == 1), linear == 1,
            file.tensor("rope_freqs.weight") == nil
        else {
            throw ModelFileError(
                file.path,
                place: "rope scaling",
                "the model stretches its context with RoPE scaling ('\(scaling)')",
                remedy: "Ingot does not compute it: choose a model without"
            )
        }
        guard try optionalInteger("split.count") ?? 1 <= 1 else {
            throw ModelFileError(
                file.path,
                place: "split.count",
                "one of several files of a model",
                remedy: "join them with llama-gguf-split --merge"
            )
        }
        guard try optionalInteger("llama.expert_count") ?? 0 == 0 else {
            throw ModelFileError(
                file.path,
                place: "llama.expert_count",
                "a mixture of experts",
                remedy: "Ingot computes dense Llama models: choose one"
            )
        }
    }

    private func vocabularySize() throws(ModelFileError) -> Int {
        let tokenCount = file.metadata["tokenizer.ggml.tokens"]?.strings?.count
        let declared = try optionalInteger("llama.vocab_size")
        if let tokenCount, let declared, tokenCount != declared {
            throw failure(
                "llama.vocab_size",
                "is \(declared), but the tokenizer has \(tokenCount) tokens"
            )
        }
        return try required(declared ?? tokenCount, "llama.vocab_size")
    }

    private func integer(_ key: String) throws(ModelFileError) -> Int {
        try required(optionalInteger(key), key)
    }

    private func optionalInteger(_ key: String) throws(ModelFileError) -> Int? {
        guard let value = file.metadata[key] else { return nil }
        guard let integer = value.integer else {
            throw failure(key, "is not one whole number")
        }
        return integer
    }

    private func number(_ key: String) throws(ModelFileError) -> Double? {
        guard let value = file.metadata[key] else { return nil }
        guard let number = value.double else { throw failure(key, "is not a number") }
        return number
    }

    private func required<Value>(
        _ value: Value?,
        _ key: String
    ) throws(ModelFileError) -> Value {
        guard let value else { throw failure(key, "is missing") }
        return value
    }

    private func failure(_ key: String, _ problem: String) -> ModelFileError {
        ModelFileError(file.path, place: key, problem, remedy: "convert the model again")
    }
}
