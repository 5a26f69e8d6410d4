// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What kind of work a provenance statement describes.
package enum BuildType: String, CaseIterable, Sendable {
    case prepare = "https://ingot.dev/buildtypes/prepare/v1"
    case train = "https://ingot.dev/buildtypes/lora-finetune/v1"
    case merge = "https://ingot.dev/buildtypes/merge/v1"
}

/// One execution of a step: which run it belonged to, and when.
package struct Execution: Hashable, Sendable {
    package var runID: String
    package var started: Timestamp
    package var finished: Timestamp

    package init(runID: String, started: Timestamp, finished: Timestamp) {
        self.runID = runID
        self.started = started
        self.finished = finished
    }
}

/// SLSA provenance v1 as Ingot writes it; `PreparedFacts`, `TrainedFacts` and `MergedFacts` are
/// its typed forms.
package struct Provenance: Hashable, Sendable {
    package var buildType: BuildType
    /// What the user chose: texts, and objects or lists of texts.
    package var externalParameters: [String: JSONValue]
    /// What Ingot chose.
    package var internalParameters: [String: String]
    /// Every input by digest.
    package var resolvedDependencies: [ResourceRef]
    package var builderVersion: String
    package var execution: Execution
    package var byproducts: [ResourceRef]
    package var git: GitState?

    /// The step ran inside Ingot's own process, which held the key: SLSA build level 1 at most.
    package static let builderID = "https://ingot.dev/builders/in-process/v1"
    private static let runPrefix = "ingot:run/"

    package init(
        _ buildType: BuildType,
        external: [String: JSONValue],
        internal: [String: String],
        dependencies: [ResourceRef],
        byproducts: [ResourceRef],
        context: BuildContext
    ) {
        self.buildType = buildType
        externalParameters = external
        internalParameters = `internal`
        resolvedDependencies = dependencies
        builderVersion = context.version
        execution = context.execution
        self.byproducts = byproducts
        git = context.git
    }

    package var context: BuildContext {
        BuildContext(version: builderVersion, execution: execution, git: git)
    }

    package func dependency(_ name: String) -> ResourceRef? {
        resolvedDependencies.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package func byproduct(_ name: String) -> ResourceRef? {
        byproducts.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package var json: JSONValue {
        var definition: [String: JSONValue] = [
            "buildType": .string(buildType.rawValue),
            "externalParameters": .object(externalParameters),
            "resolvedDependencies": .array(resolvedDependencies.map(\.json)),
        ]
        if !internalParameters.isEmpty {
            definition["internalParameters"] = .texts(internalParameters)
        }
        var details: [String: JSONValue] = [
            "builder": [
                "id": .string(Self.builderID), "version": ["ingot": .string(builderVersion)],
            ],
            "metadata": [
                "invocationId": .string(Self.runPrefix + execution.runID),
                "startedOn": .string(execution.started.description),
                "finishedOn": .string(execution.finished.description),
            ],
        ]
        if !byproducts.isEmpty { details["byproducts"] = .array(byproducts.map(\.json)) }
        if let git { details["ingot_git"] = git.json }
        return ["buildDefinition": .object(definition), "runDetails": .object(details)]
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        var definition = try fields.require(fields.object("buildDefinition"), "buildDefinition")
        let type = try definition.require(definition.string("buildType"), "buildType")
        guard let buildType = BuildType(rawValue: type) else {
            throw FieldError("\(definition.place("buildType")): '\(type)' is not one of Ingot's")
        }
        self.buildType = buildType
        externalParameters = try definition.required("externalParameters").object ?? [:]
        internalParameters = try definition.texts("internalParameters") ?? [:]
        resolvedDependencies = try definition.resources("resolvedDependencies")
        var details = try fields.require(fields.object("runDetails"), "runDetails")
        var builder = try details.require(details.object("builder"), "builder")
        builderVersion = try builder.texts("version")?["ingot"] ?? ""
        var metadata = try details.require(details.object("metadata"), "metadata")
        let invocation = try metadata.require(metadata.string("invocationId"), "invocationId")
        execution = Execution(
            runID: invocation.utf8.starts(with: Self.runPrefix.utf8)
                ? String(invocation.dropFirst(Self.runPrefix.count)) : invocation,
            started: try metadata.require(metadata.timestamp("startedOn"), "startedOn"),
            finished: try metadata.require(metadata.timestamp("finishedOn"), "finishedOn")
        )
        byproducts = try details.resources("byproducts")
        git = try GitState.read("ingot_git", from: &details)
    }
}

/// Who ran a step, and where: the part that all steps share.
package struct BuildContext: Hashable, Sendable {
    /// Ingot's version.
    package var version: String
    package var execution: Execution
    package var git: GitState?

    package init(version: String, execution: Execution, git: GitState? = nil) {
        self.version = version
        self.execution = execution
        self.git = git
    }
}
