// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCatalog
import IngotCore
import IngotRemote
import IngotTransfer
import IngotWorkspace

struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Bring versions from a remote, and check out the data of pointers.",
        discussion: """
            Everything is checked before it is taken in. Files that were changed are not \
            overwritten without --force. `ingot fetch` leaves the working copy alone.
            """
    )

    @OptionGroup var transfer: PullOptions

    @Flag(help: "Overwrite files that have other content.")
    var force = false

    func run() async throws {
        let open = try OpenStore(transfer.options)
        for target in try await transfer.fetch(into: open) {
            guard let data = target.data, let pointer = target.pointer else { continue }
            let copy = open.workingCopy(data)
            let bar = ProgressBar("checking out")
            defer { bar.end() }
            _ = try copy.checkout(pointer.digest, form: pointer.form, force: force) { progress in
                bar.show(progress.fraction)
            }
        }
    }
}

struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring versions from a remote into the store alone."
    )

    @OptionGroup var transfer: PullOptions

    func run() async throws {
        _ = try await transfer.fetch(into: OpenStore(transfer.options))
    }
}

/// What `pull` and `fetch` share.
struct PullOptions: ParsableArguments {
    @Argument(
        help: "Versions, data or pointers; by default all pointers below the working directory."
    )
    var names: [String] = []

    @Option(help: "A remote's name or address; by default 'origin', or the only one.")
    var remote: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    /// Brings all targets into the store.
    func fetch(into open: OpenStore) async throws -> [TransferTarget] {
        let targets = try TransferTarget.parse(names)
        let results = try await OpenRemote.with(remote, options) { remote in
            var results: [JSONValue] = []
            for target in targets { results.append(try await fetch(target, open, remote)) }
            return results
        }
        if json { print(JSONValue.array(results).prettyText) }
        return targets
    }

    private func fetch(
        _ target: TransferTarget,
        _ open: OpenStore,
        _ remote: any Remote
    ) async throws -> JSONValue {
        let repository = target.reference.repository
        let tags = RemoteTags(remote: remote, repository: repository)
        let digest = try await tags.digest(of: target.reference)
        try open.ledger.checkKeys(forPulling: digest, into: repository)
        var tag: Tag?
        if case .tag(let named) = target.reference.target { tag = named }
        let bar = ProgressBar("pulling")
        let pull = Pull(store: open.store, remote: remote, repository: repository) { progress in
            bar.show(
                progress.fraction,
                note: Terminal.size(progress.bytesDone)
            )
        }
        let version = try await pull.run(digest)
        // A version's own tag says its number.
        let stated = tag?.versionNumber
        let number = if let stated { stated } else { try await tags.number(of: digest) }
        let named = try open.ledger.record(
            pulled: version,
            in: repository,
            number: number,
            tag: tag
        )
        bar.end()
        let reference = "\(repository):v\(named.number)"
        if !json {
            print(
                "\(reference)  \(digest.short)  "
                    + "\(Terminal.size(version.receivedByteCount)) received"
            )
            for line in Self.doubts(about: named) {
                Terminal.printError("\(reference): \(PrintableText.line(line))")
            }
        }
        if !version.missingEvidence.isEmpty {
            Terminal.printError(
                "\(reference): missing or damaged in \(remote.name), and not here: "
                    + "\(Self.list(version.missingEvidence)): its statements came, what they rest "
                    + "on did not: push it there from where it is whole, and pull again"
            )
        }
        return [
            "reference": .string(reference), "digest": .string(digest.description),
            "received": .integer(Int64(version.receivedByteCount)),
            "untrusted": .integer(Int64(named.untrusted)),
            "proved": .integer(Int64(named.proved)),
            "unknown_logs": .array(named.unknownLogs.map { .string($0) }),
            "wrong_receipts": .array(named.receiptFaults.map { .string($0) }),
            "unrecorded": named.unrecorded.map { .string($0) } ?? .null,
            "missing_evidence": .array(version.missingEvidence.map { .string($0.description) }),
        ]
    }

    /// What does not count here, a line each.
    private static func doubts(about named: PulledNames) -> [String] {
        let keys =
            "\(named.untrusted) statements are by keys that do not count in this store: "
            + "'ingot key trust' lets them"
        return [named.unrecorded].compactMap { $0 } + (named.untrusted > 0 ? [keys] : [])
            + named.unknownLogs.map {
                "log not trusted: \($0): its receipts prove nothing here: 'ingot key trust' lets them"
            }
            + named.receiptFaults.map { "\($0): what that would prove is unproved" }
    }

    private static func list(_ digests: [Digest]) -> String {
        let shown = digests.prefix(3).map(\.description).joined(separator: ", ")
        return digests.count > 3 ? "\(shown) and \(digests.count - 3) more" : shown
    }
}

/// A version that a transfer is about: by reference, or by the pointer of some data.
struct TransferTarget {
    let reference: Reference
    let data: DataPath?
    let pointer: Pointer?

    static func parse(_ names: [String]) throws -> [TransferTarget] {
        let references = names.filter { $0.contains(":") || $0.contains("@") }
        let paths = names.filter { !references.contains($0) }
        var targets = try references.map {
            TransferTarget(reference: try Reference(parsing: $0), data: nil, pointer: nil)
        }
        guard !paths.isEmpty || names.isEmpty else { return targets }
        for data in try WorkspaceArguments.data(paths) {
            guard let pointer = try data.readPointer() else { continue }
            let reference = Reference(
                repository: pointer.repository,
                target: .digest(pointer.digest)
            )
            targets.append(TransferTarget(reference: reference, data: data, pointer: pointer))
        }
        guard !targets.isEmpty else {
            throw WorkspaceError("no pointers here: name a version, such as support-intents:v3")
        }
        return targets
    }
}
