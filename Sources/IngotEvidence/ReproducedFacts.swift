// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A version's training was run again from what its provenance names.
package struct ReproducedFacts: Hashable, Sendable {
    package var repository: String
    /// The recipe's bytes.
    package var recipe: Digest
    /// The base version and the prepared dataset version.
    package var base: Digest
    package var dataset: Digest
    /// The program that trained again.
    package var program: Digest
    /// `kernelSet`, `cpu`, `threads`.
    package var internalParameters: [String: String]
    /// The version that came out: the subject where the two agree.
    package var found: Digest
    package var agrees: Bool

    package init(
        repository: String,
        recipe: Digest,
        base: Digest,
        dataset: Digest,
        program: Digest,
        internalParameters: [String: String],
        found: Digest,
        agrees: Bool
    ) {
        self.repository = repository
        self.recipe = recipe
        self.base = base
        self.dataset = dataset
        self.program = program
        self.internalParameters = internalParameters
        self.found = found
        self.agrees = agrees
    }

    package var json: JSONValue {
        [
            "repository": .string(repository), "recipe": .string(recipe.description),
            "base": .string(base.description), "dataset": .string(dataset.description),
            "program": .string(program.description),
            "internalParameters": .texts(internalParameters),
            "found": .string(found.description), "agrees": .bool(agrees),
        ]
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        recipe = try fields.require(fields.digest("recipe"), "recipe")
        base = try fields.require(fields.digest("base"), "base")
        dataset = try fields.require(fields.digest("dataset"), "dataset")
        program = try fields.require(fields.digest("program"), "program")
        internalParameters = try fields.texts("internalParameters") ?? [:]
        found = try fields.require(fields.digest("found"), "found")
        agrees = try fields.require(fields.bool("agrees"), "agrees")
    }
}
