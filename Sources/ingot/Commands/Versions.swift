// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotStore

struct Versions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the versions of a repository: what, how much, when and by whom."
    )

    @Argument(help: "A repository.")
    var repository: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let repository = try RepositoryName(parsing: repository)
        let versions = try open.catalog.versions(of: repository)
        guard !versions.isEmpty else {
            throw CatalogError(.notFound, "\(repository): no such repository; see 'ingot ls'")
        }
        let tags = try open.catalog.tags(of: repository)
        var table = TextTable(["VERSION", "DIGEST", "KIND", "FILES", "SIZE", "ADDED", "BY", "TAGS"])
        var items: [JSONValue] = []
        for version in versions {
            let names = tags.filter { $0.digest == version.digest }.map(\.tag.text)
            let added = Timestamp(seconds: version.addedAt).description
            let (files, bytes) = try size(of: version, in: open)
            let owner = try owner(of: version, in: open)
            table.add([
                version.tag.text, version.digest.short, version.kind.rawValue, "\(files)",
                Terminal.size(bytes), added, owner, names.joined(separator: ", "),
            ])
            items.append([
                "version": .string(version.tag.text),
                "digest": .string(version.digest.description),
                "kind": .string(version.kind.rawValue), "files": .integer(Int64(files)),
                "bytes": .integer(Int64(bytes)), "added": .string(added), "by": .string(owner),
                "tags": .array(names.map { .string($0) }),
            ])
        }
        print(json ? JSONValue.array(items).prettyText : table.text)
    }

    private func size(
        of version: VersionRecord,
        in open: OpenStore
    ) throws -> (files: Int, bytes: Int) {
        guard version.kind != .image else {
            let layers = try open.store.manifest(version.digest).layers
            return (layers.count, layers.reduce(0) { $0 + $1.byteCount })
        }
        return try open.store.totals(of: version.digest)
    }

    /// Who holds the key that the log entry names; the key itself where nobody is known, or no
    /// trust file is here.
    private func owner(of version: VersionRecord, in open: OpenStore) throws -> String {
        let entry = try open.catalog.logEntry(version.logIndex)
        let owner = (try? open.ledger.keys.trust)?.owner(ofKey: entry.actor)
        return owner ?? String(entry.actor.prefix(12))
    }
}
