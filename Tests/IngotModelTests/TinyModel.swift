// SPDX-License-Identifier: Apache-2.0

import IngotModel

/// A Llama model of 2 blocks, width 8, 2 heads of 4 values and 1 key/value head, in GGUF, with a
/// byte-level tokenizer of 256 bytes, a few merges and two special tokens.
enum TinyModel {
    static let vocabularySize = 272

    static func gguf() -> GGUFBuilder {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "llama")
        builder.set("general.license", "apache-2.0")
        builder.set("llama.block_count", UInt32(2))
        builder.set("llama.context_length", UInt32(64))
        builder.set("llama.embedding_length", UInt32(8))
        builder.set("llama.feed_forward_length", UInt32(12))
        builder.set("llama.attention.head_count", UInt32(2))
        builder.set("llama.attention.head_count_kv", UInt32(1))
        builder.set("llama.attention.layer_norm_rms_epsilon", Float(1e-5))
        builder.set("llama.rope.freq_base", Float(10000))
        addTokenizer(to: &builder, pre: "smollm")
        addTensors(to: &builder)
        return builder
    }

    static func addTokenizer(to builder: inout GGUFBuilder, pre: String) {
        builder.set("tokenizer.ggml.model", "gpt2")
        builder.set("tokenizer.ggml.pre", pre)
        builder.set("tokenizer.ggml.tokens", tokens)
        builder.set("tokenizer.ggml.token_type", types)
        builder.set("tokenizer.ggml.merges", merges)
        builder.set("tokenizer.ggml.bos_token_id", UInt32(0))
        builder.set("tokenizer.ggml.eos_token_id", UInt32(1))
        builder.set("tokenizer.chat_template", "{{ messages }}")
    }

    private static func addTensors(to builder: inout GGUFBuilder) {
        add("token_embd.weight", [vocabularySize, 8], to: &builder)
        for block in 0..<2 {
            add("blk.\(block).attn_norm.weight", [8], to: &builder)
            add("blk.\(block).ffn_norm.weight", [8], to: &builder)
            add("blk.\(block).attn_q.weight", [8, 8], to: &builder)
            add("blk.\(block).attn_k.weight", [4, 8], to: &builder)
            add("blk.\(block).attn_v.weight", [4, 8], to: &builder)
            add("blk.\(block).attn_output.weight", [8, 8], to: &builder)
            add("blk.\(block).ffn_gate.weight", [12, 8], to: &builder)
            add("blk.\(block).ffn_up.weight", [12, 8], to: &builder)
            add("blk.\(block).ffn_down.weight", [8, 12], to: &builder)
        }
        add("output_norm.weight", [8], to: &builder)
    }

    /// Values that tell row and column: row × 100 + column.
    private static func add(_ name: String, _ shape: [Int], to builder: inout GGUFBuilder) {
        let columns = shape.count == 2 ? shape[1] : shape[0]
        let count = shape.reduce(1, *)
        builder.add(name, shape, (0..<count).map { Float($0 / columns * 100 + $0 % columns) })
    }

    // MARK: Tokenizer

    static let special = ["<|start|>", "<|end|>"]
    static let merges = [
        "h e", "l l", "he ll", "hell o", "Ġ Ġ", "Ġ w", "Ġw o", "Ġwo r", "ĠĠ ĠĠ", "Ċ Ċ", "o r",
        "Ã ©",
    ]

    /// Two special tokens, the 256 bytes, the results of the merges, two that text never becomes.
    static var tokens: [String] {
        special + alphabet + merges.map { $0.split(separator: " ").joined() } + ["<pad>", "<x>"]
    }

    static var types: [Int32] {
        [3, 3] + Array(repeating: 1, count: 256 + merges.count) + [5, 4]
    }

    static var alphabet: [String] {
        var next: UInt32 = 0x100
        return (UInt32(0)..<256).map { byte in
            let isPrintable =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            defer { if !isPrintable { next += 1 } }
            return String(Character(Unicode.Scalar(isPrintable ? byte : next) ?? "?"))
        }
    }

    static func id(_ text: String) -> Int32 { Int32(tokens.firstIndex(of: text) ?? -1) }
}
