// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles
import IngotStore
import IngotWorkspace

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a store and its keys.",
        discussion: """
            The store is the directory `.ingot` in the given directory; the private keys, one a \
            role, lie in ~/.config/ingot/keys. Roles on one host separate meaning, not trust. Run \
            again, it finishes what was interrupted.
            """
    )

    @Argument(help: "The directory that gets the store.", completion: .directory)
    var directory = "."

    @Option(help: "Who holds the keys, as audits print it.")
    var owner: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let root = OpenStore.absolute(
            directory == "."
                ? StoreLocation.directoryName : "\(directory)/\(StoreLocation.directoryName)"
        )
        try Files.makeDirectories(root)
        try Self.checkCatalog(at: root)
        let blobs = try BlobStore.create(at: root)
        let catalog = try Catalog.create(at: root)
        let storeID = try StoreIdentity.create(
            at: root,
            known: catalog.signedHead().flatMap(KeyRing.storeID(ofHead:))
        )
        let logSize = try catalog.logSize()
        let isNew = logSize == 0
        let keys = try KeyRing.prepare(
            at: OpenStore.keyDirectory(ofStore: storeID),
            storeID: storeID,
            owner: owner ?? Self.user,
            logSize: logSize
        )
        let ledger = Ledger(blobs: blobs, catalog: catalog, keys: keys)
        if isNew { try ledger.recordCreation() }
        let workspace = String(root.dropLast(StoreLocation.directoryName.count + 1))
        if try IgnoreFile.isInWorkTree(workspace) {
            try IgnoreFile.add(StoreLocation.directoryName, isDirectory: true, in: workspace)
        }
        if json {
            let value: JSONValue = [
                "store": .string(root), "keys": .string(keys.directory), "is_new": .bool(isNew),
            ]
            print(value.prettyText)
            return
        }
        print("\(isNew ? "made" : "already there"): \(root)")
        print("keys: \(keys.directory)")
    }

    /// A new catalog in a lost one's place would begin the log anew under the same name and keys.
    private static func checkCatalog(at root: String) throws {
        let catalog = StoreLayout(root: root).catalog
        guard try StoreIdentity.isMade(at: root), try Files.entry(at: catalog) == nil
        else { return }
        throw CatalogError(
            .notFound,
            "\(catalog): lost: restore it from a copy: the log and the names of all versions are in it; "
                + "to begin a new store over what is left, remove \(root)/store-id first"
        )
    }

    private static var user: String {
        ProcessInfo.processInfo.environment["USER"] ?? NSUserName()
    }
}
