// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotStore

struct Checkout: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a version's files into a directory.",
        discussion: """
            Files that are right already stay as they are; a changed file is overwritten only with \
            --force.
            """
    )

    @Argument(help: "A version, such as support-intents:v3.")
    var reference: String

    @Argument(help: "The directory; by default the repository's name.", completion: .directory)
    var directory: String?

    @Flag(help: "Overwrite files that have other content.")
    var force = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let target = directory ?? Add.lastPart(of: reference.repository.text)
        let bar = ProgressBar("checking out")
        var total = StoreProgress(fileCount: 0, byteCount: 0)
        try open.store.checkout(manifest: digest, into: target, force: force) { progress in
            total = progress
            bar.show(Double(progress.bytesDone) / Double(max(progress.byteCount, 1)))
        }
        bar.end()
        print(
            "\(target): \(total.filesDone) files written, \(Terminal.size(total.bytesDone)), from "
                + "\(reference) \(digest.short)"
        )
    }
}
