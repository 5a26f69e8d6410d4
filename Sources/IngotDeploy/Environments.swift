// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence
package import IngotStore

/// The environments of a store, as the log has them.
package struct Environments: Sendable {
    private let blobs: BlobStore
    private let catalog: Catalog
    private let ledger: Ledger

    package init(blobs: BlobStore, catalog: Catalog, ledger: Ledger) {
        self.blobs = blobs
        self.catalog = catalog
        self.ledger = ledger
    }

    package func all() throws -> [Environment] {
        try catalog.environments().map { try Environment(json: $0.definition) }
    }

    /// By `repository:name`, or by the bare name where it is unambiguous.
    package func named(_ name: String) throws -> Environment {
        try Environment(json: catalog.environment(named: name).definition)
    }

    /// Records the environments of a file; those that are as they were stay so.
    ///
    /// Returns those that changed.
    package func set(_ file: EnvironmentFile) throws -> [Environment] {
        let known = try all()
        var changed: [Environment] = []
        for item in file.items {
            let environment = try Environment(
                name: Tag(parsing: item.name),
                repository: RepositoryName(parsing: item.repository),
                gate: blobs.put(item.gate)
            )
            guard !known.contains(environment) else { continue }
            try ledger.setEnvironment(
                name: environment.name.text,
                definition: environment.json
            )
            changed.append(environment)
        }
        return changed
    }
}
