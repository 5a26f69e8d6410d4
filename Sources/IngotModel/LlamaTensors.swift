// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Names and row order of a Llama model's tensors in one of the formats.
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
    let linear: [LinearRole: String]
    /// GGUF interleaves the two halves of each head's q and k rows, for RoPE on adjacent pairs.
    let hasInterleavedHeads: Bool

    static let gguf = LlamaTensors(
        embedding: "token_embd.weight",
        finalNorm: "output_norm.weight",
        head: "output.weight",
        blockPrefix: "blk.",
        attentionNorm: "attn_norm.weight",
        feedForwardNorm: "ffn_norm.weight",
        linear: [
            .q: "attn_q.weight", .k: "attn_k.weight", .v: "attn_v.weight",
            .o: "attn_output.weight", .gate: "ffn_gate.weight", .up: "ffn_up.weight",
            .down: "ffn_down.weight",
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
        linear: [
            .q: "self_attn.q_proj.weight", .k: "self_attn.k_proj.weight",
            .v: "self_attn.v_proj.weight", .o: "self_attn.o_proj.weight",
            .gate: "mlp.gate_proj.weight", .up: "mlp.up_proj.weight",
            .down: "mlp.down_proj.weight",
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
            feedForwardNorm: table.vector(prefix + feedForwardNorm, count: hidden)
        ) { role in try linear(role, prefix, configuration, from: &table) }
    }

    private func linear(
        _ role: LinearRole,
        _ prefix: String,
        _ configuration: ModelConfiguration,
        from table: inout TensorTable
    ) throws(ModelFileError) -> WeightMatrix {
        let shape = configuration.shape(of: role)
        let name = prefix + (linear[role] ?? role.rawValue)
        let tensor = try table.take(name, shape: [shape.rows, shape.columns])
        guard hasInterleavedHeads, role == .q || role == .k else { return tensor.matrix() }
        // GGUF row 2i + j of a head is Hugging Face's row j × D/2 + i of it.
        let size = configuration.headSize
        return tensor.matrix { row in
            let place = row % size
            return row - place + 2 * (place % (size / 2)) + place / (size / 2)
        }
    }
}
