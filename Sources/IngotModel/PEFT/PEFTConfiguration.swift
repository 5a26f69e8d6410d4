// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// `adapter_config.json` of PEFT 0.21 for LoRA: read strictly, written as PEFT writes it.
///
/// Features that change what an adapter computes are refused by name, and so are keys of later
/// versions that are set to something: ignoring one would serve another model than was trained.
struct PEFTConfiguration {
    let configuration: AdapterConfiguration

    static let fileName = "adapter_config.json"
    static let rankLimit = 4096

    init(_ configuration: AdapterConfiguration) { self.configuration = configuration }

    // MARK: Writing

    /// Keys sorted, two spaces a level, no newline at the end: `json.dumps(indent=2,
    /// sort_keys=True)`.
    func bytes() -> [UInt8] {
        var members = Self.defaults
        members["base_model_name_or_path"] = .string(configuration.baseName)
        members["r"] = .integer(Int64(configuration.rank))
        members["lora_alpha"] = Self.number(configuration.alpha)
        members["lora_dropout"] = .number(configuration.dropout)
        members["rank_pattern"] = Self.object(configuration.rankPattern) { .integer(Int64($0)) }
        members["alpha_pattern"] = Self.object(configuration.alphaPattern, Self.number)
        if let layers = configuration.layers {
            members["layers_to_transform"] = .array(layers.map { .integer(Int64($0)) })
        }
        members["use_rslora"] = .bool(configuration.usesRankStabilisation)
        // PEFT writes a set in the order of its hash; sorted, the bytes are repeatable.
        let targets = configuration.targets.map(\.rawValue)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        members["target_modules"] = .array(targets.map(JSONValue.string))
        return Array(JSONValue.object(members).prettyText.utf8)
    }

