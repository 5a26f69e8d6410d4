// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import IngotModel
import IngotTensor
import Testing

@Suite("Models from GGUF")
struct ModelGGUFTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func load(_ builder: GGUFBuilder) throws -> Model {
        try Model.load(gguf: scratch.map("model.gguf", builder.file))
    }

    @Test("reads the configuration and ties the head when there is none")
    func configuration() throws {
        let model = try load(TinyModel.gguf())
        let expected = ModelConfiguration(
            layerCount: 2,
            hiddenSize: 8,
            feedForwardSize: 12,
            headCount: 2,
            keyValueHeadCount: 1,
            headSize: 4,
            vocabularySize: TinyModel.vocabularySize,
            contextLength: 64,
            ropeBase: 10000,
            normEpsilon: 1e-5,
            hasTiedHead: true,
            bosToken: 0,
            eosToken: 1
        )
        #expect(model.configuration == expected)
        #expect(model.head == nil)
        #expect(model.blocks.count == 2)
    }

    @Test("puts the rows of q and k into Hugging Face's order, and no others")
    func rowOrder() throws {
        let block = try load(TinyModel.gguf()).blocks[1]
        // GGUF interleaves the halves of a head: its rows are HF's 0 2 1 3.
        #expect((0..<8).map { block.q.row($0)[0] } == [0, 200, 100, 300, 400, 600, 500, 700])
        #expect((0..<4).map { block.k.row($0)[0] } == [0, 200, 100, 300])
        #expect((0..<4).map { block.v.row($0)[0] } == [0, 100, 200, 300])
        #expect(block.q.row(1) == (0..<8).map { 200 + Float($0) })
        #expect(block.down.row(7) == (0..<12).map { 700 + Float($0) })
    }

    @Test("keeps a head of its own")
    func head() throws {
        var builder = TinyModel.gguf()
        let count = TinyModel.vocabularySize * 8
        builder.add(
            "output.weight",
            [TinyModel.vocabularySize, 8],
            (0..<count).map { -Float($0) }
        )
        let model = try load(builder)
        #expect(!model.configuration.hasTiedHead)
        #expect(model.head?.row(1) == (8..<16).map { -Float($0) })
    }

    @Test("takes the RoPE base, the heads and the head size that gguf.md gives as defaults")
    func defaults() throws {
        var builder = TinyModel.gguf()
        builder.change("llama.rope.freq_base") { _ in }
        builder.set("llama.attention.key_length", UInt32(4))
        let configuration = try load(builder).configuration
        #expect(configuration.ropeBase == 10000)
        #expect(configuration.headSize == 4)
    }

    @Test("takes the RoPE factors of Llama 3.1, and a linear one")
    func ropeFactors() throws {
        var builder = TinyModel.gguf()
        builder.add("rope_freqs.weight", [2], [1, 8])
        #expect(try load(builder).configuration.ropeDivisors == [1, 8])
        builder.set("llama.rope.scaling.type", "linear")
        builder.set("llama.rope.scaling.factor", Float(2))
        #expect(try load(builder).configuration.ropeDivisors == [2, 16])
        builder.tensors.removeLast()
        builder.set("llama.attention.sliding_window", UInt32(32))
        let configuration = try load(builder).configuration
        #expect(configuration.ropeDivisors == [2, 2] && configuration.slidingWindow == 32)
        let key = "llama.attention.key_length"
        for size: UInt32 in [.max, 0, .max - 1] {
            builder.change(key) { $0.set(key, size) }
            #expect(throws: ModelFileError.self) { try load(builder) }
        }
    }

    @Test("reads Qwen 2's biases and Qwen 3's norms, rows as they are", arguments: [2, 3])
    func qwen(_ version: Int) throws {
        var builder = TinyModel.gguf()
        builder.rename(architecture: "qwen\(version)")
        for block in 0..<2 {
            if version == 2 {
                builder.add("blk.\(block).attn_q.bias", [8], (0..<8).map { Float($0) })
                builder.add("blk.\(block).attn_k.bias", [4], [1, 2, 3, 4])
                builder.add("blk.\(block).attn_v.bias", [4], [5, 6, 7, 8])
            } else {
                builder.add("blk.\(block).attn_q_norm.weight", [4], [1, 2, 3, 4])
                builder.add("blk.\(block).attn_k_norm.weight", [4], [5, 6, 7, 8])
            }
        }
        let model = try load(builder)
        let block = model.blocks[1]
        #expect((0..<4).map { block.q.row($0)[0] } == [0, 100, 200, 300])
        #expect(model.configuration.architecture == (version == 2 ? .qwen2 : .qwen3))
        #expect(block.biases[.v] == (version == 2 ? [5, 6, 7, 8] : nil))
        #expect(block.headNorms?.k == (version == 2 ? nil : [5, 6, 7, 8]))
        builder.tensors.removeLast()
        #expect(message { _ = try load(builder) }.contains("blk.1.attn_"))
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: [String]
        let change: @Sendable (inout GGUFBuilder) -> Void
        var testDescription: String { name }
    }

    static let attacks: [Attack] = [
        Attack(name: "another architecture", expected: ["'gemma3'", "Ingot computes 'llama'"]) {
            $0.change("general.architecture") { $0.set("general.architecture", "gemma3") }
        },
        Attack(name: "an adapter", expected: ["general.type: is 'adapter'"]) {
            $0.set("general.type", "adapter")
        },
        Attack(name: "RoPE scaling", expected: ["rope scaling", "'yarn'"]) {
            $0.set("llama.rope.scaling.type", "yarn")
        },
        Attack(name: "RoPE factors of another head", expected: ["rope_freqs.weight", "3 values"]) {
            $0.add("rope_freqs.weight", [3], [1, 1, 1])
        },
        Attack(name: "a RoPE factor of zero", expected: ["RoPE factors", "positive"]) {
            $0.add("rope_freqs.weight", [2], [1, 0])
        },
        Attack(name: "scaled logits", expected: ["llama.logit_scale", "arithmetic"]) {
            $0.set("llama.logit_scale", Float(0.5))
        },
        Attack(name: "windows of some layers", expected: ["sliding_window_pattern"]) {
            $0.set("llama.attention.sliding_window_pattern", UInt32(2))
        },
        Attack(name: "experts", expected: ["llama.expert_count", "mixture"]) {
            $0.set("llama.expert_count", UInt32(8))
        },
        Attack(name: "a part of a model", expected: ["split.count", "join them"]) {
            $0.set("split.count", UInt32(2))
        },
        Attack(name: "a missing key", expected: ["llama.block_count: is missing"]) {
            $0.change("llama.block_count") { _ in }
        },
        Attack(name: "a key of another type", expected: ["llama.block_count: is not one whole"]) {
            $0.change("llama.block_count") { $0.set("llama.block_count", "two") }
        },
        Attack(name: "a billion layers", expected: ["the number of layers is 1000000000"]) {
            $0.change("llama.block_count") { $0.set("llama.block_count", UInt32(1_000_000_000)) }
        },
        Attack(name: "no heads", expected: ["head_count: is 0"]) {
            $0.change("llama.attention.head_count") {
                $0.change("llama.attention.head_count_kv") { _ in }
                $0.set("llama.attention.head_count", UInt32(0))
            }
        },
        Attack(name: "heads that do not share evenly", expected: ["cannot share 3"]) {
            $0.change("llama.attention.head_count_kv") {
                $0.set("llama.attention.head_count_kv", UInt32(3))
            }
        },
        Attack(name: "another rotary size", expected: ["llama.rope.dimension_count: is 2"]) {
            $0.set("llama.rope.dimension_count", UInt32(2))
        },
        Attack(name: "a vocabulary of another size", expected: ["llama.vocab_size: is 9", "272"]) {
            $0.set("llama.vocab_size", UInt32(9))
        },
        Attack(name: "a token beyond the vocabulary", expected: ["EOS token 5000"]) {
            $0.change("tokenizer.ggml.eos_token_id") {
                $0.set("tokenizer.ggml.eos_token_id", UInt32(5000))
            }
        },
        Attack(name: "a missing tensor", expected: ["tensor blk.1.ffn_up.weight: is missing"]) {
            $0.tensors.removeAll { $0.name == "blk.1.ffn_up.weight" }
        },
        Attack(name: "a tensor of another shape", expected: ["output_norm.weight", "[9]", "[8]"]) {
            $0.tensors.removeLast()
            $0.add("output_norm.weight", [9], Array(repeating: 1, count: 9))
        },
        Attack(name: "a bias", expected: ["blk.0.attn_q.bias", "would be ignored"]) {
            $0.add("blk.0.attn_q.bias", [8], Array(repeating: 1, count: 8))
        },
        Attack(name: "a norm that is not a number", expected: ["output_norm", "not finite"]) {
            $0.tensors.removeLast()
            $0.add("output_norm.weight", [8], Array(repeating: .nan, count: 8))
        },
    ]

    @Test("refuses what it would compute wrongly", arguments: attacks)
    func refuses(_ attack: Attack) throws {
        var builder = TinyModel.gguf()
        attack.change(&builder)
        let found = message { _ = try load(builder) }
        #expect(found.contains("model.gguf"), "\(found)")
        for text in attack.expected { #expect(found.contains(text), "\(found)") }
    }
}
