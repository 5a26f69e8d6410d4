// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotStore

struct DiskUse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Show what versions take, share and save.",
        discussion: """
            SIZE is what the files have, STORED what they take after deduplication and \
            compression, ONLY HERE what no other version in the store shares.
            """
    )

    @Argument(
        help: "Repositories or versions; by default all.",
        completion: References.completion
    )
    var names: [String] = []

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let all = try open.catalog.repositories().flatMap { try open.catalog.versions(of: $0) }
            .filter { $0.kind != .image }
        let wanted = try names.isEmpty ? all : names.flatMap { try versions(named: $0, in: open) }
        // All versions decide what only one of them holds.
        var everything = StorageSurvey(open.store)
        for version in all { try everything.add(version.digest) }
        let exclusive = Dictionary(
            uniqueKeysWithValues: everything.exclusiveByteCounts.map { ($0.version, $0.byteCount) }
        )
        var together = StorageSurvey(open.store)
        if names.isEmpty {
            together = everything
        } else {
            for version in wanted { try together.add(version.digest) }
        }
        var table = TextTable(["VERSION", "SIZE", "STORED", "ONLY HERE"])
        var items: [JSONValue] = []
        for version in wanted {
            guard let use = everything.use(of: version.digest) else { continue }
            let name = "\(version.repository):\(version.tag)"
            let only = exclusive[version.digest] ?? 0
            table.add([
                name, Terminal.size(use.byteCount), Terminal.size(use.storedByteCount),
                Terminal.size(only),
            ])
            items.append([
                "version": .string(name), "bytes": .integer(Int64(use.byteCount)),
                "stored": .integer(Int64(use.storedByteCount)), "only": .integer(Int64(only)),
            ])
        }
        let total = together.total
        guard !json else {
            let value: JSONValue = [
                "versions": .array(items), "bytes": .integer(Int64(total.byteCount)),
                "stored": .integer(Int64(total.storedByteCount)),
                "saved_by_deduplication": .integer(Int64(total.deduplicationSaved)),
                "saved_by_compression": .integer(Int64(total.compressionSaved)),
            ]
            print(value.prettyText)
            return
        }
        print(table.text)
        print(
            "together \(Terminal.size(total.byteCount)), stored as "
                + "\(Terminal.size(total.storedByteCount)): deduplication saved "
                + "\(Terminal.size(total.deduplicationSaved)), compression "
                + Terminal.size(total.compressionSaved)
        )
    }

    private func versions(named name: String, in open: OpenStore) throws -> [VersionRecord] {
        if name.contains(":") || name.contains("@") {
            return [try open.catalog.record(of: Reference(parsing: name))]
        }
        let versions = try open.catalog.versions(of: RepositoryName(parsing: name))
        guard !versions.isEmpty else {
            throw CatalogError(.notFound, "\(name): no such repository; see 'ingot ls'")
        }
        return versions.filter { $0.kind != .image }
    }
}
