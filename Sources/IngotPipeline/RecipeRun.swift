// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence

/// What all steps of one execution of a recipe share.
package struct RecipeRun: Sendable {
    package let id: RunID
    package let recipe: Recipe
    /// The recipe's bytes, a blob of the store.
    package let recipeDigest: Digest
    /// The user's Git commit, when the recipe lies in a work tree.
    package let git: GitState?
    /// Steps from this one on run again although the store has their results.
    package let forcedFrom: Step?

    package init(
        id: RunID,
        recipe: Recipe,
        recipeDigest: Digest,
        git: GitState?,
        forcedFrom: Step? = nil
    ) {
        self.id = id
        self.recipe = recipe
        self.recipeDigest = recipeDigest
        self.git = git
        self.forcedFrom = forcedFrom
    }

    func isForced(_ step: Step) -> Bool { forcedFrom.map { step >= $0 } ?? false }

    var recipeRef: ResourceRef { ResourceRef(name: recipe.name, digest: recipeDigest) }
}

extension PipelineContext {
    var programRef: ResourceRef {
        ResourceRef(
            name: "program",
            uri: "pkg:generic/ingot@\(program.version)",
            digest: program.digest
        )
    }

    func buildContext(_ run: RecipeRun, since started: Timestamp) -> BuildContext {
        BuildContext(
            version: program.version,
            execution: Execution(
                runID: run.id.description,
                started: started,
                finished: now()
            ),
            git: run.git
        )
    }

    func reference(_ name: String, _ reference: Reference, _ digest: Digest) -> ResourceRef {
        ResourceRef(name: name, uri: "ingot:\(reference)", digest: digest)
    }
}

/// Scalars of a JSON value as texts by path, as provenance states parameters.
enum FlatParameters {
    static func texts(_ value: JSONValue, prefix: String = "") -> [String: String] {
        func joined(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }
        switch value {
        case .object(let members):
            return members.reduce(into: [:]) { result, member in
                let inner = texts(member.value, prefix: joined(member.key))
                result.merge(inner) { _, new in new }
            }
        case .string(let text): return [prefix: text]
        case .null: return [:]
        default: return [prefix: value.canonicalText]
        }
    }
}
