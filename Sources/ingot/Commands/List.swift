// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotStore

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List repositories, the versions of one, or the files of a version."
    )

    @Argument(help: "A repository, or a version such as support-intents:v3.")
    var name: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        guard let name else { return try printRepositories(open) }
        if name.contains(":") || name.contains("@") {
            try printFiles(open, name)
        } else {
            try printVersions(open, RepositoryName(parsing: name))
        }
    }

    private func printRepositories(_ open: OpenStore) throws {
        var table = TextTable(["REPOSITORY", "KIND", "VERSIONS", "TAGS"])
        var items: [JSONValue] = []
        for repository in try open.catalog.repositories() {
            let versions = try open.catalog.versions(of: repository)
            let tags = try open.catalog.tags(of: repository).map(\.tag.text)
            let kind = versions.last?.kind.rawValue ?? ""
            table.add([
                repository.text, kind, "\(versions.count)", tags.joined(separator: ", "),
            ])
            items.append([
                "repository": .string(repository.text), "kind": .string(kind),
                "versions": .integer(Int64(versions.count)),
                "tags": .array(tags.map { .string($0) }),
            ])
        }
        print(json ? JSONValue.array(items).prettyText : table.text)
    }

    private func printVersions(_ open: OpenStore, _ repository: RepositoryName) throws {
        let versions = try open.catalog.versions(of: repository)
        guard !versions.isEmpty else {
            throw CatalogError(.notFound, "\(repository): no such repository; see 'ingot ls'")
        }
        let tags = try open.catalog.tags(of: repository)
        var table = TextTable(["VERSION", "DIGEST", "ADDED", "TAGS"])
        var items: [JSONValue] = []
        for version in versions {
            let names = tags.filter { $0.digest == version.digest }.map(\.tag.text)
            let added = Timestamp(seconds: version.addedAt).description
            table.add([
                version.tag.text, version.digest.short, added, names.joined(separator: ", "),
            ])
            items.append([
                "version": .string(version.tag.text),
                "digest": .string(version.digest.description), "added": .string(added),
                "kind": .string(version.kind.rawValue),
                "tags": .array(names.map { .string($0) }),
            ])
        }
        print(json ? JSONValue.array(items).prettyText : table.text)
    }

    private func printFiles(_ open: OpenStore, _ name: String) throws {
        let (_, digest) = try open.resolve(name)
        var items: [JSONValue] = []
        try open.store.forEachFile(of: digest) { entry in
            if json {
                items.append([
                    "path": .string(entry.path), "size": .integer(Int64(entry.byteCount)),
                    "digest": .string(entry.digest.description),
                    "executable": .bool(entry.isExecutable),
                ])
            } else {
                print("\(entry.digest.short)  \(entry.byteCount)  \(entry.path)")
            }
        }
        if json { print(JSONValue.array(items).prettyText) }
    }
}
