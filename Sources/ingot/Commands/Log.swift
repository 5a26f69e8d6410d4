// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles

struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The append-only log of every state change.",
        subcommands: [Show.self, Head.self, Verify.self, WriteReceipt.self, VerifyReceipt.self]
    )

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List log entries.")

        @Option(help: "How many of the newest.")
        var last = 20

        @Flag(help: "Print the entries' canonical JSON, a line each.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let size = try open.catalog.logSize()
            for index in max(0, size - max(0, last))..<size {
                if json {
                    print(
                        String(decoding: try open.catalog.logEntryBytes(index), as: UTF8.self)
                    )
                    continue
                }
                let entry = try open.catalog.logEntry(index)
                let names = entry.changes.compactMap(Self.name).joined(separator: ", ")
                print(
                    "\(index)  \(Timestamp(seconds: entry.time))  \(entry.act.rawValue)  \(names)"
                )
            }
        }

        private static func name(_ change: Change) -> String? {
            switch change {
            case .version(let repository, let number, let digest, _):
                "\(repository):v\(number ?? 0) \(digest.short)"
            case .tag(let repository, let tag, _, let digest, _):
                "\(repository):\(tag) → \(digest?.short ?? "removed")"
            case .versionRemoved(let repository, let digest):
                "\(repository)@\(digest.short) removed"
            case .environment(let name, _, _): "environment \(name)"
            case .key(let role, _, _, _): "key \(role)"
            case .keyRevoked(let keyID, _): "key revoked \(keyID.prefix(12))"
            case .statement: nil
            }
        }
    }

    struct Head: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest signed head, to be kept outside."
        )

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            print(try open.catalog.signedHead() ?? "", terminator: "")
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute the whole log, and compare the catalog with it.",
            discussion: "Exit status 1 when anything does not hold."
        )

        @Option(help: "A signed head that was kept outside; may be given several times.")
        var head: [String] = []

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let held = try head.map {
                String(decoding: try Files.read($0, limit: 1 << 20), as: UTF8.self)
            }
            let report = try open.ledger.verifyLog(heldHeads: held)
            for fault in report.faults { print(fault) }
            guard report.isValid else { throw ExitCode(ExitCodes.failure) }
            print(
                "\(report.size) entries, \(report.headCount) signed heads: the tree, every head and "
                    + "the catalog agree"
            )
        }
    }
}
