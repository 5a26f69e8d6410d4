// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotDeploy
import IngotEvaluation

/// Where an environment's tag went, or would have gone.
struct MoveReport {
    private let move: Move
    /// Nil for what is no version of the environment's repository.
    let version: String?

    init(_ move: Move, in open: OpenStore) throws {
        self.move = move
        let repository = move.environment.repository
        version = try open.catalog.version(move.to, in: repository)?.tag.text
    }

    func json(verdict: Verdict? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "environment": .string(move.environment.name.text),
            "repository": .string(move.environment.repository.text),
            "version": version.map { .string($0) } ?? .null,
            "digest": .string(move.to.description),
            "from": move.from.map { .string($0.description) } ?? .null,
            "moved": .bool(move.isNew),
            "log_index": move.logIndex.map { .integer(Int64($0)) } ?? .null,
        ]
        members["verdict"] = verdict?.json
        return .object(members)
    }
}
