// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotRemote
import IngotTransfer

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send versions, with what is stated about them, to a remote.",
        discussion: """
            Only what the remote lacks is sent, chunk by chunk; names come last. Safe to run again. \
            A version whose number is taken there gets the next one.
            """
    )

    @Argument(
        help: "Versions, data or pointers; by default all pointers below the working directory.",
        completion: References.completion
    )
    var names: [String] = []

    @Option(help: "A remote's name or address; by default 'origin', or the only one.")
    var remote: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let open = try OpenStore(options)
        let targets = try TransferTarget.parse(names)
        let results = try await OpenRemote.with(remote, options) { remote in
            var results: [JSONValue] = []
            for target in targets { results.append(try await push(target, open, remote)) }
            return results
        }
        if json { print(JSONValue.array(results).prettyText) }
    }

    private func push(
        _ target: TransferTarget,
        _ open: OpenStore,
        _ remote: any Remote
    ) async throws -> JSONValue {
        let record = try open.catalog.record(of: target.reference)
        let repository = record.repository
        let tags = RemoteTags(remote: remote, repository: repository)
        let bar = ProgressBar("pushing")
        let push = Push(store: open.store, remote: remote, repository: repository) { progress in
            bar.show(
                progress.fraction,
                note: Terminal.size(progress.bytesDone)
            )
        }
        let (report, descriptor) = try await push.run(
            record.digest,
            statements: try open.catalog.statements(about: record.digest).map(\.referrer),
            evidence: try open.ledger.evidence(about: record.digest),
            receipts: try open.ledger.receipts(about: record.digest, in: repository),
            known: try await tags.recentVersions()
        )
        let number = try await tags.number(descriptor, wanted: record.number)
        if case .tag(let tag) = target.reference.target, tag.versionNumber == nil {
            let history = try open.catalog.tagHistory(repository, tag).map(\.digest)
            try await tags.move(tag, to: descriptor, known: history)
        }
        bar.end()
        if !json {
            print(
                "\(target.reference) is \(repository):v\(number) there: "
                    + "\(Terminal.size(report.sentByteCount)) sent, \(report.sentCount) blobs new, "
                    + "\(report.presentCount) there already"
            )
        }
        if report.leftEvidenceCount > 0 {
            Terminal.printError(
                "\(target.reference): \(report.leftEvidenceCount) blobs that its statements rest on "
                    + "are more than travel with a version, and were not sent"
            )
        }
        return [
            "reference": .string("\(repository):v\(number)"),
            "digest": .string(record.digest.description),
            "sent": .integer(Int64(report.sentByteCount)),
            "blobs": .integer(Int64(report.sentCount)),
            "left_evidence": .integer(Int64(report.leftEvidenceCount)),
        ]
    }
}
