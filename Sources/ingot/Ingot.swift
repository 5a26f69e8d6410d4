// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotFiles

/// The command line: one subcommand per act; `ARCHITECTURE.md` lists the words.
@main
struct Ingot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingot",
        abstract: "Version datasets and fine-tuned models, gate, promote and prove them.",
        discussion: """
            A store is found by walking up from the working directory to `.ingot/`, by the \
            environment variable INGOT_STORE, or by --store.

            Exit status: 0 done, 1 an error, 2 wrong usage, 3 a gate failed, 4 a gate has no data.
            Shell completion: ingot --generate-completion-script bash|zsh|fish
            """,
        version: ProductVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Store",
                subcommands: [
                    Init.self, Add.self, Status.self, Diff.self, Checkout.self, List.self,
                    Versions.self, Show.self, TagCommand.self, Remove.self, DiskUse.self,
                    Collect.self, Fsck.self, Import.self, Export.self, Serve.self,
                ]
            ),
            CommandGroup(
                name: "Remotes",
                subcommands: [
                    RemoteCommand.self, PushCommand.self, PullCommand.self, Fetch.self,
                    Get.self,
                ]
            ),
            CommandGroup(
                name: "Pipeline",
                subcommands: [
                    Run.self, Prepare.self, Train.self, Evaluate.self, Reproduce.self, Runs.self,
                ]
            ),
            CommandGroup(
                name: "Gates and deployment",
                subcommands: [
                    Gate.self, Env.self, Promote.self, Rollback.self, Image.self,
                ]
            ),
            CommandGroup(
                name: "Evidence",
                subcommands: [Audit.self, Verify.self, Log.self, Key.self]
            ),
        ]
    )

    /// Asynchronous for the commands that are; the others run before anything was awaited, so still
    /// on the main thread and with no other beside it.
    static func main() async {
        MappedFile.endPlainlyWhenCutShort()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            OpenStore.endLeases()
        } catch {
            ExitCodes.leave(after: error)
        }
    }
}
