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

    struct Window: Sendable {
        let type: String
        let extra: String
        let expected: Int?
    }

    @Test(
        "a window counts as transformers' class of the model takes it",
        arguments: [
            Window(type: "llama", extra: #", "sliding_window": 8"#, expected: nil),
            Window(type: "mistral", extra: #", "sliding_window": 8"#, expected: 8),
            Window(type: "mistral", extra: #", "sliding_window": null"#, expected: nil),
            Window(type: "mistral", extra: "", expected: 4096),
            Window(type: "qwen2", extra: #", "sliding_window": 8"#, expected: nil),
            Window(
                type: "qwen2",
                extra: #", "sliding_window": 8, "use_sliding_window": true"#,
                expected: nil
            ),
            Window(
                type: "qwen3",
                extra: #", "use_sliding_window": true, "max_window_layers": 0"#,
                expected: 4096
            ),
            Window(
                type: "qwen3",
                extra: #", "use_sliding_window": true, "max_window_layers": 1"#,
                expected: -1
            ),
        ]
    )
    func window(_ test: Window) throws {
        var text = Self.configuration.replacing("EXTRA", with: test.extra)
        text.replace(#""llama""#, with: "\"\(test.type)\"")
        text.replace("Llama", with: test.type.prefix(1).uppercased() + test.type.dropFirst())
        let fields = try JSONFields(file: "config.json", bytes: Array(text.utf8))
        if test.expected == -1 {
            let found = message { _ = try HuggingFaceConfiguration(fields).read() }
            #expect(found.contains("max_window_layers: gives a sliding window to 1 of 2 layers"))
        } else {
            #expect(try HuggingFaceConfiguration(fields).read().slidingWindow == test.expected)
        }
    }

    @Test("the RoPE factors of Llama 3 are those of transformers, in both forms")
    func llama3() throws {
        let rope =
            #"{"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,"#
            + #" "high_freq_factor": 4.0, "original_max_position_embeddings": 8192"#
        func divisors(_ extra: String) throws -> [Float] {
            var text = Self.configuration.replacing("EXTRA", with: extra)
            text.replace(#", "rope_scaling": null"#, with: "")
            text.replace(#""rope_theta": 20000.0"#, with: #""rope_theta": 500000.0"#)
            let fields = try JSONFields(file: "config.json", bytes: Array(text.utf8))
            return try HuggingFaceConfiguration(fields).read().ropeDivisors
        }
        for size in [-2, 0, 3, 1 << 40] {
            #expect(throws: ModelFileError.self) {
                try divisors(#", "head_dim": \#(size), "rope_scaling": \#(rope)}"#)
            }
        }
        let old = try divisors(#", "head_dim": 64, "rope_scaling": \#(rope)}"#)
        let new = try divisors(
            #", "head_dim": 64, "rope_parameters": \#(rope), "rope_theta": 500000.0}"#
        )
        #expect(old == new)
        #expect(old[0] == 1 && old[31] == 32)
        // torch's ratios of plain and scaled frequencies.
        let expected = Array(repeating: 1, count: 15) + [1.65133, 3.29226, 9.66673]
        #expect(zip(expected, old).allSatisfy { abs($0 - Double($1)) < 1e-4 })
        #expect(old.suffix(14).allSatisfy { $0 == 32 })
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
            (#", "rope_parameters": {"rope_type": "yarn"}"#, "'yarn'"),
            (#", "rope_parameters": {"rope_type": "llama3"}"#, "low_freq_factor: is missing"),
            (#", "rope_parameters": {"rope_type": "linear", "factor": 0}"#, "not positive"),
            (#", "rope_parameters": {"full_attention": {}}"#, "differs between layers"),
            (#", "rope_parameters": {"partial_rotary_factor": 0.5}"#, "rope_parameters"),
            (#", "layer_types": ["full_attention", "sliding_attention"]"#, "1 of 2 layers"),
            (#", "layer_types": ["full_attention", "linear_attention"]"#, "layer_types"),
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
            #"{"architectures": ["MixtralForCausalLM"], "model_type": "mixtral"}"#
        )
        let found = message { _ = try Model.load(directory: scratch.path) }
        #expect(found.contains("'MixtralForCausalLM'") && found.contains("LlamaForCausalLM"))
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
