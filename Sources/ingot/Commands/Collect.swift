// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotStore

struct Collect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove the bytes that no version needs any more.",
        discussion: """
            Kept is what versions, statements, the log, runs, remembered steps and the registry's \
            repositories lead to. Packs of which less than half is needed are rewritten. Other \
            commands and `ingot serve` may run meanwhile: what one of them may have seen before is \
            removed only when it has ended.
            """
    )

    @Flag(name: [.long, .customShort("n")], help: "Only show what would be removed.")
    var dryRun = false

    @Option(help: "Seconds to wait for commands that are running.")
    var wait = 60

    @Option(
        help: "Hours that a push to `ingot serve` may take, from its uploads to its version."
    )
    var keepUploads = 24

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard (0...86_400).contains(wait) else {
            throw ValidationError("--wait \(wait): expected 0 to 86400 seconds")
        }
        guard (0...87_600).contains(keepUploads) else {
            throw ValidationError("--keep-uploads \(keepUploads): expected 0 to 87600 hours")
        }
    }

    func run() throws {
        // Its own lease would be one to wait for.
        let open = try OpenStore(options, isLeased: false)
        let stale = StaleLinks(
            uploadSeconds: keepUploads * 3600,
            begun: try open.store.oldestOperation()
        )
        let collection = try GarbageCollection(of: open.store, patience: .seconds(wait)) {
            try open.ledger.markRoots(&$0, without: stale)
        }
        if !dryRun { try open.catalog.prune(stale) }
        let report = try dryRun ? collection.plan() : collection.run()
        if json {
            print(Self.document(report).prettyText)
        } else {
            describe(report)
        }
        guard report.isComplete else {
            let processes = report.busyProcesses.joined(separator: ", ")
            throw StoreError(
                "running all the time, and may need what would be removed: process \(processes): run "
                    + "this again when it has ended, or with a longer --wait"
            )
        }
    }

    private func describe(_ report: CollectionReport) {
        let kept = Terminal.size(report.keptByteCount)
        let garbage = Terminal.size(report.garbageByteCount)
        if dryRun {
            print("\(report.garbageBlobCount) blobs, \(garbage), would be removed; \(kept) kept")
            if report.sparsePackCount > 0 {
                print("\(report.sparsePackCount) packs would be rewritten without what is unneeded")
            }
            return
        }
        let removed = Terminal.size(report.removedByteCount)
        let rewritten =
            report.sparsePackCount == 0 ? "" : ", \(report.sparsePackCount) packs rewritten"
        print("\(report.removedBlobCount) blobs removed, \(removed)\(rewritten); \(kept) kept")
    }

    private static func document(_ report: CollectionReport) -> JSONValue {
        [
            "kept_bytes": .integer(Int64(report.keptByteCount)),
            "garbage_blobs": .integer(Int64(report.garbageBlobCount)),
            "garbage_bytes": .integer(Int64(report.garbageByteCount)),
            "removed_blobs": .integer(Int64(report.removedBlobCount)),
            "removed_bytes": .integer(Int64(report.removedByteCount)),
            "sparse_packs": .integer(Int64(report.sparsePackCount)),
            "busy_processes": .array(report.busyProcesses.map { .string($0) }),
        ]
    }
}
