// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotPipeline

struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give a version a name that can move.",
        discussion: """
            An existing tag moves only with --move, and only when it still names what it named when \
            the command began. An environment's tag moves by `promote` and `rollback` alone.
            """
    )

    @Argument(
        help: "A version, such as support-intents:v3.",
        completion: References.completion
    )
    var reference: String

    @Argument(help: "The tag.")
    var tag: String

    @Flag(help: "Move the tag when it exists.")
    var move = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let tag = try Tag(parsing: tag)
        guard tag.versionNumber == nil else {
            throw PipelineError("tag '\(tag)': names of versions are given by adding a version")
        }
        let current = try open.catalog.tag(tag, of: reference.repository)
        if current?.digest == digest {
            print("\(reference.repository):\(tag) is \(reference) already")
            return
        }
        if let current, !move {
            throw PipelineError(
                "\(reference.repository):\(tag) exists and names \(current.digest.short): use "
                    + "--move to move it"
            )
        }
        try open.ledger.record(
            .tagMoved(
                TagMovedFacts(
                    repository: reference.repository.text,
                    tag: tag.text,
                    from: current?.digest,
                    to: digest
                )
            ),
            act: .tagMoved,
            subject: Statement.Subject(
                name: "\(reference.repository):\(tag)",
                digest: digest
            ),
            changes: [
                .tag(
                    repository: reference.repository,
                    tag: tag,
                    from: current?.digest,
                    to: digest
                )
            ]
        )
        print("\(reference.repository):\(tag) is \(reference) \(digest.short)")
    }
}
