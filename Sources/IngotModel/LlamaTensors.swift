// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Names and row order of the tensors of a model of Llama's family in one of the formats.
///
/// H = hidden size, F = feed-forward size, D = head size, Q and K = D × query or key/value heads,
/// V = vocabulary size.
struct LlamaTensors {
    let embedding: String
    let finalNorm: String
    let head: String
    /// Before the block's number and the names below.
    let blockPrefix: String
    let attentionNorm: String
    let feedForwardNorm: String
    /// Norms in the heads of q and k, where the architecture has them.
    let queryNorm: String
    let keyNorm: String
    /// Before `.weight` and, where the architecture has it, `.bias`.
    let linear: [LinearRole: String]
    /// GGUF interleaves the two halves of each head's q and k rows, for RoPE on adjacent pairs,
    /// but for `llama` alone (to which Mistral counts there).
    let hasInterleavedHeads: Bool

    static let gguf = LlamaTensors(
        embedding: "token_embd.weight",
        finalNorm: "output_norm.weight",
        head: "output.weight",
        blockPrefix: "blk.",
        attentionNorm: "attn_norm.weight",
        feedForwardNorm: "ffn_norm.weight",
        queryNorm: "attn_q_norm.weight",
        keyNorm: "attn_k_norm.weight",
        linear: [
            .q: "attn_q", .k: "attn_k", .v: "attn_v",
            .o: "attn_output", .gate: "ffn_gate", .up: "ffn_up",
            .down: "ffn_down",
        ],
        hasInterleavedHeads: true
    )

    static let huggingFace = LlamaTensors(
        embedding: "model.embed_tokens.weight",
        finalNorm: "model.norm.weight",
        head: "lm_head.weight",
        blockPrefix: "model.layers.",
        attentionNorm: "input_layernorm.weight",
        feedForwardNorm: "post_attention_layernorm.weight",
        queryNorm: "self_attn.q_norm.weight",
        keyNorm: "self_attn.k_norm.weight",
        linear: [
            .q: "self_attn.q_proj", .k: "self_attn.k_proj",
            .v: "self_attn.v_proj", .o: "self_attn.o_proj",
            .gate: "mlp.gate_proj", .up: "mlp.up_proj",
            .down: "mlp.down_proj",
        ],
        hasInterleavedHeads: false
    )

    /// Takes a whole model out of `table`, shapes checked against `configuration`.
    func model(
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws -> Model {
        let hidden = configuration.hiddenSize
        let vocabulary = [configuration.vocabularySize, hidden]
        let embedding = try table.take(self.embedding, shape: vocabulary).matrix()
        var blocks: [Block] = []
        for index in 0..<configuration.layerCount {
            blocks.append(try block(index, configuration, from: &table))
        }
        let finalNorm = try table.vector(self.finalNorm, count: hidden)
        var head: WeightMatrix?
        if !configuration.hasTiedHead {
            head = try table.take(self.head, shape: vocabulary).matrix()
        }
        try table.finish()
        return Model(
            configuration: configuration,
            embedding: embedding,
            blocks: blocks,
            finalNorm: finalNorm,
            head: head
        )
    }

    private func block(
        _ index: Int,
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws -> Block {
        let prefix = "\(blockPrefix)\(index)."
        let hidden = configuration.hiddenSize
        return try Block(
            attentionNorm: table.vector(prefix + attentionNorm, count: hidden),
            feedForwardNorm: table.vector(prefix + feedForwardNorm, count: hidden),
            biases: biases(prefix, configuration, from: &table),
            headNorms: headNorms(prefix, configuration, from: &table)
        ) { role in try linear(role, prefix, configuration, from: &table) }
    }

    private func biases(
        _ prefix: String,
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws(ModelFileError) -> [LinearRole: [Float]] {
        var biases: [LinearRole: [Float]] = [:]
        guard configuration.architecture.hasProjectionBias else { return biases }
        for role in [LinearRole.q, .k, .v] {
            let count = configuration.shape(of: role).rows
            biases[role] = try table.vector(name(role, prefix) + ".bias", count: count)
        }
        return biases
    }

    private func headNorms(
        _ prefix: String,
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws(ModelFileError) -> Block.HeadNorms? {
        guard configuration.architecture.hasHeadNorms else { return nil }
        let size = configuration.headSize
        return Block.HeadNorms(
            q: try table.vector(prefix + queryNorm, count: size),
            k: try table.vector(prefix + keyNorm, count: size)
        )
    }

    private func name(_ role: LinearRole, _ prefix: String) -> String {
        prefix + (linear[role] ?? role.rawValue)
    }

    private func linear(
        _ role: LinearRole,
        _ prefix: String,
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws(ModelFileError) -> WeightMatrix {
        let shape = configuration.shape(of: role)
        let tensor = try table.take(
            name(role, prefix) + ".weight",
            shape: [shape.rows, shape.columns]
        )
        guard hasInterleavedHeads, configuration.architecture == .llama, role == .q || role == .k
        else { return tensor.matrix() }
        // GGUF row 2i + j of a head is Hugging Face's row j × D/2 + i of it.
        let size = configuration.headSize
        return tensor.matrix { row in
            let place = row % size
            return row - place + 2 * (place % (size / 2)) + place / (size / 2)
        }
    }
}
