// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotEvidence

/// An operator with an editor opens the database file while nobody looks.
@Suite("Attacks on the log")
struct LogAttackTests {
    struct Edit: CustomTestStringConvertible {
        let what: String
        /// Of one length: SQLite's pages have no checksums of their own.
        let old: String
        let new: String
        /// Part of a fault that must be reported.
        let fault: String
        var testDescription: String { what }
    }

    @Test(
        "finds every edit of the database",
        arguments: [
            Edit(
                what: "another act in an old entry",
                old: "\"act\":\"datasetAdded\"",
                new: "\"act\":\"adapterMerge\"",
                fault: "log head of 2 entries"
            ),
            Edit(
                what: "another time in an old entry",
                old: "\"time\":1767323045}",
                new: "\"time\":1767323044}",
                fault: "another root"
            ),
            Edit(
                what: "another kind in an old entry",
                old: "\"kind\":\"dataset\"",
                new: "\"kind\":\"runtime\"",
                fault: "log head of 2 entries"
            ),
            Edit(
                what: "another size in a signed head",
                old: "ingot.dev/log/ab12\n2\n",
                new: "ingot.dev/log/ab12\n7\n",
                fault: "not signed by the log key"
            ),
            Edit(
                what: "another log in a signed head",
                old: "ingot.dev/log/ab12\n2\n",
                new: "ingot.dev/log/zz99\n2\n",
                fault: "not of 'ingot.dev/log/ab12'"
            ),
            Edit(
                what: "another type in the table of statements",
                old: "https://ingot.dev/attestation/dataset-added/v1publisher",
                new: "https://ingot.dev/attestation/dataset-added/v9publisher",
                fault: "statement"
            ),
        ]
    )
    func edits(edit: Edit) throws {
        let place = try TemporaryDirectory()
        let digest = try makeStore(in: place)
        let path = "\(place.path)/.ingot/catalog.sqlite"
        var bytes = try Files.read(path)
        let count = replace(edit.old, with: edit.new, in: &bytes)
        #expect(count > 0)
        try Files.replace(path, with: bytes)
        let test = try TestStore(reopening: place)
        let report = try test.ledger.verifyLog()
        #expect(report.faults.contains { $0.contains(edit.fault) }, "\(report.faults)")
        let held = try Files.read("\(place.path)/held")
        let faults = try test.ledger.verifyLog(heldHeads: [String(decoding: held, as: UTF8.self)])
            .faults
        #expect(!faults.isEmpty)
        if edit.what.contains("entry") || edit.what.contains("statements") {
            #expect(try !test.ledger.verify(digest).isValid)
        }
        if edit.what.contains("another act") {
            // What cannot be read proves nothing.
            #expect(try test.ledger.proofs(about: digest).values.map { $0 } == [.noReceipt])
        }
    }

    @Test("finds nothing in a store that nobody edited")
    func untouched() throws {
        let place = try TemporaryDirectory()
        let digest = try makeStore(in: place)
        let test = try TestStore(reopening: place)
        #expect(try test.ledger.verifyLog().faults == [])
        #expect(try test.ledger.verify(digest).isValid)
    }

    /// A store with one dataset version, closed again.
    private func makeStore(in place: TemporaryDirectory) throws -> Digest {
        let test = try TestStore(in: place)
        let (digest, receipt) = try test.addDataset("raw", "rows")
        try Files.replace("\(place.path)/held", with: Array(receipt.head.utf8))
        return digest
    }

    private func replace(_ old: String, with new: String, in bytes: inout [UInt8]) -> Int {
        let (old, new) = (Array(old.utf8), Array(new.utf8))
        var count = 0
        var index = 0
        while index + old.count <= bytes.count {
            if bytes[index] == old[0], bytes[index..<(index + old.count)].elementsEqual(old) {
                bytes.replaceSubrange(index..<(index + old.count), with: new)
                count += 1
                index += old.count
            } else {
                index += 1
            }
        }
        return count
    }
}
