// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The keys that count, and for what.",
        subcommands: [List.self, Export.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List keys and their roles.")

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            var table = TextTable(["ROLE", "KEY", "OWNER", "LOG", "STATE"])
            let keys = try open.catalog.keys()
            if json {
                print(JSONValue.array(keys.map(Self.json)).prettyText)
                return
            }
            for key in keys {
                table.add([
                    key.role, String(key.keyID.prefix(16)), key.detail["owner"]?.string ?? "",
                    "\(key.logIndex)", key.revocation.map { "revoked: \($0.reason)" } ?? "counts",
                ])
            }
            print(table.text)
        }

        private static func json(_ key: KeyRecord) -> JSONValue {
            [
                "role": .string(key.role), "key": .string(key.keyID),
                "owner": key.detail["owner"] ?? .null, "log_index": .integer(Int64(key.logIndex)),
                "revoked": key.revocation.map { .string($0.reason) } ?? .null,
            ]
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a role's public key as PEM, for openssl and other verifiers."
        )

        @Argument(help: "The role, such as gate.")
        var role: String

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let keys = try open.catalog.keys().filter { $0.role == role && $0.revocation == nil }
            guard let key = keys.last else {
                let known = Role.allCases.map(\.rawValue)
                let hint = Spelling.nearest(to: role, among: known).map {
                    ": did you mean '\($0)'?"
                }
                throw CatalogError(.notFound, "no key has the role '\(role)'\(hint ?? "")")
            }
            print(key.pem, terminator: "")
        }
    }
}
