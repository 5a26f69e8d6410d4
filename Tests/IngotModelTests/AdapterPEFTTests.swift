// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotModel

@Suite("PEFT adapters")
struct AdapterPEFTTests {
    static let shape = ModelConfiguration(
        layerCount: 2,
        hiddenSize: 8,
        feedForwardSize: 12,
        headCount: 2,
        keyValueHeadCount: 1,
        headSize: 4,
        vocabularySize: 16,
        contextLength: 64
    )

    static func adapter(
        targets: [LinearRole] = [.v, .q, .down],
        alpha: Double = 32
    ) -> Adapter {
        var adapter = Adapter(
            configuration: AdapterConfiguration(
                rank: 2,
                alpha: alpha,
                targets: targets,
                baseName: "base"
            ),
            layerCount: 2
        )
        for block in 0..<2 {
            for role in targets {
                let (rows, columns) = shape.shape(of: role)
                adapter[block, role] = LoRAPair(
                    rank: 2,
                    a: (0..<2 * columns).map { Float($0) / 7 + Float(block) },
                    b: (0..<2 * rows).map { -Float($0) / 3 }
                )
            }
        }
        return adapter
    }

    private static func files(_ adapter: Adapter = adapter()) -> (config: [UInt8], weights: [UInt8])
    {
        let files = adapter.files()
        return (files[0].bytes, files[1].bytes)
    }

    @Test("reads back what it wrote")
    func roundTrip() throws {
        let (config, weights) = Self.files()
        let found = try Adapter(directoryFiles: config, weights: weights, for: Self.shape)
        #expect(found == Self.adapter())
        #expect(try Adapter(directoryFiles: config, weights: weights) == found)
        #expect(found.fits(Self.shape))
        let scratch = try Scratch()
        for file in found.files() { try scratch.write(file.name, file.bytes) }
        #expect(try Adapter.load(directory: scratch.path) == found)
    }

