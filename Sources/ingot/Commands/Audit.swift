// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotAudit
import IngotCore
import IngotFiles
import IngotImage

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer which data, base, hyperparameters and decisions led to something.",
        discussion: """
            Asks about a version, a tag, an environment, a digest or an image archive, and walks \
            back to the raw data. What is not known is printed as a gap. Exit status 1 when a \
            statement does not hold.
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: "A reference, an environment, a digest, or an image's tar file.")
    var subject: String

    @Option(help: "text or json.")
    var format = Format.text

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let audit = IngotAudit.Audit(ledger: open.ledger)
        let report =
            if case .file = try Files.entry(at: subject) {
                try audit.report(
                    on: ImageArchive(reading: subject).digest,
                    question: subject
                )
            } else {
                try audit.report(on: subject)
            }
        switch format {
        case .text: print(report.text)
        case .json: print(report.json.prettyText)
        }
        guard report.faults.isEmpty else { throw ExitCode(ExitCodes.failure) }
    }
}
