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
        try lora.finish()
        quantisation = try Self.quantisation(&reader)
        epochs = try Self.positive("epochs", &reader) ?? 1
        stepLimit = try Self.positive("steps", &reader)
        batchSize = try Self.positive("batch", &reader) ?? 16
        rowLength = try Self.positive("row_length", &reader) ?? 512
        learningRate = try reader.number("learning_rate") ?? 2e-4
        schedule = try Self.schedule(&reader)
        warmupSteps = try reader.integer("warmup_steps") ?? 0
        weightDecay = try reader.number("weight_decay") ?? 0
        beta1 = try reader.number("beta1") ?? 0.9
        beta2 = try reader.number("beta2") ?? 0.999
        epsilon = try reader.number("epsilon") ?? 1e-8
        clipNorm = try reader.number("clip_norm") ?? 1
        seed = UInt64(bitPattern: Int64(try reader.integer("seed") ?? 0))
        validationInterval = try reader.integer("validate_every") ?? 0
        guard learningRate > 0, warmupSteps >= 0, validationInterval >= 0, clipNorm >= 0 else {
            throw FieldError(
                "train: learning_rate must be positive; warmup_steps, validate_every and "
                    + "clip_norm not negative"
            )
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

    private static func schedule(
        _ reader: inout FieldReader
    ) throws -> Schedule {
        let name = try reader.string("schedule") ?? "cosine"
        guard let schedule = Schedule(rawValue: name) else {
            throw FieldError("train.schedule: '\(name)' is none of cosine, linear, constant")
        }
        return schedule
    }

    package func configuration(threads: Int, baseName: String) -> TrainingConfiguration {
        var configuration = TrainingConfiguration()
        configuration.rank = rank
        configuration.alpha = alpha
        configuration.targets = targets
        configuration.usesRankStabilisation = usesRankStabilisation
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
        configuration.threads = threads
        configuration.baseName = baseName
        return configuration
    }

    /// Every hyperparameter as text, as provenance states them.
    package var parameters: [String: String] {
        [
            "method": "lora", "lora.rank": "\(rank)", "lora.alpha": "\(alpha)",
            "lora.targets": targets.map(\.rawValue).joined(separator: ","),
            "lora.rank_stabilised": "\(usesRankStabilisation)",
            "quantisation": quantisation?.rawValue ?? "", "epochs": "\(epochs)",
            "steps": stepLimit.map { "\($0)" } ?? "", "batch": "\(batchSize)",
            "row_length": "\(rowLength)", "learning_rate": "\(learningRate)",
            "schedule": schedule.rawValue, "warmup_steps": "\(warmupSteps)",
            "weight_decay": "\(weightDecay)", "beta1": "\(beta1)", "beta2": "\(beta2)",
            "epsilon": "\(epsilon)", "clip_norm": "\(clipNorm)", "optimizer": "adamw",
            "validate_every": "\(validationInterval)", "seed": "\(seed)",
        ].filter { !$0.value.isEmpty }
    }
}
