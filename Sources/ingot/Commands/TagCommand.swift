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

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let tag = try Tag(parsing: tag)
        guard tag.versionNumber == nil else {
            throw PipelineError("tag '\(tag)': names of versions are given by adding a version")
        }
        try refuseForeignEnvironment(tag, of: reference.repository, in: open)
        let current = try open.catalog.tag(tag, of: reference.repository)
        if current?.digest == digest {
            let line = "\(reference.repository):\(tag) is \(reference) already"
            say(line, reference, tag, digest, nil)
            return
        }
        if let current, !move {
            throw PipelineError(
                "\(reference.repository):\(tag) exists and names \(current.digest.short): use "
                    + "--move to move it"
            )
        }
        let recorded = try open.ledger.record(
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
        say(
            "\(reference.repository):\(tag) is \(reference) \(digest.short)",
            reference,
            tag,
            digest,
            recorded.logIndex
        )
    }

    /// One name must not mean what a gate let through here, and what anybody chose there.
    private func refuseForeignEnvironment(
        _ tag: Tag,
        of repository: RepositoryName,
        in open: OpenStore
    ) throws {
        let environment = try open.environments.all().first { $0.name == tag }
        guard let environment, environment.repository != repository else { return }
        throw PipelineError(
            "tag '\(tag)': it is an environment of \(environment.repository): choose another name, "
                + "or bind an environment to \(repository) with 'ingot env set'"
        )
    }

    private func say(
        _ line: String,
        _ reference: Reference,
        _ tag: Tag,
        _ digest: Digest,
        _ logIndex: Int?
    ) {
        guard json else { return print(line) }
        let value: JSONValue = [
            "repository": .string(reference.repository.text), "tag": .string(tag.text),
            "digest": .string(digest.description), "moved": .bool(logIndex != nil),
            "log_index": logIndex.map { .integer(Int64($0)) } ?? .null,
        ]
        print(value.prettyText)
    }
}
