// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotAudit
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotPipeline

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a version or a tag from its repository.",
        discussion: """
            The removal is signed and logged. What a deployment ever used, itself or through what \
            was made of it, is kept for audits. The number is not given to other content; the bytes \
            stay until `ingot gc`.
            """
    )

    @Argument(
        help: "A version, such as support-intents:v3, or a tag.",
        completion: References.completion
    )
    var reference: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        if case .tag(let tag) = reference.target, tag.versionNumber == nil {
            let index = try record(
                RemovedFacts(
                    repository: reference.repository.text,
                    digest: digest,
                    tag: tag.text
                ),
                .tag(repository: reference.repository, tag: tag, from: digest, to: nil),
                name: "\(reference)",
                in: open
            )
            say("\(reference) removed; the version it named stays", reference, digest, index)
            return
        }
        let uses = try IngotAudit.Audit(ledger: open.ledger).deployments(using: digest)
        if let first = uses.first {
            let others = uses.count == 1 ? "" : " and \(uses.count - 1) more"
            throw PipelineError(
                "\(reference): \(first)\(others) was made of it: what a deployment used is kept "
                    + "for audits"
            )
        }
        let index = try record(
            RemovedFacts(repository: reference.repository.text, digest: digest),
            .versionRemoved(repository: reference.repository, digest: digest),
            name: "\(reference)",
            in: open
        )
        say("\(reference) removed; its bytes stay until `ingot gc`", reference, digest, index)
    }

    private func say(_ line: String, _ reference: Reference, _ digest: Digest, _ logIndex: Int) {
        guard json else { return print(line) }
        let value: JSONValue = [
            "reference": .string(reference.description), "digest": .string(digest.description),
            "log_index": .integer(Int64(logIndex)),
        ]
        print(value.prettyText)
    }

    private func record(
        _ facts: RemovedFacts,
        _ change: Change,
        name: String,
        in open: OpenStore
    ) throws -> Int {
        try open.ledger.record(
            .removed(facts),
            act: .removed,
            subject: Statement.Subject(name: name, digest: facts.digest),
            changes: [change]
        ).logIndex
    }
}
