// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A number that was measured, with its confidence interval.
///
/// Texts, so that they stay as printed.
package struct MeasuredMetric: Hashable, Sendable {
    /// Such as `accuracy`.
    package var name: String
    /// Whose: `candidate`, or the name of a baseline.
    package var model: String
    package var value: String
    /// The interval's ends; nil when none was computed.
    package var lower: String?
    package var upper: String?

    package init(
        name: String,
        model: String,
        value: String,
        lower: String? = nil,
        upper: String? = nil
    ) {
        self.name = name
        self.model = model
        self.value = value
        self.lower = lower
        self.upper = upper
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "model": .string(model), "value": .string(value),
        ]
        if let lower { members["lower"] = .string(lower) }
        if let upper { members["upper"] = .string(upper) }
        return .object(members)
    }

    init(json: JSONValue, path: String) throws(FieldError) {
        var fields = try FieldReader(json, path: path)
        name = try fields.require(fields.string("name"), "name")
        model = try fields.require(fields.string("model"), "model")
        value = try fields.require(fields.string("value"), "value")
        lower = try fields.string("lower")
        upper = try fields.string("upper")
    }
}

/// A version was evaluated on a split of a dataset version.
///
/// That the evaluation ran to its end is what `result: PASSED` says; whether its numbers are good
/// enough is the gate's to say.
package struct EvaluatedFacts: Hashable, Sendable {
    package var candidate: ResourceRef
    /// Models by digest; a trivial one (majority class) by name alone.
    package var baselines: [ResourceRef]
    package var dataset: ResourceRef
    /// Such as `test`, with the digest of the split's file.
    package var split: ResourceRef
    package var exampleCount: Int
    package var metrics: [MeasuredMetric]
    /// The blob of per-example outputs.
    package var outputs: Digest
    /// `unmerged`, `merged` or `requantised`.
    package var form: String
    package var kernelSet: String
    package var parameters: [String: String]
    package var program: ResourceRef
    package var context: BuildContext

    package init(
        candidate: ResourceRef,
        baselines: [ResourceRef],
        dataset: ResourceRef,
        split: ResourceRef,
        exampleCount: Int,
        metrics: [MeasuredMetric],
        outputs: Digest,
        form: String,
        kernelSet: String,
        parameters: [String: String],
        program: ResourceRef,
        context: BuildContext
    ) {
        self.candidate = candidate
        self.baselines = baselines
        self.dataset = dataset
        self.split = split
        self.exampleCount = exampleCount
        self.metrics = metrics
        self.outputs = outputs
        self.form = form
        self.kernelSet = kernelSet
        self.parameters = parameters
        self.program = program
        self.context = context
    }

    package var json: JSONValue {
        var evaluation: [String: JSONValue] = [
            "candidate": candidate.json,
            "baselines": .array(baselines.map(\.json)),
            "dataset": dataset.json,
            "split": split.json,
            "exampleCount": .integer(Int64(exampleCount)),
            "metrics": .array(metrics.map(\.json)),
            "outputs": ResourceRef.json(of: outputs),
            "form": .string(form),
            "kernelSet": .string(kernelSet),
            "parameters": .texts(parameters),
            "program": program.json,
            "version": .string(context.version),
            "runId": .string(context.execution.runID),
            "startedOn": .string(context.execution.started.description),
            "finishedOn": .string(context.execution.finished.description),
        ]
        if let git = context.git { evaluation["git"] = git.json }
        return [
            "result": "PASSED",
            "configuration": .array([dataset.json, split.json, program.json]),
            "ingot_evaluation": .object(evaluation),
        ]
    }

    init(json: JSONValue) throws(FieldError) {
        var predicate = try FieldReader(json, path: "predicate")
        var fields = try predicate.require(
            predicate.object("ingot_evaluation"),
            "ingot_evaluation"
        )
        candidate = try fields.require(fields.resource("candidate"), "candidate")
        baselines = try fields.resources("baselines")
        dataset = try fields.require(fields.resource("dataset"), "dataset")
        split = try fields.require(fields.resource("split"), "split")
        exampleCount = try fields.require(fields.integer("exampleCount"), "exampleCount")
        var metrics: [MeasuredMetric] = []
        for (index, metric) in (try fields.array("metrics") ?? []).enumerated() {
            metrics.append(
                try MeasuredMetric(json: metric, path: "\(fields.place("metrics"))[\(index)]")
            )
        }
        self.metrics = metrics
        outputs = try fields.require(fields.digestSet("outputs"), "outputs")
        form = try fields.require(fields.string("form"), "form")
        kernelSet = try fields.require(fields.string("kernelSet"), "kernelSet")
        parameters = try fields.texts("parameters") ?? [:]
        program = try fields.require(fields.resource("program"), "program")
        context = BuildContext(
            version: try fields.string("version") ?? "",
            execution: Execution(
                runID: try fields.require(fields.string("runId"), "runId"),
                started: try fields.require(fields.timestamp("startedOn"), "startedOn"),
                finished: try fields.require(fields.timestamp("finishedOn"), "finishedOn")
            ),
            git: try GitState.read("git", from: &fields)
        )
    }
}