    @Test("writes adapter_config.json as PEFT 0.21.2 does, with the targets sorted")
    func configuration() {
        let files = Self.adapter().files()
        #expect(files.map(\.name) == ["adapter_config.json", "adapter_model.safetensors"])
        let text = String(decoding: files[0].bytes, as: UTF8.self)
        #expect(
            text.hasPrefix("{\n  \"alora_invocation_tokens\": null,\n  \"alpha_pattern\": {},\n")
        )
        let targets =
            "\"target_modules\": [\n    \"down_proj\",\n    \"q_proj\",\n    \"v_proj\"\n  ],"
        #expect(text.contains(targets))
        #expect(text.contains("\"lora_alpha\": 32,") && text.contains("\"lora_dropout\": 0.0,"))
        #expect(text.hasSuffix("\"velora_config\": null\n}"))
        #expect(text.split(separator: "\n").count == 47)
    }

    @Test("gives the same bytes for any order of targets")
    func deterministic() {
        let left = Self.files(Self.adapter(targets: [.v, .q, .down]))
        let right = Self.files(Self.adapter(targets: [.down, .v, .q]))
        #expect(left.config == right.config && left.weights == right.weights)
    }

    @Test("keeps an alpha that is no whole number, and rsLoRA")
    func fractionalAlpha() throws {
        var adapter = Self.adapter(alpha: 2.5)
        adapter.configuration.usesRankStabilisation = true
        let (config, weights) = Self.files(adapter)
        let found = try Adapter(directoryFiles: config, weights: weights)
        #expect(found.configuration.alpha == 2.5 && found.configuration.usesRankStabilisation)
    }

    @Test("takes the minimal configuration, and a pattern for targets")
    func minimal() throws {
        let config = #"""
            {"peft_type":"LORA","r":2,"lora_alpha":32,"target_modules":".*(q|v|down)_proj",
             "task_type":"CAUSAL_LM","base_model_name_or_path":"base","inference_mode":true}
            """#
        let found = try Adapter(directoryFiles: Array(config.utf8), weights: Self.files().weights)
        #expect(found == Self.adapter())
    }

    // MARK: Attacks

    struct ConfigAttack: Sendable, CustomTestStringConvertible {
        let key: String
        let value: JSONValue?
        let expected: String
        var testDescription: String { "\(key): \(value?.canonicalText ?? "absent")" }

        init(_ key: String, _ value: JSONValue?, _ expected: String? = nil) {
            self.key = key
            self.value = value
            self.expected = expected ?? key
        }
    }

    @Test(
        "refuses, by name, what it does not compute",
        arguments: [
            ConfigAttack("use_dora", true), ConfigAttack("lora_bias", true),
            ConfigAttack("bias", "all"),
            ConfigAttack("rank_pattern", ["q_proj": 4], "its rank in the configuration is 4"),
            ConfigAttack("rank_pattern", ["q_proj": 0]), ConfigAttack("rank_pattern", [1]),
            ConfigAttack("rank_pattern", ["(?=q)": 2], "'(?=q)'"),
            ConfigAttack("alpha_pattern", ["q_proj": "x"]),
            ConfigAttack("alpha_pattern", ["q_proj": 4, ".*_proj": 5], "several values"),
            ConfigAttack("layers_to_transform", [0], "not in a layer of layers_to_transform"),
            ConfigAttack("layers_to_transform", ["x"]), ConfigAttack("layers_to_transform", -1),
            ConfigAttack("fan_in_fan_out", true),
            ConfigAttack("modules_to_save", ["lm_head"]), ConfigAttack("use_qalora", true),
            ConfigAttack("layer_replication", [[0, 1]]),
            ConfigAttack("init_lora_weights", "pissa"),
            ConfigAttack("alora_invocation_tokens", [1]),
            ConfigAttack("a_key_of_the_future", true),
            ConfigAttack("peft_type", "PREFIX_TUNING", "'PREFIX_TUNING'"),
            ConfigAttack("r", 0, "from 1 to 4096"), ConfigAttack("r", nil, "r: expected"),
            ConfigAttack("lora_alpha", "x"), ConfigAttack("target_modules", ["lm_head"]),
            ConfigAttack("target_modules", ["q_proj"], "is no target of the configuration"),
            ConfigAttack(
                "target_modules",
                ["down_proj", "q_proj", "v_proj", "up_proj"],
                "up_proj: is a target of the configuration, but has no tensors"
            ),
        ]
    )
    func refusesConfiguration(_ attack: ConfigAttack) throws {
        let (config, weights) = Self.files()
        var members = try #require(try JSONValue(parsing: config).object)
        members[attack.key] = attack.value
        let changed = JSONValue.object(members).canonicalBytes
        let found = message { _ = try Adapter(directoryFiles: changed, weights: weights) }
        #expect(found.hasPrefix("adapter_") && found.contains(attack.expected), "\(found)")
    }

    @Test("takes ways of drawing the first values that leave the base alone")
    func harmlessInitialisation() throws {
        let (config, weights) = Self.files()
        var members = try #require(try JSONValue(parsing: config).object)
        members["init_lora_weights"] = "gaussian"
        members["lora_dropout"] = 0.05
        let changed = JSONValue.object(members).canonicalBytes
        var expected = Self.adapter()
        expected.configuration.dropout = 0.05
        #expect(try Adapter(directoryFiles: changed, weights: weights) == expected)
    }

    @Test("keeps ranks and alphas of single modules, and the layers that are changed")
    func patterns() throws {
        var shape = Self.adapter().configuration
        shape.layers = [1]
        shape.dropout = 0.1
        shape.rankPattern = [try ModulePattern(parsing: "layers.1.*.q_proj"): 3]
        shape.alphaPattern = [try ModulePattern(parsing: "down_proj"): 2.5]
        var adapter = Adapter(configuration: shape, layerCount: 2)
        for role in shape.targets {
            let (rows, columns) = Self.shape.shape(of: role)
            let rank = shape.rank(1, role)
            adapter[1, role] = LoRAPair(
                rank: rank,
                a: (0..<rank * columns).map { Float($0) / 7 },
                b: (0..<rank * rows).map { Float($0) / 3 }
            )
        }
        #expect(adapter[1, .q]?.rank == 3 && adapter[1, .v]?.rank == 2)
        #expect(shape.scale(1, .q) == Float(32.0 / 3) && shape.scale(1, .down) == 1.25)
        let (config, weights) = Self.files(adapter)
        let found = try Adapter(directoryFiles: config, weights: weights, for: Self.shape)
        #expect(found == adapter)
        let text = String(decoding: config, as: UTF8.self)
        #expect(text.contains("\"rank_pattern\": {\n    \"layers.1.*.q_proj\": 3\n  }"))
        #expect(text.contains("\"lora_dropout\": 0.1"))
    }

    struct WeightAttack: Sendable, CustomTestStringConvertible {
        let expected: String
        let tensors: @Sendable (inout [String: ([Int], [Float])]) -> Void
        var testDescription: String { expected }

        init(
            _ expected: String,
            _ tensors: @escaping @Sendable (inout [String: ([Int], [Float])]) -> Void
        ) {
            self.expected = expected
            self.tensors = tensors
        }
    }

    private static let q = "base_model.model.model.layers.1.self_attn.q_proj.lora_"

    static let weightAttacks: [WeightAttack] = [
        WeightAttack("lora_B.weight: is missing") { $0[q + "B.weight"] = nil },
        WeightAttack("lora_A.weight: is missing") { $0[q + "A.weight"] = nil },
        WeightAttack("lora_magnitude_vector: is not a LoRA tensor") {
            $0[q + "magnitude_vector"] = ([8], Array(repeating: 1, count: 8))
        },
        WeightAttack("layers.01.self_attn") {
            $0["base_model.model.model.layers.01.self_attn.q_proj.lora_A.weight"] =
                ([2, 8], Array(repeating: 1, count: 16))
        },
        WeightAttack("has the shape [3, 8]") {
            $0[q + "A.weight"] = ([3, 8], Array(repeating: 1, count: 24))
        },
        WeightAttack("has the shape [16]") {
            $0[q + "A.weight"] = ([16], Array(repeating: 1, count: 16))
        },
        WeightAttack("the pair is for 8 × 7, the model's layer is 8 × 8") {
            $0[q + "A.weight"] = ([2, 7], Array(repeating: 1, count: 14))
        },
        WeightAttack("the model has 2 layers") {
            for half in ["A.weight", "B.weight"] {
                $0[q.replacing("layers.1", with: "layers.2") + half] = $0[q + half]
            }
        },
        WeightAttack("holds values that are not finite") {
            $0[q + "A.weight"] = ([2, 8], Array(repeating: .infinity, count: 16))
        },
        WeightAttack("has no tensors") { $0 = [:] },
    ]

    @Test("refuses weights that do not fit", arguments: weightAttacks)
    func refusesWeights(_ attack: WeightAttack) {
        var tensors: [String: ([Int], [Float])] = [:]
        let adapter = Self.adapter()
        for block in 0..<2 {
            for role in adapter.configuration.targets {
                guard let pair = adapter[block, role] else { continue }
                let name = PEFTTensorName(block: block, role: role)
                tensors[name.text(isB: false)] = ([2, pair.inputCount], pair.a)
                tensors[name.text(isB: true)] = ([pair.outputCount, 2], pair.b)
            }
        }
        attack.tensors(&tensors)
        var writer = SafetensorsWriter()
        for (name, (shape, values)) in tensors { writer.add(name, shape: shape, values: values) }
        let found = message {
            _ = try Adapter(
                directoryFiles: Self.files().config,
                weights: writer.bytes(),
                for: Self.shape
            )
        }
        #expect(
            found.hasPrefix("adapter_model.safetensors: ") && found.contains(attack.expected),
            "\(found)"
        )
    }

    @Test("names the file that is not JSON")
    func notJSON() {
        let found = message {
            _ = try Adapter(directoryFiles: Array("[".utf8), weights: Self.files().weights)
        }
        #expect(found.hasPrefix("adapter_config.json: line 1"), "\(found)")
    }

    @Test("survives a flip of any byte of the header and a cut at any place")
    func mutations() throws {
        let (config, weights) = Self.files()
        let headerCount = 8 + Int(weights[0]) + Int(weights[1]) << 8
        for index in stride(from: 0, to: headerCount, by: 5) {
            var changed = weights
            changed[index] ^= 0x15
            // No crash is all that is asked: a flip in a name can be another valid name.
            _ = message { _ = try Adapter(directoryFiles: config, weights: changed) }
            let cut = Array(weights.prefix(index))
            #expect(message { _ = try Adapter(directoryFiles: config, weights: cut) } != "")
        }
        for index in stride(from: 0, to: config.count, by: 5) {
            var changed = config
            changed[index] ^= 0x15
            _ = message { _ = try Adapter(directoryFiles: changed, weights: weights) }
        }
    }
}
