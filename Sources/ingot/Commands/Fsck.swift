// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotEvidence
import IngotStore

struct Fsck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read every byte of the store, and name what is damaged.",
        discussion: "Exit status 1 when something is. `ingot log verify` checks the log."
    )

    @Flag(help: "Make the chunk index anew from the packs first.")
    var rebuildIndex = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        if rebuildIndex {
            let count = try open.store.rebuildIndex()
            if !json { print("index made anew from \(count) packs") }
        }
        let bar = ProgressBar("checking")
        let versions = try open.catalog.repositories().flatMap {
            try open.catalog.versions(of: $0)
        }
        // An image's layers are streamed from the versions they are made of, not kept.
        let named = versions.filter { $0.kind != .image }.map(\.digest)
        let images = versions.filter { $0.kind == .image }.map(\.digest)
        let statements = try open.catalog.statements().flatMap { [$0.envelope, $0.referrer] }
        let all = try open.catalog.namedDigests()
        let linked = all.linkedManifests.union(all.linkedBlobs)
        let damage = try open.store.check(
            manifests: named,
            blobs: images + statements + linked,
            evidence: open.ledger.evidence()
        ) { progress in
            bar.show(progress.fraction)
        }
        bar.end()
        if json {
            let items = damage.map { JSONValue.string($0.description) }
            let document: JSONValue = [
                "versions": .integer(Int64(versions.count)), "damage": .array(items),
            ]
            print(document.prettyText)
        } else {
            for item in damage { print(item) }
            if damage.isEmpty {
                print("clean: every byte of the store read, versions: \(versions.count)")
            }
        }
        guard damage.isEmpty else { throw ExitCode(ExitCodes.failure) }
    }
}
