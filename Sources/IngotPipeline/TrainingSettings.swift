// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotModel
package import IngotTensor
package import IngotTrainer

/// The `train` section of a recipe: hyperparameters with the defaults of the field.
package struct TrainingSettings: Sendable {
    package let rank: Int
    package let alpha: Double
    package let targets: [LinearRole]
    package let usesRankStabilisation: Bool
    /// How the frozen base is kept while it is trained over; nil for as it is stored.
    package let quantisation: Quantisation?
    package let dropout: Double
    /// The blocks that are trained; nil for all.
    package let layers: [Int]?
    package let rankPattern: [ModulePattern: Int]
    package let alphaPattern: [ModulePattern: Double]
    package let epochs: Int
    /// Optimizer steps; overrides `epochs`.
    package let stepLimit: Int?
    /// Examples an optimizer step.
    package let batchSize: Int
    /// Tokens of a packed row.
    package let rowLength: Int
    package let learningRate: Double
    package let schedule: Schedule
    package let warmupSteps: Int
    package let weightDecay: Double
    package let beta1: Double
    package let beta2: Double
    package let epsilon: Double
    package let clipNorm: Double
    package let seed: UInt64
    /// Steps between two validations; 0 validates at the end alone.
    package let validationInterval: Int
    /// The result is the adapter of the best validation, not the last one.
    package let keepsBest: Bool
    package let earlyStopping: EarlyStopping?
    /// Which tokens are learned.
    package let learning: ChatFormat.Learning
    package let longExamples: LongExamples
    /// Steps between two states that an interrupted training can go on from.
    package let saveInterval: Int
    /// Tokens computed at once; 0 for a row's.
    package let tokensAtOnce: Int
    package let recomputesBlocks: Bool
    /// The arithmetic of the training; another set gives another adapter.
    package let kernels: KernelSet

    package init(_ reader: inout FieldReader) throws {
        let method = try reader.string("method") ?? "lora"
        guard method == "lora" else {
            throw FieldError("train.method: '\(method)' is not built yet; use 'lora'")
        }
        var lora = try reader.object("lora") ?? FieldReader([:], path: "train.lora")
        rank = try Self.positive("rank", &lora) ?? 16
        alpha = try lora.number("alpha") ?? Double(2 * rank)
        targets = try Self.targets(&lora)
        usesRankStabilisation = try lora.bool("rank_stabilised") ?? false
        dropout = try lora.number("dropout") ?? 0
        layers = try Self.layers(&lora)
        rankPattern = try Self.patterns("rank_pattern", &lora, "a positive number") {
            $0.integer.flatMap { $0 > 0 ? $0 : nil }
        }
        alphaPattern = try Self.patterns("alpha_pattern", &lora, "a positive number") {
            $0.double.flatMap { $0 > 0 ? $0 : nil }
        }
        try lora.finish()
        quantisation = try Self.quantisation(&reader)
        guard dropout >= 0, dropout < 1 else {
            throw FieldError("train.lora.dropout: expected a share from 0 up and below 1")
        }
        epochs = try Self.positive("epochs", &reader) ?? 1
        stepLimit = try Self.positive("steps", &reader)
        batchSize = try Self.positive("batch", &reader) ?? 16
        rowLength = try Self.positive("row_length", &reader) ?? 512
        learningRate = try reader.number("learning_rate") ?? 2e-4
        schedule = try Self.choice("schedule", &reader) ?? .cosine
        warmupSteps = try reader.integer("warmup_steps") ?? 0
        weightDecay = try reader.number("weight_decay") ?? 0
        beta1 = try reader.number("beta1") ?? 0.9
        beta2 = try reader.number("beta2") ?? 0.999
        epsilon = try reader.number("epsilon") ?? 1e-8
        clipNorm = try reader.number("clip_norm") ?? 1
        seed = UInt64(bitPattern: Int64(try reader.integer("seed") ?? 0))
        validationInterval = try reader.integer("validate_every") ?? 0
        earlyStopping = try Self.earlyStopping(&reader)
        keepsBest = try Self.keepsBest(&reader) ?? (validationInterval > 0)
        learning = try Self.choice("loss_on", &reader) ?? .assistant
        longExamples = try Self.choice("too_long", &reader) ?? .refuse
        saveInterval = try reader.integer("save_every") ?? 25
        tokensAtOnce = try Self.positive("tokens_at_once", &reader) ?? 0
        recomputesBlocks = try reader.bool("recompute_blocks") ?? false
        try Self.optimizer(&reader)
        kernels = try Self.choice("kernels", &reader) ?? .portable
        guard learningRate > 0, warmupSteps >= 0, validationInterval >= 0, clipNorm >= 0,
            saveInterval >= 0
        else {
            throw FieldError(
                "train: learning_rate must be positive; warmup_steps, validate_every, save_every "
                    + "and clip_norm not negative"
            )
        }
        guard earlyStopping == nil || validationInterval > 0 else {
            throw FieldError("train.early_stopping: needs validate_every, to have what to judge by")
        }
    }

    /// One of an enumeration's words.
    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        _ reader: inout FieldReader
    ) throws -> Value? {
        guard let text = try reader.string(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw FieldError("\(reader.place(name)): '\(text)' is none of \(known)")
        }
        return value
    }

    private static func earlyStopping(_ reader: inout FieldReader) throws -> EarlyStopping? {
        guard var inner = try reader.object("early_stopping") else { return nil }
        let patience = try positive("patience", &inner) ?? 3
        let improvement = try inner.number("min_delta") ?? 0
        try inner.finish()
        guard improvement.isFinite, improvement >= 0 else {
            throw FieldError("train.early_stopping.min_delta: expected a number from 0 up")
        }
        return EarlyStopping(patience: patience, minimumImprovement: improvement)
    }

    private static func keepsBest(_ reader: inout FieldReader) throws -> Bool? {
        switch try reader.string("keep") {
        case nil: nil
        case "best": true
        case "last": false
        case let name?: throw FieldError("train.keep: '\(name)' is neither best nor last")
        }
    }

    private static func optimizer(_ reader: inout FieldReader) throws {
        let name = try reader.string("optimizer") ?? "adamw"
        guard name == "adamw" else {
            throw FieldError("train.optimizer: '\(name)' is not known; use 'adamw'")
        }
    }

    private static func positive(
        _ name: String,
        _ reader: inout FieldReader
    ) throws(FieldError) -> Int? {
        guard let value = try reader.integer(name) else { return nil }
        guard (1...1_000_000_000).contains(value) else {
            throw FieldError("\(reader.place(name)): expected a positive number, found \(value)")
        }
        return value
    }

    private static func targets(_ reader: inout FieldReader) throws -> [LinearRole] {
        let value = reader.value("targets") ?? "all-linear"
        if value == "all-linear" { return LinearRole.allCases }
        let names = (value.array ?? []).compactMap(\.string)
        let known = LinearRole.allCases.map(\.rawValue)
        guard !names.isEmpty, names.count == value.array?.count else {
            throw FieldError("train.lora.targets: expected 'all-linear' or a list of layer names")
        }
        for name in names where !known.contains(name) {
            let hint = Spelling.nearest(to: name, among: known).map { ": did you mean '\($0)'?" }
            throw FieldError(
                "train.lora.targets: '\(name)' is not a linear layer"
                    + (hint ?? ": known are \(known.joined(separator: ", "))")
            )
        }
        return LinearRole.allCases.filter { names.contains($0.rawValue) }
    }

    private static func quantisation(_ reader: inout FieldReader) throws -> Quantisation? {
        guard let name = try reader.string("quantisation"), name != "none" else { return nil }
        guard let quantisation = Quantisation(rawValue: name) else {
            throw FieldError("train.quantisation: '\(name)' is none of nf4, int8, none")
        }
        return quantisation
    }

    private static func layers(_ reader: inout FieldReader) throws -> [Int]? {
        guard let list = try reader.array("layers") else { return nil }
        let numbers = list.compactMap(\.integer)
        guard !numbers.isEmpty, numbers.count == list.count, numbers.allSatisfy({ $0 >= 0 }) else {
            throw FieldError("train.lora.layers: expected a list of layer numbers, from 0")
        }
        return Set(numbers).sorted()
    }

    /// Regular expressions for the ends of module names, as PEFT's, with a value each.
    private static func patterns<Value>(
        _ name: String,
        _ reader: inout FieldReader,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws -> [ModulePattern: Value] {
        let place = reader.place(name)
        guard let value = reader.value(name) else { return [:] }
        guard let entries = value.object else {
            throw FieldError("\(place): expected patterns with values")
        }
        var patterns: [ModulePattern: Value] = [:]
        for (text, value) in entries {
            do throws(ModulePatternError) {
                let pattern = try ModulePattern(parsing: text)
                patterns[pattern] = convert(value)
            } catch {
                throw FieldError("\(place): '\(text)': \(error.problem)")
            }
            guard convert(value) != nil else {
                throw FieldError("\(place): '\(text)': expected \(expected)")
            }
        }
        return patterns
    }

    /// The base as it is trained over; `name` is for messages.
    package func model(_ base: Model, name: String, threads: Int) throws -> Model {
        guard let quantisation else { return base }
        return try base.quantised(quantisation, threads: threads, base: name)
    }

    package func configuration(threads: Int, baseName: String) -> TrainingConfiguration {
        var configuration = TrainingConfiguration()
        configuration.rank = rank
        configuration.alpha = alpha
        configuration.targets = targets
        configuration.usesRankStabilisation = usesRankStabilisation
        configuration.dropout = dropout
        configuration.layers = layers
        configuration.rankPattern = rankPattern
        configuration.alphaPattern = alphaPattern
        configuration.learningRate = learningRate
        configuration.schedule = schedule
        configuration.warmupSteps = warmupSteps
        configuration.length = stepLimit.map { .steps($0) } ?? .epochs(epochs)
        configuration.examplesPerStep = batchSize
        configuration.rowLength = rowLength
        configuration.weightDecay = weightDecay
        configuration.beta1 = beta1
        configuration.beta2 = beta2
        configuration.epsilon = epsilon
        configuration.clipNorm = clipNorm
        configuration.seed = seed
        configuration.validationInterval = validationInterval
        configuration.keepsBest = keepsBest
        configuration.earlyStopping = earlyStopping
        configuration.tokensAtOnce = tokensAtOnce
        configuration.recomputesBlocks = recomputesBlocks
        configuration.kernels = kernels
        configuration.threads = threads
        configuration.baseName = baseName
        return configuration
    }

    private static func text<Value>(_ patterns: [ModulePattern: Value]) -> String {
        patterns.map { "\($0.key.text)=\($0.value)" }.sorted().joined(separator: ",")
    }

    /// Every hyperparameter as text, as provenance states them.
    package var parameters: [String: String] {
        let all = loraParameters.merging(stepParameters) { _, new in new }
        return all.filter { !$0.value.isEmpty }
    }

    private var loraParameters: [String: String] {
        let numbers = layers?.map(String.init).joined(separator: ",")
        return [
            "method": "lora", "lora.rank": "\(rank)", "lora.alpha": "\(alpha)",
            "lora.targets": targets.map(\.rawValue).joined(separator: ","),
            "lora.rank_stabilised": "\(usesRankStabilisation)",
            "lora.dropout": dropout > 0 ? "\(dropout)" : "",
            "lora.layers": numbers ?? "",
            "lora.rank_pattern": Self.text(rankPattern),
            "lora.alpha_pattern": Self.text(alphaPattern),
        ]
    }

    private var stepParameters: [String: String] {
        var parameters = [
            "epochs": "\(epochs)", "batch": "\(batchSize)", "row_length": "\(rowLength)",
            "learning_rate": "\(learningRate)", "schedule": schedule.rawValue,
            "warmup_steps": "\(warmupSteps)", "weight_decay": "\(weightDecay)",
            "beta1": "\(beta1)", "beta2": "\(beta2)", "epsilon": "\(epsilon)",
            "clip_norm": "\(clipNorm)", "optimizer": "adamw", "seed": "\(seed)",
            "validate_every": "\(validationInterval)", "keep": keepsBest ? "best" : "last",
        ]
        parameters["kernels"] = kernels.rawValue
        if let quantisation { parameters["quantisation"] = quantisation.rawValue }
        parameters["loss_on"] = learning.rawValue
        parameters["too_long"] = longExamples.rawValue
        if let stepLimit { parameters["steps"] = "\(stepLimit)" }
        if let earlyStopping {
            parameters["early_stopping.patience"] = "\(earlyStopping.patience)"
            parameters["early_stopping.min_delta"] = "\(earlyStopping.minimumImprovement)"
        }
        return parameters
    }
}
