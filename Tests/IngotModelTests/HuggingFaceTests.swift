// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import Testing

@testable import IngotModel

@Suite("Hugging Face directories")
struct HuggingFaceTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    static let configuration = #"""
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8,
         "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2,
         "num_key_value_heads": 1, "vocab_size": 272, "max_position_embeddings": 64,
         "rms_norm_eps": 1e-05, "rope_theta": 20000.0, "tie_word_embeddings": true,
         "hidden_act": "silu", "rope_scaling": null, "bos_token_id": 0, "eos_token_id": [1, 2]EXTRA}
        """#

    static func names(_ block: Int) -> [(name: String, shape: [Int])] {
        let prefix = "model.layers.\(block)."
        return [
            (prefix + "input_layernorm.weight", [8]),
            (prefix + "post_attention_layernorm.weight", [8]),
            (prefix + "self_attn.q_proj.weight", [8, 8]),
            (prefix + "self_attn.k_proj.weight", [4, 8]),
            (prefix + "self_attn.v_proj.weight", [4, 8]),
            (prefix + "self_attn.o_proj.weight", [8, 8]),
            (prefix + "mlp.gate_proj.weight", [12, 8]),
            (prefix + "mlp.up_proj.weight", [12, 8]),
            (prefix + "mlp.down_proj.weight", [8, 12]),
        ]
    }

    static let all: [(name: String, shape: [Int])] =
        [("model.embed_tokens.weight", [272, 8]), ("model.norm.weight", [8])] + names(0) + names(1)

    static func weights(_ tensors: [(name: String, shape: [Int])], factor: Float = 1) -> [UInt8] {
        var writer = SafetensorsWriter()
        for (name, shape) in tensors {
            let columns = shape.count == 2 ? shape[1] : shape[0]
            let values = (0..<shape.reduce(1, *)).map {
                factor * Float($0 / columns * 100 + $0 % columns)
            }
            writer.add(name, shape: shape, values: values)
        }
        return writer.bytes()
    }

    private func writeConfiguration(_ extra: String = "") throws {
        try scratch.write(
            "config.json",
            Self.configuration.replacing("EXTRA", with: extra)
        )
    }

    @Test("loads one file of weights, rows as they are")
    func whole() throws {
        try writeConfiguration()
        try scratch.write("model.safetensors", Self.weights(Self.all))
        let model = try Model.load(directory: scratch.path)
        let configuration = model.configuration
        #expect(configuration.ropeBase == 20000 && configuration.eosToken == 1)
        #expect(configuration.headSize == 4 && configuration.hasTiedHead)
        #expect((0..<4).map { model.blocks[1].k.row($0)[0] } == [0, 100, 200, 300])
    }

    @Test("loads shards through their index")
    func sharded() throws {
        try writeConfiguration()
        let (left, right) = (Array(Self.all.prefix(9)), Array(Self.all.dropFirst(9)))
        try scratch.write("a.safetensors", Self.weights(left))
        try scratch.write("b.safetensors", Self.weights(right))
        let map =
            left.map { #""\#($0.name)":"a.safetensors""# }
            + right.map { #""\#($0.name)":"b.safetensors""# }
        func index(_ entries: [String]) throws {
            try scratch.write(
                "model.safetensors.index.json",
                #"{"metadata":{"total_size":1},"weight_map":{\#(entries.joined(separator: ","))}}"#
            )
        }
        try index(map)
        let model = try Model.load(directory: scratch.path)
        #expect(model.blocks[1].down.row(1)[3] == 103)

        try index(map + [#""extra":"b.safetensors""#])
        #expect(message { _ = try Model.load(directory: scratch.path) }.contains("in no shard"))
        try index(Array(map.dropLast()))
        let unlisted = message { _ = try Model.load(directory: scratch.path) }
        #expect(unlisted.contains("b.safetensors") && unlisted.contains("is not in this file"))
        try index(map.dropLast() + [#""x":"../b.safetensors""#])
        #expect(
            message { _ = try Model.load(directory: scratch.path) }.contains(
                "not the name of a shard"
            )
        )
    }

    @Test("takes transformers 5's rope_parameters")
    func ropeParameters() throws {
        try writeConfiguration(
            #", "rope_parameters": {"rope_type": "default", "rope_theta": 777.0}"#
        )
        try scratch.write("model.safetensors", Self.weights(Self.all))
        #expect(try Model.load(directory: scratch.path).configuration.ropeBase == 777)
    }

    @Test("skips a stored head that repeats a tied one, and refuses one that differs")
    func redundantHead() throws {
        try writeConfiguration()
        let head = [("lm_head.weight", [272, 8])]
        try scratch.write("model.safetensors", Self.weights(Self.all + head))
        #expect(try Model.load(directory: scratch.path).head == nil)

        var writer = SafetensorsWriter()
        for (name, shape) in Self.all + head {
            let isHead = name == "lm_head.weight"
            writer.add(
                name,
                shape: shape,
                values: Array(repeating: isHead ? 2 : 1, count: shape.reduce(1, *))
            )
        }
        try scratch.write("model.safetensors", writer.bytes())
        let found = message { _ = try Model.load(directory: scratch.path) }
        #expect(found.contains("lm_head.weight") && found.contains("tie_word_embeddings"))
    }

    @Test(
        "refuses configurations that it would compute wrongly",
        arguments: [
            (#", "attention_bias": true"#, "attention_bias"),
            (#", "mlp_bias": true"#, "mlp_bias"),
            (#", "partial_rotary_factor": 0.5"#, "partial_rotary_factor"),
            (#", "quantization_config": {"bits": 4}"#, "quantization_config"),
            (#", "rope_parameters": {"rope_type": "llama3"}"#, "'llama3'"),
            (#", "head_dim": 3"#, "head size is 3"),
            (#", "head_dim": "x""#, "head_dim: is not a whole number"),
            (#", "pad_token_id": 272"#, "PAD token 272"),
            (#", "hidden_size": 8"#, "duplicate key"),
        ]
    )
    func refuses(_ extra: String, _ expected: String) throws {
        try writeConfiguration(extra)
        try scratch.write("model.safetensors", Self.weights(Self.all))
        let found = message { _ = try Model.load(directory: scratch.path) }
        #expect(found.contains("config.json") && found.contains(expected), "\(found)")
    }

    @Test("names the architecture that it found instead of Llama")
    func architecture() throws {
        try scratch.write(
            "config.json",
            #"{"architectures": ["MistralForCausalLM"], "model_type": "mistral"}"#
        )
        let found = message { _ = try Model.load(directory: scratch.path) }
        #expect(found.contains("'MistralForCausalLM'") && found.contains("LlamaForCausalLM"))
    }

    @Test("says what a directory lacks")
    func missing() throws {
        #expect(message { _ = try Model.load(directory: scratch.path) }.contains("no config.json"))
        try writeConfiguration()
        #expect(message { _ = try Model.load(directory: scratch.path) }.contains("has neither"))
        try scratch.write("model.safetensors", Self.weights(Array(Self.all.dropLast())))
        let found = message { _ = try Model.load(directory: scratch.path) }
        #expect(found.contains("model.layers.1.mlp.down_proj.weight: is missing"), "\(found)")
    }
}
