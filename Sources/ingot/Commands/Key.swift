// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The keys that count, and for what.",
        subcommands: [List.self, Export.self, Trust.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List keys and their roles.")

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            var table = TextTable(["ROLE", "KEY", "OWNER", "STORE", "LOG", "STATE"])
            let keys = try open.catalog.keys()
            if json {
                print(JSONValue.array(keys.map(Self.json)).prettyText)
                return
            }
            for key in keys {
                table.add([
                    key.role, String(key.keyID.prefix(16)), key.detail["owner"]?.string ?? "",
                    String((key.detail["store"]?.string ?? "").prefix(12)),
                    "\(key.logIndex)", key.revocation.map { "revoked: \($0.reason)" } ?? "counts",
                ])
            }
            print(table.text)
        }

        private static func json(_ key: KeyRecord) -> JSONValue {
            [
                "role": .string(key.role), "key": .string(key.keyID),
                "owner": key.detail["owner"] ?? .null, "store": key.detail["store"] ?? .null,
                "log_index": .integer(Int64(key.logIndex)),
                "revoked": key.revocation.map { .string($0.reason) } ?? .null,
            ]
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print this store's public keys, or that of one role.",
            discussion: """
                All of them with their roles, for 'ingot key trust' in another store; that of a role \
                as PEM, for openssl and other verifiers; that of the log as C2SP's verifier key, for \
                'ingot log verify-receipt' and others.
                """
        )

        @Argument(help: "The role, such as gate.", completion: .list(Key.roles))
        var role: String?

        @OptionGroup var options: StoreOptions

        func run() throws {
            let own = try OpenStore(options).ledger.ownKeys()
            guard let role else { return print(own.json.prettyText) }
            let wanted = try Key.role(role)
            if wanted == .log { return print(own.log.text) }
            guard let key = own.keys(for: wanted).last else {
                throw CatalogError(.notFound, "no key of this store has the role '\(role)'")
            }
            print(key.pem, terminator: "")
        }
    }

    struct Trust: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the keys of another store count here, for the roles they have there.",
            discussion: """
                What is pulled from that store then holds here, and its log's receipts count. Have \
                the file from whoever keeps that store, not from the remote that the versions come \
                from. It is logged, by this store's admin key.
                """
        )

        @Argument(help: "What 'ingot key export' printed there.", completion: .file())
        var file: String

        @Option(
            help: "Only this role; may be given several times. By default all but admin.",
            completion: .list(Key.roles)
        )
        var role: [String] = []

        @Option(help: "Who holds the keys, as audits print it; by default what the file says.")
        var owner: String?

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let other = try TrustFile.read(file)
            let roles =
                try role.isEmpty
                ? Set(other.entries.map(\.role)).subtracting([.admin]).union([.log])
                : Set(role.map(Key.role))
            let added = try open.ledger.trust(other, roles: roles, owner: owner)
            for key in added {
                print("\(key.role.rawValue)  \(key.keyID.prefix(16))  \(key.owner)")
            }
            if added.isEmpty { print("these keys count already") }
        }
    }

    private static let roles = Role.allCases.map(\.rawValue)

    private static func role(_ text: String) throws -> Role {
        guard let role = Role(rawValue: text) else {
            let hint = Spelling.nearest(to: text, among: roles).map { ": did you mean '\($0)'?" }
            throw EvidenceError("role '\(text)': there is none of that name\(hint ?? "")")
        }
        return role
    }
}
