// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotEvidence

/// The reader's form of an audit.
extension AuditReport {
    /// The whole page, without colours.
    package var text: String { page.text(isStyled: false) }

    package var page: AuditPage {
        AuditPage(
            title: "Audit of \(question)",
            sections: [summary]
                + (environment.map { [Self.section(of: $0)] } ?? [])
                + images + trainings + merges + evaluations + verdicts + prepared + rawData
                + bases + runtimes
                + [moves, statements, list("Does not hold", faults), list("Not known", gaps)]
                + [conclusion]
        )
    }

    private var summary: AuditPage.Section {
        var section = AuditPage.Section("")
        section.add("version", lineage.subject.name)
        section.add("digest", subject.description)
        section.add("kind", lineage.subject.kind?.rawValue)
        section.add("log", "\(log.origin), \(log.size) entries")
        section.add("log root", log.root?.description)
        section.add("asked at", time.description)
        return section
    }

    private static func section(of environment: EnvironmentAnswer) -> AuditPage.Section {
        var section = AuditPage.Section("Environment \(environment.name)")
        if let current = environment.current {
            section.add("runs", "\(current.version) since \(Self.time(current.record.movedAt))")
            section.add("put there by", current.statement?.who ?? "nobody who may have")
        }
        section.add(
            "definition",
            "\(environment.definitionDigest), change \(environment.record.counter)"
                + (environment.definedBy.map { ", by \($0.who)" } ?? "")
        )
        section.rows.append(.gap)
        section.add(
            table: environment.moves.map { move in
                [
                    Self.time(move.record.movedAt), move.record.act.rawValue, move.version,
                    move.statement.map { "by \($0.signer)" } ?? "nobody vouches for it",
                    move.statement?.reason ?? "",
                ]
            }
        )
        return section
    }

    private var images: [AuditPage.Section] {
        lineage.facts(\.imageBuilt).map { node, statement, facts in
            var section = AuditPage.Section("Image \(node.name)")
            section.addOrigin(node, statement)
            for input in facts.inputs { section.add(input.name, input.summary) }
            section.add("platform", facts.platform)
            for envelope in facts.evidence { section.add("evidence", envelope.description) }
            return section
        }
    }

    private var trainings: [AuditPage.Section] {
        lineage.facts(\.trained).map { node, statement, facts in
            var section = AuditPage.Section("Trained \(node.name)")
            section.addOrigin(node, statement)
            section.add("dataset", facts.dataset.summary)
            section.add("base", facts.base.summary)
            section.add("recipe", facts.recipe.summary)
            section.add("hyperparameters", facts.hyperparameters.summary)
            section.add("seed", facts.hyperparameters["seed"])
            section.add("computed with", facts.internalParameters.summary)
            section.add("trainer", facts.program.summary)
            section.add("metrics", facts.metrics.description)
            section.addContext(facts.context)
            return section
        }
    }

    private var merges: [AuditPage.Section] {
        lineage.facts(\.merged).map { node, statement, facts in
            var section = AuditPage.Section("Merged \(node.name)")
            section.addOrigin(node, statement)
            section.add("base", facts.base.summary)
            section.add("adapter", facts.adapter.summary)
            section.add("parameters", facts.parameters.summary)
            section.add("computed with", facts.internalParameters.summary)
            section.addContext(facts.context)
            return section
        }
    }

    private var evaluations: [AuditPage.Section] {
        lineage.facts(\.evaluated).map { node, statement, facts in
            var section = AuditPage.Section("Evaluated \(node.name)")
            section.add("by", statement.who)
            section.add("dataset", facts.dataset.summary)
            section.add("split", "\(facts.split.summary), \(facts.exampleCount) examples")
            section.add("form", "\(facts.form), kernel set \(facts.kernelSet)")
            section.add("outputs", facts.outputs.description)
            section.addContext(facts.context)
            section.rows.append(.gap)
            section.add(
                table: [["model", "metric", "value", "interval"]]
                    + facts.metrics.map { metric in
                        let interval = metric.lower.flatMap { lower in
                            metric.upper.map { "[\(lower), \($0)]" }
                        }
                        return [metric.model, metric.name, metric.value, interval ?? ""]
                    }
            )
            return section
        }
    }

    private var verdicts: [AuditPage.Section] {
        lineage.facts(\.gateDecided).map { node, statement, facts in
            var section = AuditPage.Section("Verdict on \(node.name): \(facts.result.rawValue)")
            section.add("by", statement.who)
            section.add("policy", facts.policy.summary)
            section.add("environment", facts.environment?.summary)
            for envelope in facts.evidence { section.add("evidence", envelope.description) }
            section.rows.append(.gap)
            section.add(
                table: facts.rules.map { [$0.result.rawValue, $0.rule, $0.reason] }
            )
            return section
        }
    }

