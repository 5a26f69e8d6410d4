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

    /// Files and directories of the version that was named before, a level at a time.
    static var pathCompletion: CompletionKind {
        .custom { words, _, prefix in paths(beginningWith: prefix, after: words) }
    }

    private static func paths(beginningWith prefix: String, after words: [String]) -> [String] {
        guard let options = try? StoreOptions.parse([]), let open = try? OpenStore(options),
            let version = words.lazy.compactMap({ try? open.resolve($0).digest }).first
        else { return [] }
        let known = prefix.utf8.lastIndex(of: UInt8(ascii: "/")).map { prefix[...$0] } ?? ""
        var found = Set<String>()
        do {
            try open.store.forEachTreeFile(of: version) { file in
                guard file.path.hasPrefix(prefix) else { return }
                let rest = file.path.dropFirst(known.count)
                let end = rest.firstIndex(of: "/").map { rest.index(after: $0) }
                found.insert(String(known) + rest[..<(end ?? rest.endIndex)])
            }
        } catch { return [] }
        return found.sorted()
    }

    private static func all(in catalog: Catalog) throws -> [String] {
        try catalog.repositories().flatMap { repository in
            let versions = try catalog.versions(of: repository).map(\.tag)
            let tags = try catalog.tags(of: repository).map(\.tag)
            return (tags + versions.reversed()).map { "\(repository):\($0)" }
        }
    }
}
