// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotCrypto
internal import IngotData
internal import IngotEvidence
internal import IngotStore

extension PipelineContext {
    /// Raw dataset version and base → prepared dataset version.
    package func prepareStep(_ run: RecipeRun) throws -> Published {
        let recipe = run.recipe
        let started = now()
        let dataDigest = try catalog.resolve(recipe.data)
        let baseDigest = try catalog.resolve(recipe.base)
        let key = StepKey(
            .prepare,
            inputs: ["data": dataDigest, "base": baseDigest],
            part: recipe.prepare.part,
            program: program
        )
        if !run.isForced(.prepare), let known = try reuse(key, in: recipe.prepare.repository) {
            report(.stepFinished(.prepare, summary: summary(known.version), isReused: true))
            return known.version
        }
        guard try store.manifest(dataDigest).kind == .dataset else {
            throw PipelineError("\(recipe.data): a dataset is expected as 'data'")
        }
        let inputs = try store.readTree(of: dataDigest).map {
            (path: $0.path, bytes: try store.readFile($0))
        }
        report(.progress(.prepare, fraction: 0.2, note: "reading"))
        let prepared = try prepare(inputs, recipe.prepare.configuration)
        report(.progress(.prepare, fraction: 0.8, note: "formatting"))
        let format = try formatted(prepared, base: try openBase(baseDigest))
        let reportDigest = try store.blobs.put(Array(prepared.report.json.canonicalBytes))
        let published = try publish(
            .dataset,
            in: recipe.prepare.repository,
            config: format,
            files: prepared.files.map { FileSource(path: $0.name, content: .bytes($0.bytes)) },
            act: .datasetPrepared
        ) { _ in
            .prepared(
                PreparedFacts(
                    recipe: run.recipeRef,
                    parameters: FlatParameters.texts(recipe.prepare.part),
                    inputs: [reference("data", recipe.data, dataDigest)],
                    base: reference("base", recipe.base, baseDigest),
                    program: programRef,
                    report: reportDigest,
                    splitCounts: Dictionary(
                        uniqueKeysWithValues: prepared.splits.map {
                            ($0.split.rawValue, $0.examples.count)
                        }
                    ),
                    context: buildContext(run, since: started)
                )
            )
        }
        try remember(key, published, of: run)
        let drops = prepared.report.dropCounts.map { "\($0.count) \($0.reason.rawValue)" }
        report(.note(.prepare, "dropped: \(drops.joined(separator: ", "))"))
        report(.stepFinished(.prepare, summary: summary(published), isReused: false))
        return published
    }

    /// Puts every example through the base's template, so that what cannot be trained is found now,
    /// and counts tokens.
    ///
    /// The config of the prepared version.
    private func formatted(_ prepared: PreparedDataset, base: BaseModel) throws -> JSONValue {
        var splits: [String: JSONValue] = [:]
        for (split, examples) in prepared.splits {
            var total = 0
            var trained = 0
            var longest = 0
            for example in examples {
                let tokens: (tokens: [Int32], isTrained: [Bool])
                do {
                    let formatted = try base.chat.example(example.messages.map(\.chatJSON))
                    tokens = (formatted.tokens, formatted.isTrained)
                } catch let error as any IngotError {
                    throw PipelineError("example \(example.id): \(error.message)")
                }
                total += tokens.tokens.count
                trained += tokens.isTrained.count { $0 }
                longest = max(longest, tokens.tokens.count)
            }
            splits[split.rawValue] = [
                "examples": .integer(Int64(examples.count)), "tokens": .integer(Int64(total)),
                "trained_tokens": .integer(Int64(trained)),
                "longest": .integer(Int64(longest)),
            ]
        }
        let template = Digest.of(base.tokenizer.chatTemplateSource ?? "")
        return [
            "format": "ingot.prepared.v1", "splits": .object(splits),
            "template": .string(template.description),
        ]
    }

    func summary(_ published: Published) -> String {
        "\(published.reference) \(published.digest.short)"
    }
}

extension Message {
    /// As chat templates read it.
    var chatJSON: JSONValue {
        ["role": .string(role.rawValue), "content": .string(content)]
    }
}
