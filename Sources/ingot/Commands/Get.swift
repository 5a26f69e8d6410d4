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
        let selection = try TreeSelection(paths)
        switch try place(open) {
        case .here(let reference, let digest):
            let files = try open.store.files(of: open.store.manifest(digest), in: selection)
            let missing = try open.store.filesToWrite(files, into: output, force: force)
            try write(missing, of: files, of: reference, digest, received: 0, open.store)
        case .elsewhere(let reference):
            try await OpenRemote.with(remote, options) { remote in
                try await get(selection, of: reference, from: remote, open)
            }
        }
    }

    private enum Place {
        case here(Reference, Digest)
        case elsewhere(Reference)
    }

    /// Where the version is taken from: a remote that is named, or any for one that the store
    /// lacks.
    private func place(_ open: OpenStore) throws -> Place {
        let isBareDigest = reference.hasPrefix("sha256:")
        do {
            let (named, digest) = try open.resolve(reference)
            guard remote != nil else { return .here(named, digest) }
            // Its number may be another one there.
            return .elsewhere(
                isBareDigest
                    ? Reference(repository: named.repository, target: .digest(digest)) : named
            )
        } catch let error as CatalogError where error.code == .notFound {
            guard reference.contains(":"), try remote != nil || !options.remotes().names.isEmpty
            else { throw error }
            guard !isBareDigest else {
                throw CatalogError(
                    .notFound,
                    "\(reference): no version here has this digest: a remote is asked for "
                        + "REPOSITORY@\(reference)"
                )
            }
            return .elsewhere(try Reference(parsing: reference))
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
        try write(
            missing,
            of: part.entries,
            of: reference,
            digest,
            received: pull.receivedByteCount,
            open.store
        )
    }

    private func write(
        _ missing: [TreeEntry],
        of files: [TreeEntry],
        of reference: Reference,
        _ digest: Digest,
        received: Int,
        _ store: Store
    ) throws {
        let bar = ProgressBar("writing")
        defer { bar.end() }
        try store.removeLeftovers(beside: files, in: output)
        try store.writeFiles(missing, into: output) { bar.show($0.fraction) }
        bar.end()
        let byteCount = missing.reduce(0) { $0 + $1.byteCount }
        if json {
            let result: JSONValue = [
                "reference": .string(reference.description),
                "digest": .string(digest.description),
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
