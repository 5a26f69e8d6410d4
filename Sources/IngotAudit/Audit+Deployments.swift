// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore

extension Audit {
    /// The deployments that a version went into, itself or through what was made of it, at any
    /// time: environment and version, each once.
    package func deployments(using version: Digest) throws -> [String] {
        let reader = try NodeReader(ledger: ledger)
        var found: [String] = []
        for environment in try ledger.catalog.environments() {
            let tag = try Tag(parsing: environment.name)
            var seen = Set<Digest>()
            for record in try ledger.catalog.tagHistory(environment.repository, tag)
            where seen.insert(record.digest).inserted {
                let lineage = try Lineage(of: record.digest, node: reader.node)
                guard lineage.node(version) != nil else { continue }
                found.append(
                    "\(environment.repository):\(environment.name) (\(lineage.subject.name))"
                )
            }
        }
        return found
    }
}
