// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotRemote
import IngotWorkspace

struct RemoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remote",
        abstract: "The places that versions are pushed to and pulled from, in ingot.yaml.",
        subcommands: [Add.self, List.self, Remove.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a remote.",
            discussion: """
                /path, ./path or file:///path; s3://bucket/prefix?endpoint=…; oci://host/prefix for \
                any OCI registry; ingot+https://host/prefix for one that 'ingot serve' offers \
                (ingot+http:// where it speaks no TLS).

                Credentials are those of 'docker login' and its like, credential helpers included, or \
                INGOT_REGISTRY_USER and INGOT_REGISTRY_PASSWORD; those of S3 are where AWS's tools \
                have them. INGOT_CA_FILE, else SSL_CERT_FILE, names certificates to trust beside the \
                system's. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY count, except for this \
                machine.
                """
        )

        @Argument(help: "Its name; 'origin' is used where none is named.")
        var name: String

        @Argument(help: "Its address.")
        var address: String

        @OptionGroup var options: StoreOptions

        func run() throws {
            var list = try options.remotes()
            _ = try OpenRemote.parse(address, relativeTo: options.workspace())
            try list.add(name, address)
            print("\(name)  \(address)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the remotes.")

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let list = try options.remotes()
            if json {
                print(JSONValue.object(list.addresses.mapValues { .string($0) }).prettyText)
            } else {
                for name in list.names { print("\(name)  \(list.addresses[name] ?? "")") }
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a remote; what lies there stays."
        )

        @Argument(help: "Its name.")
        var name: String

        @OptionGroup var options: StoreOptions

        func run() throws {
            var list = try options.remotes()
            try list.remove(name)
        }
    }
}

extension StoreOptions {
    /// The directory that holds `.ingot/` and `ingot.yaml`.
    func workspace() throws -> String {
        let root = try location()
        return root.lastIndex(of: "/").map { String(root[..<$0]) } ?? "."
    }

    func remotes() throws -> RemoteList { try RemoteList(workspace: workspace()) }
}

/// A remote that a command was told to use.
enum OpenRemote {
    static func parse(_ address: String, relativeTo directory: String) throws -> RemoteAddress {
        try RemoteAddress(
            parsing: address,
            relativeTo: directory,
            environment: ProcessInfo.processInfo.environment
        )
    }

    /// Runs `body` with the remote of a name or an address, and closes it.
    static func with<Value>(
        _ name: String?,
        _ options: StoreOptions,
        _ body: (any Remote) async throws -> Value
    ) async throws -> Value {
        let isAddress = name.map { $0.contains("/") } ?? false
        let address = try isAddress ? (name ?? "") : options.remotes().address(named: name)
        let directory =
            try isAddress ? FileManager.default.currentDirectoryPath : options.workspace()
        let remote = try await Remotes.open(
            parse(address, relativeTo: directory),
            environment: ProcessInfo.processInfo.environment
        )
        let value: Value
        do {
            value = try await body(remote)
        } catch {
            try? await remote.shutdown()
            throw error
        }
        try await remote.shutdown()
        return value
    }
}
