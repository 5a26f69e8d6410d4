// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore

/// What a shell offers where a version is asked for: `repository:tag` of the store at hand.
enum References {
    static var completion: CompletionKind { .custom { _, _, prefix in matching(prefix) } }

    static func matching(_ prefix: String) -> [String] {
        // A shell that completes has nobody to tell of an error.
        guard let options = try? StoreOptions.parse([]), let open = try? OpenStore(options),
            let all = try? all(in: open.catalog)
        else { return [] }
        return all.filter { $0.hasPrefix(prefix) }
    }

    private static func all(in catalog: Catalog) throws -> [String] {
        try catalog.repositories().flatMap { repository in
            let versions = try catalog.versions(of: repository).map(\.tag)
            let tags = try catalog.tags(of: repository).map(\.tag)
            return (tags + versions.reversed()).map { "\(repository):\($0)" }
        }
    }
}