    /// A whole number as one, as PEFT's own files have it.
    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
    }

    private static func object<Value>(
        _ patterns: [ModulePattern: Value],
        _ json: (Value) -> JSONValue
    ) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: patterns.map { ($0.key.text, json($0.value)) }))
    }

    private static let defaults: [String: JSONValue] = [
        "alora_invocation_tokens": nil, "alpha_pattern": [:], "arrow_config": nil,
        "auto_mapping": nil, "bias": "none", "corda_config": nil, "ensure_weight_tying": false,
        "eva_config": nil, "exclude_modules": nil, "fan_in_fan_out": false,
        "inference_mode": true, "init_lora_weights": true, "kasa_config": nil,
        "layer_replication": nil, "layers_pattern": nil, "layers_to_transform": nil,
        "loftq_config": [:], "lora_bias": false, "lora_dropout": 0.0, "lora_ga_config": nil,
        "megatron_config": nil, "megatron_core": "megatron.core", "modules_to_save": nil,
        "monteclora_config": nil, "peft_type": "LORA", "peft_version": "0.21.2",
        "qalora_group_size": 16, "rank_pattern": [:], "revision": nil,
        "target_parameters": nil, "task_type": "CAUSAL_LM", "trainable_token_indices": nil,
        "use_bdlora": nil, "use_dora": false, "use_qalora": false, "velora_config": nil,
    ]

    // MARK: Reading

    /// The keys that are read elsewhere or say nothing about what a trained adapter computes.
    private static let ignored: Set<String> = [
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "ensure_weight_tying",
        "eva_config", "exclude_modules", "inference_mode", "layers_pattern", "layers_to_transform",
        "lora_alpha", "lora_dropout", "megatron_core", "peft_version", "qalora_group_size", "r",
        "rank_pattern", "revision", "runtime_config", "target_modules", "task_type", "use_rslora",
    ]

    init(parsing bytes: [UInt8], file: String) throws(ModelFileError) {
        let members = try JSONFields(file: file, bytes: bytes).members
        let type = members["peft_type"]?.string ?? "none"
        guard type == "LORA" else {
            throw ModelFileError(
                file,
                place: "peft_type",
                "is '\(type)'",
                remedy: "Ingot computes LORA adapters"
            )
        }
        try Self.refuseFeatures(members, file)
        guard let rank = members["r"]?.integer, (1...Self.rankLimit).contains(rank) else {
            throw ModelFileError(
                file,
                place: "r",
                "expected a whole number from 1 to \(Self.rankLimit)",
                remedy: Self.remedy
            )
        }
        guard let alpha = members["lora_alpha"]?.double, alpha.isFinite else {
            throw ModelFileError(
                file,
                place: "lora_alpha",
                "expected a number",
                remedy: Self.remedy
            )
        }
        var configuration = AdapterConfiguration(
            rank: rank,
            alpha: alpha,
            usesRankStabilisation: members["use_rslora"]?.bool ?? false,
            targets: try Self.targets(members["target_modules"], file),
            baseName: members["base_model_name_or_path"]?.string ?? ""
        )
        configuration.dropout = members["lora_dropout"]?.double ?? 0
        configuration.layers = try Self.layers(members["layers_to_transform"], file)
        configuration.rankPattern = try Self.patterns("rank_pattern", members, file) { value in
            value.integer.flatMap { (1...Self.rankLimit).contains($0) ? $0 : nil }
        }
        configuration.alphaPattern = try Self.patterns("alpha_pattern", members, file) { value in
            value.double.flatMap { $0.isFinite ? $0 : nil }
        }
        self.configuration = configuration
    }

    private static let patternLimit = 1024

    private static func patterns<Value>(
        _ key: String,
        _ members: [String: JSONValue],
        _ file: String,
        _ convert: (JSONValue) -> Value?
    ) throws(ModelFileError) -> [ModulePattern: Value] {
        guard let value = members[key], value != .null else { return [:] }
        guard let entries = value.object, entries.count <= patternLimit else {
            throw ModelFileError(file, place: key, "expected patterns with values", remedy: remedy)
        }
        var patterns: [ModulePattern: Value] = [:]
        for (text, value) in entries {
            let pattern: ModulePattern
            do { pattern = try ModulePattern(parsing: text) } catch {
                throw ModelFileError(
                    file,
                    place: key,
                    "'\(text)': \(error.problem)",
                    remedy: "name the modules by plain patterns"
                )
            }
            guard let number = convert(value) else {
                throw ModelFileError(
                    file,
                    place: key,
                    "'\(text)' has the value \(value.canonicalText.prefix(60))",
                    remedy: remedy
                )
            }
            patterns[pattern] = number
        }
        return patterns
    }

    /// A list, or one number.
    private static func layers(
        _ value: JSONValue?,
        _ file: String
    ) throws(ModelFileError) -> [Int]? {
        guard let value, value != .null, value != [] else { return nil }
        let numbers = value.array?.map(\.integer) ?? [value.integer]
        let layers = numbers.compactMap(\.self)
        guard layers.count == numbers.count,
            layers.allSatisfy((0..<ConfigurationCheck.layerLimit).contains)
        else {
            throw ModelFileError(
                file,
                place: "layers_to_transform",
                "expected numbers of layers",
                remedy: remedy
            )
        }
        return Set(layers).sorted()
    }

    private static let remedy = "write the adapter again with PEFT or Ingot"

    /// A pattern instead of a list leaves it to the weights: an empty list here.
    private static func targets(
        _ value: JSONValue?,
        _ file: String
    ) throws(ModelFileError) -> [LinearRole] {
        guard let names = value?.array else { return [] }
        var roles: [LinearRole] = []
        for name in names {
            guard let text = name.string, let module = text.split(separator: ".").last,
                let role = LinearRole(rawValue: String(module))
            else {
                throw ModelFileError(
                    file,
                    place: "target_modules",
                    "'\(name.string ?? "…")' is not a linear layer of a Llama block",
                    remedy: "Ingot computes "
                        + LinearRole.allCases.map(\.rawValue).joined(separator: ", ")
                )
            }
            roles.append(role)
        }
        return roles
    }

    private static func refuseFeatures(
        _ members: [String: JSONValue],
        _ file: String
    ) throws(ModelFileError) {
        let keys = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for key in keys where !ignored.contains(key) {
            guard let value = members[key], value != .null, value != false, value != [:],
                value != [], value != defaults[key], !isHarmless(key, value)
            else { continue }
            throw ModelFileError(
                file,
                place: key,
                "is \(value.canonicalText.prefix(60))",
                remedy: "Ingot does not compute adapters with this feature"
            )
        }
    }

    /// Ways to draw the first values that leave the base as it is.
    private static func isHarmless(_ key: String, _ value: JSONValue) -> Bool {
        key == "init_lora_weights" && ["gaussian", "eva", "orthogonal"].contains(value)
    }
}
