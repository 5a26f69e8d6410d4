// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Where versions of one repository run: a name, the repository, and the gate in front.
///
/// Its JSON is what the log holds and what its digest covers, so a verdict can name the very
/// environment it was reached for.
package struct Environment: Sendable, Equatable {
    /// Also the name of its tag in the repository.
    package let name: Tag
    package let repository: RepositoryName
    /// The gate file's bytes, a blob of the store.
    package let gate: Digest

    package init(name: Tag, repository: RepositoryName, gate: Digest) {
        self.name = name
        self.repository = repository
        self.gate = gate
    }

    package var json: JSONValue {
        [
            "name": .string(name.text),
            "repository": .string(repository.text),
            "gate": .string(gate.description),
        ]
    }

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        name = try Tag(parsing: reader.require(reader.string("name"), "name"))
        repository = try RepositoryName(
            parsing: reader.require(reader.string("repository"), "repository")
        )
        gate = try Digest(parsing: reader.require(reader.string("gate"), "gate"))
        try reader.finish()
        guard name.versionNumber == nil else {
            throw DeployError("environment '\(name)': names of versions are taken")
        }
    }
}
