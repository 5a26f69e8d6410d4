// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotFiles
import IngotHTTP
import IngotServer

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Offer the store over HTTP as an OCI registry.",
        discussion: """
            Clients are ingot, skopeo, podman, docker and oras. --auth names a YAML file of tokens, made \
            with `ingot serve token new`; without it everybody may read and write, so the server then \
            listens on loopback only, unless --insecure-anonymous is given. SIGTERM ends it in good \
            order. `ingot serve` is `ingot serve run`: `ingot serve run --help` lists its options.
            """,
        subcommands: [Run.self, TokenCommand.self],
        defaultSubcommand: Run.self
    )

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve until SIGTERM or SIGINT."
        )

        @Option(help: "Address and port; port 0 takes a free one.")
        var listen = "127.0.0.1:5443"

        @Option(help: "The YAML file that says who may read and write what.")
        var auth: String?

        @Option(help: "The certificate chain, PEM; with it the server speaks HTTPS.")
        var tlsCertificate: String?

        @Option(help: "The certificate's private key, PEM.")
        var tlsKey: String?

        @Flag(help: "Let everybody read and write, from any address.")
        var insecureAnonymous = false

        @Flag(help: "Print a line for each request on standard error.")
        var verbose = false

        @OptionGroup var options: StoreOptions

        /// How long requests may go on after SIGTERM.
        private static let grace: Duration = .seconds(20)

        func validate() throws {
            guard (tlsCertificate == nil) == (tlsKey == nil) else {
                throw ValidationError("--tls-certificate and --tls-key go together")
            }
            guard auth == nil || !insecureAnonymous else {
                throw ValidationError("--auth says who may do what: leave --insecure-anonymous out")
            }
        }

        func run() throws {
            let (host, port) = try Self.address(listen)
            let isLoopback = host == "::1" || host == "localhost" || host.hasPrefix("127.")
            guard auth != nil || insecureAnonymous || isLoopback else {
                throw ValidationError(
                    "\(listen): without --auth everybody could write to the store: give --auth, "
                        + "listen on 127.0.0.1, or say --insecure-anonymous"
                )
            }
            // Before any other thread exists.
            TerminationSignal.block()
            let open = try OpenStore(options, isLeased: false)
            var access = AccessControl.open
            let watch = try auth.map { try AccessFileWatch(path: $0) }
            if let watch { access = watch.control }
            let registry = try Registry(
                store: open.store,
                catalog: open.catalog,
                ledger: open.ledger,
                access: access
            )
            var tls: TLSFiles?
            if let tlsCertificate, let tlsKey {
                tls = TLSFiles(certificate: tlsCertificate, key: tlsKey)
            }
            let write: @Sendable (String) -> Void = { Terminal.printError($0) }
            let log = AccessLog(write: verbose ? write : nil, writeFault: write)
            let threads = ProcessInfo.processInfo.activeProcessorCount
            let scheme = tls == nil ? "http" : "https"
            let shownHost = host.contains(":") ? "[\(host)]" : host
            let root = open.store.blobs.root
            try TerminationSignal.runBlockingMain { [tls] in
                let server = try await RegistryServer.start(
                    registry,
                    host: host,
                    port: port,
                    tls: tls,
                    threads: threads,
                    log: log
                )
                print("serving \(root) on \(scheme)://\(shownHost):\(server.port)/v2/")
                fflush(nil)
                try await withThrowingTaskGroup { group in
                    if let watch {
                        group.addTask {
                            var watch = watch
                            try await watch.run(registry, log: log)
                        }
                    }
                    try await TerminationSignal.wait()
                    group.cancelAll()
                }
                try await server.shutdown(grace: Self.grace)
            }
        }

        /// `host:port`, an IPv6 address in brackets.
        private static func address(_ text: String) throws -> (host: String, port: Int) {
            guard let colon = text.lastIndex(of: ":"),
                let port = UInt16(text[text.index(after: colon)...]), colon != text.startIndex
            else {
                throw ValidationError("--listen \(text): expected an address and a port")
            }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            return (String(host), Int(port))
        }
    }

    struct TokenCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token",
            abstract: "Tokens for those who use the registry.",
            subcommands: [New.self]
        )

        struct New: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make a token, add its hash to the file, and print it once.",
                discussion: """
                    A pattern is a repository's name; a '*' at its end stands for any rest. Who may \
                    write may read. A running server follows the file within a \
                    second or two; one that cannot be read changes nothing there.
                    """
            )

            @Option(help: "Who gets it; shown in the access log.")
            var name: String

            @Option(help: "Repositories it may read.")
            var read: [String] = []

            @Option(help: "Repositories it may read and write.")
            var write: [String] = []

            @Option(help: "The YAML file, made where it is missing.")
            var auth = "registry-access.yaml"

            func validate() throws {
                guard !read.isEmpty || !write.isEmpty else {
                    throw ValidationError("give --read or --write, or the token opens nothing")
                }
            }

            func run() throws {
                let token = try AccessFile.add(
                    token: name,
                    rights: AccessControl.Rights(read: read, write: write),
                    toFileAt: auth
                )
                print(token)
            }
        }
    }
}
