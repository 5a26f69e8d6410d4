// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotPipeline

struct Image: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the image of a gated adapter: one OCI and docker archive.",
        discussion: """
            Runtime, base, adapter and evidence are layers of their own. The same inputs give the \
            same digest, whenever and wherever it is built. Evidence is an input: the image holds \
            the envelopes of the newest verdict that passed, so a newer verdict gives another digest.
            """
    )

    @Argument(help: "An adapter version that a verdict let pass.")
    var reference: String

    @Option(name: .shortAndLong, help: "The archive to write.", completion: .file())
    var output: String

    @Option(name: .customLong("as"), help: "The image's repository; by default NAME-image.")
    var repository: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, _) = try open.resolve(reference)
        let name = repository ?? "\(reference.repository)-image"
        let built = try open.pipeline().buildImage(
            reference,
            in: RepositoryName(parsing: name),
            to: output,
            runtime: ModelServer.program()
        )
        if json {
            let value: JSONValue = [
                "reference": .string(built.reference.description),
                "digest": .string(built.digest.description), "output": .string(output),
                "bytes": .integer(Int64(built.byteCount)),
            ]
            print(value.prettyText)
        } else {
            print("\(built.reference)  \(built.digest)")
            print("\(output): \(Terminal.size(built.byteCount))")
        }
    }
}
