// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A dataset version was prepared from others.
package struct PreparedFacts: Hashable, Sendable {
    package var recipe: ResourceRef
    /// The recipe's prepare part, as texts.
    package var parameters: [String: String]
    /// The source versions, under names that differ, with the references that the user wrote.
    package var inputs: [ResourceRef]
    /// What the template and the tokenizer came from; nil when there was none.
    package var base: ResourceRef?
    package var program: ResourceRef
    /// The blob of the quality report.
    package var report: Digest
    /// Rows of each split, such as `train` to 1024.
    package var splitCounts: [String: Int]
    package var context: BuildContext

    package init(
        recipe: ResourceRef,
        parameters: [String: String],
        inputs: [ResourceRef],
        base: ResourceRef?,
        program: ResourceRef,
        report: Digest,
        splitCounts: [String: Int],
        context: BuildContext
    ) {
        self.recipe = recipe
        self.parameters = parameters
        self.inputs = inputs
        self.base = base
        self.program = program
        self.report = report
        self.splitCounts = splitCounts
        self.context = context
    }

    package var provenance: Provenance {
        var external: [String: JSONValue] = [
            "recipe": .reference(recipe), "parameters": .texts(parameters),
            "inputs": .array(inputs.map { .reference($0) }),
        ]
        if let base { external["base"] = .reference(base) }
        return Provenance(
            .prepare,
            external: external,
            internal: [:],
            dependencies: inputs + (base.map { [$0.named("base")] } ?? [])
                + [recipe.named("recipe"), program.named("program")],
            byproducts: [
                ResourceRef(
                    name: "report",
                    digest: report,
                    mediaType: "application/json",
                    annotations: splitCounts.mapValues { String($0) }
                )
            ],
            context: context
        )
    }

    init(_ provenance: Provenance) throws(FieldError) {
        try provenance.knows(["recipe", "inputs", "base", "parameters"])
        recipe = try provenance.required("recipe")
        parameters = try provenance.parameters("parameters")
        let own: Set<String> = ["recipe", "program", "base"]
        inputs = provenance.resolvedDependencies.filter { !own.contains($0.name) }
        base = provenance.dependency("base")
        program = try provenance.required("program")
        let report = provenance.byproduct("report")
        self.report = try provenance.byproductDigest("report")
        var counts: [String: Int] = [:]
        for (split, text) in report?.annotations ?? [:] { counts[split] = Int(text) }
        splitCounts = counts
        context = provenance.context
    }
}

/// An adapter was trained.
package struct TrainedFacts: Hashable, Sendable {
    package var recipe: ResourceRef
    package var base: ResourceRef
    /// The prepared dataset version.
    package var dataset: ResourceRef
    /// The seed is one of them: `seed`.
    package var hyperparameters: [String: String]
    /// `kernelSet`, `cpu`, `threads`, `dtype`, `reductionOrder`.
    package var internalParameters: [String: String]
    package var program: ResourceRef
    /// The blob of the metrics of every step.
    package var metrics: Digest
    package var context: BuildContext

    package init(
        recipe: ResourceRef,
        base: ResourceRef,
        dataset: ResourceRef,
        hyperparameters: [String: String],
        internalParameters: [String: String],
        program: ResourceRef,
        metrics: Digest,
        context: BuildContext
    ) {
        self.recipe = recipe
        self.base = base
        self.dataset = dataset
        self.hyperparameters = hyperparameters
        self.internalParameters = internalParameters
        self.program = program
        self.metrics = metrics
        self.context = context
    }

    package var provenance: Provenance {
        Provenance(
            .train,
            external: [
                "recipe": .reference(recipe), "base": .reference(base),
                "dataset": .reference(dataset), "hyperparameters": .texts(hyperparameters),
            ],
            internal: internalParameters,
            dependencies: [
                dataset.named("dataset"), base.named("base"), recipe.named("recipe"),
                program.named("program"),
            ],
            byproducts: [
                ResourceRef(name: "metrics", digest: metrics, mediaType: "application/x-ndjson")
            ],
            context: context
        )
    }

    init(_ provenance: Provenance) throws(FieldError) {
        try provenance.knows(["recipe", "base", "dataset", "hyperparameters"])
        recipe = try provenance.required("recipe")
        base = try provenance.required("base")
        dataset = try provenance.required("dataset")
        hyperparameters = try provenance.parameters("hyperparameters")
        internalParameters = provenance.internalParameters
        program = try provenance.required("program")
        metrics = try provenance.byproductDigest("metrics")
        context = provenance.context
    }
}

/// A base and an adapter became a checkpoint.
package struct MergedFacts: Hashable, Sendable {
    package var base: ResourceRef
    package var adapter: ResourceRef
    package var parameters: [String: String]
    package var internalParameters: [String: String]
    package var program: ResourceRef
    package var context: BuildContext

    package init(
        base: ResourceRef,
        adapter: ResourceRef,
        parameters: [String: String],
        internalParameters: [String: String],
        program: ResourceRef,
        context: BuildContext
    ) {
        self.base = base
        self.adapter = adapter
        self.parameters = parameters
        self.internalParameters = internalParameters
        self.program = program
        self.context = context
    }

    package var provenance: Provenance {
        Provenance(
            .merge,
            external: [
                "base": .reference(base), "adapter": .reference(adapter),
                "parameters": .texts(parameters),
            ],
            internal: internalParameters,
            dependencies: [
                base.named("base"), adapter.named("adapter"), program.named("program"),
            ],
            byproducts: [],
            context: context
        )
    }

    init(_ provenance: Provenance) throws(FieldError) {
        try provenance.knows(["base", "adapter", "parameters"])
        base = try provenance.required("base")
        adapter = try provenance.required("adapter")
        parameters = try provenance.parameters("parameters")
        internalParameters = provenance.internalParameters
        program = try provenance.required("program")
        context = provenance.context
    }
}

extension JSONValue {
    /// How a parameter names a dependency: as the user wrote it, else by digest.
    fileprivate static func reference(_ resource: ResourceRef) -> JSONValue {
        .string(resource.uri ?? resource.digest?.description ?? resource.name)
    }
}

extension ResourceRef {
    fileprivate func named(_ name: String) -> ResourceRef {
        var copy = self
        copy.name = name
        return copy
    }
}

extension Provenance {
    /// Refuses parameters that nobody would look at, as SLSA asks of verifiers.
    fileprivate func knows(_ names: Set<String>) throws(FieldError) {
        let unknown = externalParameters.keys.filter { !names.contains($0) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard let first = unknown.first else { return }
        throw FieldError(
            "predicate.buildDefinition.externalParameters.\(first): this build type has no such "
                + "parameter"
        )
    }

    fileprivate func required(_ name: String) throws(FieldError) -> ResourceRef {
        guard let resource = dependency(name), resource.digest != nil else {
            throw FieldError(
                "predicate.buildDefinition.resolvedDependencies: '\(name)' with a digest is missing"
            )
        }
        return resource
    }

    fileprivate func byproductDigest(_ name: String) throws(FieldError) -> Digest {
        guard let digest = byproduct(name)?.digest else {
            throw FieldError("predicate.runDetails.byproducts: '\(name)' is missing")
        }
        return digest
    }

    fileprivate func parameters(_ name: String) throws(FieldError) -> [String: String] {
        let place = "predicate.buildDefinition.externalParameters"
        var fields = try FieldReader(.object(externalParameters), path: place)
        return try fields.texts(name) ?? [:]
    }
}
