// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotRemote
import IngotStore
import IngotTransfer

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write some files of a version, and bring only what they need.",
        discussion: """
            Paths are those of the version, as 'ingot ls' lists them: files, or directories with all \
            below them. They keep their place below the output directory. A version that the store \
            does not have stays where it is: only the chunks of these files come, each checked.
            """
    )

    @Argument(help: "A version, such as support-intents:v3.", completion: References.completion)
    var reference: String

    @Argument(
        help: "Files or directories of the version.",
        completion: References.pathCompletion
    )
    var paths: [String]

    @Option(name: .shortAndLong, help: "The directory to write into.", completion: .directory)
    var output = "."

    @Option(
        help: """
            A remote's name or address; by default the store, then 'origin' or the only remote.
            """
    )
    var remote: String?

    @Flag(help: "Overwrite files that have other content.")
    var force = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let open = try OpenStore(options)
        let reference = try Reference(parsing: reference)
        let selection = try TreeSelection(paths)
        guard try isElsewhere(reference, open) else {
            let digest = try open.catalog.resolve(reference)
            let files = try open.store.files(of: open.store.manifest(digest), in: selection)
            let missing = try open.store.filesToWrite(files, into: output, force: force)
            return try write(missing, of: files, digest, received: 0, open.store)
        }
        try await OpenRemote.with(remote, options) { remote in
            try await get(selection, of: reference, from: remote, open)
        }
    }

    /// Whether a remote is asked: one that is named, or any for a version that the store lacks.
    private func isElsewhere(_ reference: Reference, _ open: OpenStore) throws -> Bool {
        if remote != nil { return true }
        do {
            _ = try open.catalog.resolve(reference)
            return false
        } catch let error as CatalogError where error.code == .notFound {
            guard try !options.remotes().names.isEmpty else { throw error }
            return true
        }
    }

    private func get(
        _ selection: TreeSelection,
        of reference: Reference,
        from remote: any Remote,
        _ open: OpenStore
    ) async throws {
        let digest = try await RemoteTags(remote: remote, repository: reference.repository)
            .digest(of: reference)
        let bar = ProgressBar("getting")
        defer { bar.end() }
        let pull = PartialPull(
            store: open.store,
            remote: remote,
            repository: reference.repository
        ) { bar.show($0.fraction, note: Terminal.size($0.bytesDone)) }
        let part = try await pull.files(of: digest, in: selection)
        // Looked at first: nothing is brought for what may not be written.
        let missing = try open.store.filesToWrite(part.entries, into: output, force: force)
        try await pull.contents(of: missing, in: part)
        bar.end()
        try write(missing, of: part.entries, digest, received: pull.receivedByteCount, open.store)
    }

    private func write(
        _ missing: [TreeEntry],
        of files: [TreeEntry],
        _ digest: Digest,
        received: Int,
        _ store: Store
    ) throws {
        let bar = ProgressBar("writing")
        defer { bar.end() }
        try store.writeFiles(missing, into: output) { bar.show($0.fraction) }
        bar.end()
        let byteCount = missing.reduce(0) { $0 + $1.byteCount }
        if json {
            let result: JSONValue = [
                "reference": .string(reference), "digest": .string(digest.description),
                "received": .integer(Int64(received)), "written": .integer(Int64(missing.count)),
                "unchanged": .integer(Int64(files.count - missing.count)),
                "size": .integer(Int64(byteCount)),
            ]
            print(result.prettyText)
        } else {
            print(
                "\(output): \(missing.count) files written, \(Terminal.size(byteCount)), "
                    + "\(files.count - missing.count) there already, from \(reference) "
                    + "\(digest.short)  \(Terminal.size(received)) received"
            )
        }
    }
}
