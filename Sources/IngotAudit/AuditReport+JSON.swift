// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotEvidence

/// The machine's form of an audit: `schemas/audit.schema.json`.
extension AuditReport {
    private static let schemaVersion: JSONValue = 1

    package var json: JSONValue {
        var subject: [String: JSONValue] = [
            "digest": .string(self.subject.description), "name": .string(lineage.subject.name),
        ]
        subject["kind"] = lineage.subject.kind.map { .string($0.rawValue) }
        var log: [String: JSONValue] = [
            "origin": .string(self.log.origin), "size": .integer(Int64(self.log.size)),
        ]
        log["root"] = self.log.root.map { .string($0.description) }
        log["fault"] = self.log.fault.map { .string($0) }
        var members: [String: JSONValue] = [
            "schemaVersion": Self.schemaVersion,
            "question": .string(question),
            "time": .string(time.description),
            "subject": .object(subject),
            "log": .object(log),
            "answers": answers,
            "lineage": .array(lineage.nodes.map(\.json)),
            "gaps": .strings(gaps),
            "faults": .strings(faults),
        ]
        members["environment"] = environment?.json
        return .object(members)
    }

    /// The questions people ask, answered from the lineage.
    private var answers: JSONValue {
        [
            "rawData": .array(lineage.facts(\.datasetAdded).map { $0.node.nameJSON }),
            "preparedData": .array(
                lineage.facts(\.prepared).map { prepared in
                    var members = prepared.node.nameMembers
                    members["splits"] = .object(
                        prepared.facts.splitCounts.mapValues { .integer(Int64($0)) }
                    )
                    members["report"] = .string(prepared.facts.report.description)
                    return .object(members)
                }
            ),
            "bases": .array(lineage.facts(\.baseImported).map { $0.node.nameJSON }),
            "training": .array(
                lineage.facts(\.trained).map { trained in
                    var members = trained.node.nameMembers
                    members["hyperparameters"] = .texts(trained.facts.hyperparameters)
                    members["internalParameters"] = .texts(trained.facts.internalParameters)
                    members["program"] = trained.facts.program.json
                    members["startedOn"] = .string(
                        trained.facts.context.execution.started.description
                    )
                    members["finishedOn"] = .string(
                        trained.facts.context.execution.finished.description
                    )
                    return .object(members)
                }
            ),
            "evaluations": .array(
                lineage.facts(\.evaluated).map { evaluated in
                    var members = evaluated.node.nameMembers
                    members["dataset"] = evaluated.facts.dataset.json
                    members["split"] = evaluated.facts.split.json
                    members["exampleCount"] = .integer(Int64(evaluated.facts.exampleCount))
                    members["metrics"] = .array(evaluated.facts.metrics.map(\.json))
                    return .object(members)
                }
            ),
            "verdicts": .array(
                lineage.facts(\.gateDecided).map { verdict in
                    var members = verdict.node.nameMembers
                    members["result"] = .string(verdict.facts.result.rawValue)
                    members["policy"] = verdict.facts.policy.json
                    members["rules"] = .array(verdict.facts.rules.map(\.json))
                    members["time"] = .string(verdict.statement.time.description)
                    return .object(members)
                }
            ),
            "moves": .array(
                lineage.facts(\.environmentName).map { move in
                    var members = move.node.nameMembers
                    members["environment"] = .string(move.facts)
                    members["act"] = move.statement.act.map { .string($0.rawValue) }
                    members["owner"] = move.statement.owner.map { .string($0) }
                    members["time"] = .string(move.statement.time.description)
                    members["logIndex"] = .integer(Int64(move.statement.logIndex))
                    return .object(members)
                }
            ),
        ]
    }
}

extension LineageNode {
    fileprivate var nameMembers: [String: JSONValue] {
        ["name": .string(name), "digest": .string(digest.description)]
    }

    fileprivate var nameJSON: JSONValue { .object(nameMembers) }

    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "digest": .string(digest.description),
            "names": .strings(names),
            "inputs": .array(inputs.map(\.json)),
            "statements": .array(statements.map(\.json)),
        ]
        members["kind"] = kind.map { .string($0.rawValue) }
        return .object(members)
    }
}

extension LineageInput {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "isVersion": .bool(isVersion),
        ]
        members["uri"] = uri.map { .string($0) }
        members["digest"] = digest.map { .string($0.description) }
        return .object(members)
    }
}

extension AuditStatement {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "predicateType": .string(predicateType),
            "role": .string(role),
            "time": .string(time.description),
            "logIndex": .integer(Int64(logIndex)),
            "envelope": .string(envelope.description),
            "proof": proof.json,
        ]
        members["act"] = act.map { .string($0.rawValue) }
        members["key"] = keyID.map { .string($0) }
        members["owner"] = owner.map { .string($0) }
        members["predicate"] = predicate
        members["fault"] = fault.map { .string($0) }
        return .object(members)
    }
}

extension EnvironmentAnswer {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(record.repository.text),
            "name": .string(record.name),
            "definition": record.definition,
            "definitionDigest": .string(definitionDigest.description),
            "moves": .array(moves.map(\.json)),
        ]
        members["definedBy"] = definedBy?.json
        return .object(members)
    }
}

extension EnvironmentAnswer.Move {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "counter": .integer(Int64(record.counter)),
            "act": .string(record.act.rawValue),
            "version": .string(version),
            "digest": .string(record.digest.description),
            "time": .string(Timestamp(seconds: record.movedAt).description),
            "logIndex": .integer(Int64(record.logIndex)),
        ]
        members["statement"] = statement?.json
        return .object(members)
    }
}

extension JSONValue {
    fileprivate static func strings(_ values: [String]) -> JSONValue {
        .array(values.map { .string($0) })
    }

    fileprivate static func texts(_ values: [String: String]) -> JSONValue {
        .object(values.mapValues { .string($0) })
    }
}