    private var prepared: [AuditPage.Section] {
        lineage.facts(\.prepared).map { node, statement, facts in
            var section = AuditPage.Section("Prepared data \(node.name)")
            section.addOrigin(node, statement)
            for input in facts.inputs { section.add("from", input.summary) }
            section.add("template of", facts.base?.summary)
            section.add("recipe", facts.recipe.summary)
            section.add("parameters", facts.parameters.summary)
            section.add("splits", facts.splitCounts.mapValues { "\($0)" }.summary)
            section.add("report", facts.report.description)
            let dropped = preparations[facts.report]?["dropped"]?.object ?? [:]
            section.add(
                "rows dropped",
                dropped.compactMapValues { $0.integer.map { "\($0)" } }.summary
            )
            section.add("program", facts.program.summary)
            section.addContext(facts.context)
            return section
        }
    }

    private var rawData: [AuditPage.Section] {
        lineage.facts(\.datasetAdded).map { node, statement, facts in
            var section = AuditPage.Section("Raw data \(node.name(in: facts.repository))")
            section.addOrigin(node, statement)
            section.add(
                "content",
                Self.counted(facts.fileCount, "file") + ", "
                    + Self.counted(facts.byteCount, "byte")
            )
            section.add("from", facts.sources.joined(separator: ", "))
            section.add("Git", facts.git?.summary)
            return section
        }
    }

    private var bases: [AuditPage.Section] {
        lineage.facts(\.baseImported).map { node, statement, facts in
            var section = AuditPage.Section("Base model \(node.name(in: facts.repository))")
            section.addOrigin(node, statement)
            section.add("file", "\(facts.file.summary), \(facts.format)")
            section.add("source", facts.source)
            return section
        }
    }

    private var runtimes: [AuditPage.Section] {
        lineage.facts(\.runtimeAdded).map { node, statement, facts in
            var section = AuditPage.Section("Model server \(node.name)")
            section.addOrigin(node, statement)
            section.add("program", "\(facts.program.summary), version \(facts.version)")
            section.add("platform", facts.platform)
            return section
        }
    }

    private var moves: AuditPage.Section {
        var section = AuditPage.Section("Promotions")
        // The environment's own section has them already.
        guard environment == nil else { return section }
        section.add(
            table: lineage.facts(\.environmentName).map { node, statement, environment in
                [
                    statement.time.description, statement.act?.rawValue ?? "", environment,
                    node.name, "by \(statement.signer)", statement.reason ?? "",
                ]
            }
        )
        return section
    }

    private var statements: AuditPage.Section {
        var section = AuditPage.Section("Statements")
        let all = lineage.nodes.flatMap { node in node.statements.map { (node, $0) } }
            .sorted { $0.1.logIndex < $1.1.logIndex }
        section.add(
            table: all.map { node, statement in
                [
                    "\(statement.logIndex)", statement.time.description,
                    statement.act?.rawValue ?? "?", node.name, statement.role,
                    statement.keyID.map { "key " + $0.prefix(12) } ?? "",
                    [statement.fault == nil ? "holds" : "does not hold", statement.proof.remark]
                        .compactMap { $0 }.joined(separator: ", "),
                ]
            }
        )
        return section
    }

    private func list(_ heading: String, _ lines: [String]) -> AuditPage.Section {
        var section = AuditPage.Section(heading)
        for line in lines { section.add("- " + line) }
        return section
    }

    private var conclusion: AuditPage.Section {
        let count = lineage.nodes.reduce(0) { $0 + $1.statements.count }
        var section = AuditPage.Section("Conclusion")
        section.add(
            faults.isEmpty
                ? "\(Self.counted(count, "statement")): all hold, with their signatures, roles, "
                    + "subjects and places in the log."
                : "\(Self.counted(faults.count, "check")) failed: do not rely on this version."
        )
        section.add(
            gaps.isEmpty
                ? "Nothing that is asked here is unknown."
                : "\(Self.counted(gaps.count, "answer")) not known: see above."
        )
        return section
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    private static func time(_ seconds: Int64) -> String {
        Timestamp(seconds: seconds).description
    }
}

extension AuditPage.Section {
    fileprivate mutating func addOrigin(_ node: LineageNode, _ statement: AuditStatement) {
        add("digest", node.digest.description)
        add("by", statement.who)
    }

    fileprivate mutating func addContext(_ context: BuildContext) {
        add(
            "run",
            "\(context.execution.runID), \(context.execution.started) to "
                + "\(context.execution.finished), Ingot \(context.version)"
        )
        add("Git", context.git?.summary)
    }
}

extension AuditStatement {
    /// `Ada as release, 2026-01-02T03:04:05Z, log entry 7`.
    fileprivate var who: String {
        "\(owner ?? "an unknown key") as \(role), \(time), log entry \(logIndex)"
    }

    /// The same beside a column of times.
    fileprivate var signer: String {
        "\(owner ?? "an unknown key") as \(role), log entry \(logIndex)"
    }

    fileprivate var reason: String? {
        switch facts {
        case .rolledBack(let facts), .overridden(let facts): facts.reason
        default: nil
        }
    }
}

extension ResourceRef {
    fileprivate var summary: String {
        [uri ?? name, digest?.description].compactMap { $0 }.joined(separator: " ")
    }
}

extension GitState {
    fileprivate var summary: String { commit + (isDirty ? ", with changes" : "") }
}

extension [String: String] {
    /// `a = 1, b = 2`, in order of the names.
    fileprivate var summary: String {
        sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    }
}
