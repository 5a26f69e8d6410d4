// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotPipeline

@Suite("Recipe")
struct RecipeTests {
    private static let seed =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/registry/seed"

    private static let gate = "rules: [{metric: loss, at_most: 2}]"

    private static let text = """
        name: small
        base: base:v1
        data: data:v1
        prepare:
          repository: prepared
          prompt: "{question}"
          completion: "{answer}"
        train:
          repository: adapters
          steps: 3
          lora: {rank: 4}
        gate: gate.yaml
        """

    private func parse(_ text: String, gate: String = Self.gate) throws -> Recipe {
        try Recipe(bytes: Array(text.utf8), path: "small.yaml") { ($0, Array(gate.utf8)) }
    }

    @Test("reads the seed recipe with its gate")
    func seed() throws {
        let recipe = try Recipe(path: "\(Self.seed)/debian-sections.yaml")
        #expect(recipe.train.settings.rank == 16)
        #expect(recipe.promote?.environment == "production")
        #expect(recipe.gate.policy.name == "sections")
    }

    @Test("fills in the defaults of the field")
    func defaults() throws {
        let recipe = try parse(Self.text)
        #expect(recipe.train.settings.alpha == 8)
        #expect(recipe.train.settings.stepLimit == 3)
        #expect(recipe.train.settings.kernels == .portable)
        #expect(recipe.evaluate.split == "test")
        #expect(recipe.promote == nil)
        #expect(recipe.train.settings.quantisation == nil)
    }

    @Test("names the quantisation of the base in the step's parameters, and nothing for none")
    func quantisation() throws {
        func settings(_ name: String) throws -> TrainingSettings {
            try parse(Self.text.replacing("steps: 3", with: "quantisation: \(name)")).train.settings
        }
        #expect(try settings("nf4").parameters["quantisation"] == "nf4")
        #expect(try settings("int8").quantisation == .int8)
        #expect(try settings("none").parameters["quantisation"] == nil)
    }

    @Test("the best validation is kept where there are several, unless the recipe says otherwise")
    func keep() throws {
        func keepsBest(_ lines: String) throws -> Bool {
            try parse(Self.text.replacing("steps: 3", with: lines)).train.settings.keepsBest
        }
        #expect(try !keepsBest("steps: 3"))
        #expect(try keepsBest("validate_every: 2"))
        #expect(try !keepsBest("validate_every: 2\n  keep: last"))
        #expect(try keepsBest("keep: best"))
    }

    @Test(
        "names the file, the key and the nearest known key",
        arguments: [
            ("lora: {rank: 4}", "lora: {rnak: 4}", "train.lora.rnak"),
            ("lora: {rank: 4}", "lora: {rnak: 4}", "did you mean 'rank'"),
            ("steps: 3", "stpes: 3", "train.stpes"),
            ("steps: 3", "steps: 0", "positive"),
            ("steps: 3", "kernels: fast", "train.kernels: 'fast' is none of portable, avx512"),
            ("steps: 3", "steps: many", "train.steps: expected a whole number"),
            ("completion:", "complation:", "complation"),
            ("base: base:v1", "base: Base:v1", "repository 'Base'"),
            ("gate: gate.yaml", "gates: gate.yaml", "gate is missing"),
            ("name: small", "name: small\ntrainer: external", "reserved"),
            ("lora: {rank: 4}", "lora: {targets: [q_porj]}", "did you mean 'q_proj'"),
            ("lora: {rank: 4}", "method: dora", "dora"),
            ("steps: 3", "quantisation: fp4", "train.quantisation: 'fp4' is none of nf4"),
            ("lora: {rank: 4}", "lora: {dropout: 1}", "train.lora.dropout"),
            ("lora: {rank: 4}", "lora: {layers: []}", "train.lora.layers"),
            ("lora: {rank: 4}", "lora: {rank_pattern: {'(q': 4}}", "a group is not closed"),
            ("lora: {rank: 4}", "lora: {rank_pattern: {q_proj: 0}}", "expected a positive"),
            ("steps: 3", "loss_on: user", "train.loss_on: 'user' is none of last, assistant, all"),
            ("steps: 3", "too_long: cut", "none of refuse, skip, truncate"),
            ("steps: 3", "optimizer: lion", "train.optimizer: 'lion' is not known"),
            ("steps: 3", "keep: first", "neither best nor last"),
            ("steps: 3", "save_every: -1", "not negative"),
            ("steps: 3", "early_stopping: {patience: 2}", "needs validate_every"),
            ("steps: 3", "validate_every: 2\n  early_stopping: {patience: 0}", "patience"),
            ("steps: 3", "validate_every: 2\n  early_stopping: {min_delta: -1}", "min_delta"),
            ("name: small", "name: small\nname: twice", "duplicate key"),
        ]
    )
    func faults(old: String, new: String, part: String) {
        let parts = Self.text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        let changed = parts.joined(separator: new)
        #expect {
            try parse(changed)
        } throws: {
            let message = "\($0)"
            return message.hasPrefix("small.yaml: ") && message.contains(part)
        }
    }

    @Test("names the gate file when the fault is in it")
    func gateFault() {
        #expect {
            try parse(Self.text, gate: "rules: []")
        } throws: {
            "\($0)".contains("gate gate.yaml: ")
        }
    }
}
