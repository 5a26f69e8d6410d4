// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles

extension Log {
    struct WriteReceipt: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "receipt",
            abstract: "Write the proof that a statement is in this log, to be kept outside.",
            discussion: """
                A C2SP tlog-proof that carries the log entry: whoever has it and this log's key \
                ('ingot key export log') can check it without the store, with 'ingot log \
                verify-receipt' or a program of their own.
                """
        )

        @Argument(
            help: "A version, such as support-intents:v3; a digest; or an environment.",
            completion: References.completion
        )
        var reference: String

        @Option(
            help: "The statement's bundle, as 'ingot show --json' names it; by default the first."
        )
        var statement: String?

        @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
        var output: String?

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let (reference, digest) = try open.resolve(reference)
            let record = try record(about: digest, reference, open.catalog)
            let receipt = try open.ledger.receipt(ofEntry: record.logIndex)
            let head = try open.ledger.check(receipt).head
            if let output { try Files.replace(output, with: Array(receipt.file.utf8)) }
            if json {
                var members: [String: JSONValue] = [
                    "reference": .string(reference.description),
                    "digest": .string(digest.description),
                    "statement": .string(record.envelope.description),
                    "predicate": .string(record.predicateType),
                    "log": .string(head.origin), "log_index": .integer(Int64(record.logIndex)),
                ]
                members["output"] = output.map { .string($0) }
                if output == nil { members["receipt"] = .string(receipt.file) }
                print(JSONValue.object(members).prettyText)
            } else if let output {
                print("\(output): entry \(record.logIndex) of \(head.origin)")
            } else {
                print(receipt.file, terminator: "")
            }
        }

        private func record(
            about version: Digest,
            _ reference: Reference,
            _ catalog: Catalog
        ) throws -> StatementRecord {
            let records = try catalog.statements(about: version)
            let wanted = try statement.map { try Digest(parsing: $0) }
            if let found = records.first(where: { wanted == nil || $0.envelope == wanted }) {
                return found
            }
            throw CatalogError(
                .notFound,
                wanted.map { "\(reference): no statement \($0) is about it: see 'ingot show'" }
                    ?? "\(reference): no statement is about it: there is nothing to prove"
            )
        }
    }

    struct VerifyReceipt: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check receipts: that their entries are in the logs that they name.",
            discussion: """
                Needs no network, and with --key no store. Without it the logs count whose keys \
                this store trusts, its own first. Exit status 1 when anything does not hold.
                """
        )

        @Argument(help: "What 'ingot log receipt' wrote.", completion: .file())
        var files: [String]

        @Option(
            help: """
                A file with the log's key, as 'ingot key export' or 'ingot key export log' printed \
                it; may be given several times.
                """,
            completion: .file()
        )
        var key: [String] = []

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let checked = try files.map(try check())
            if json {
                print(JSONValue.array(checked.map(\.json)).prettyText)
            } else {
                for item in checked { print(PrintableText.line(item.text)) }
            }
            guard checked.allSatisfy({ $0.fault == nil }) else {
                throw ExitCode(ExitCodes.failure)
            }
        }

        /// How a file is checked: by the keys that were given, else by those of the store.
        private func check() throws -> (String) -> CheckedFile {
            if key.isEmpty {
                let ledger = try OpenStore(options).ledger
                _ = try ledger.keys.trust
                return { CheckedFile($0, check: ledger.check) }
            }
            let keys = try key.map(TrustFile.readLogKey)
            return { CheckedFile($0) { try $0.check(by: keys) } }
        }
    }
}

/// A file and what checking it came to.
private struct CheckedFile {
    let path: String
    let receipt: Receipt?
    let head: LogHead?
    /// Nil for one that holds.
    let fault: String?

    init(_ path: String, check: (Receipt) throws -> CheckedReceipt) {
        self.path = path
        var found: (receipt: Receipt?, head: LogHead?)
        do {
            let receipt = try Receipt(parsing: Files.read(path, limit: Receipt.byteLimit))
            let checked = try check(receipt)
            found = (receipt, checked.head)
            fault =
                checked.isTrusted
                ? nil
                : "log not trusted: \(checked.head.origin): give its --key, or let it count by "
                    + "'ingot key trust'"
        } catch { fault = "\(error)" }
        (receipt, head) = found
    }

    var text: String {
        guard fault == nil, let receipt, let head else {
            return "\(path): DOES NOT HOLD: \(fault ?? "")"
        }
        let about = receipt.statements.map { "\($0.predicateType) about \($0.subject)" }
        return "\(path): entry \(receipt.proof.index) of \(head.origin), "
            + "\(Timestamp(seconds: receipt.entry.time)), \(receipt.entry.act.rawValue): "
            + (about + ["holds"]).joined(separator: ", ")
    }

    var json: JSONValue {
        let statements = (receipt?.statements ?? []).map { statement -> JSONValue in
            [
                "subject": .string(statement.subject.description),
                "envelope": .string(statement.envelope.description),
                "predicate": .string(statement.predicateType),
            ]
        }
        return [
            "file": .string(path), "valid": .bool(fault == nil),
            "fault": fault.map { .string($0) } ?? .null,
            "log": head.map { .string($0.origin) } ?? .null,
            "log_index": receipt.map { .integer(Int64($0.proof.index)) } ?? .null,
            "time": receipt.map { .string(Timestamp(seconds: $0.entry.time).description) } ?? .null,
            "act": receipt.map { .string($0.entry.act.rawValue) } ?? .null,
            "statements": .array(statements),
        ]
    }
}
