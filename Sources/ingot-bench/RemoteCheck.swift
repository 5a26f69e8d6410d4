// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import IngotCore
import IngotCrypto
import IngotRemote

/// What every kind of remote must do, done to a real one by several tasks at once.
struct RemoteCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that a remote keeps what the protocol promises. Writes into it.",
        shouldDisplay: false
    )

    @Argument(help: "An empty remote, or one that may be written to.")
    var address: String

    @Option(help: "Bytes of the largest blob.")
    var largeBytes = 100 << 20

    @Option(help: "Small blobs that are sent.")
    var smallCount = 200

    func run() async throws {
        let environment = Self.environment()
        let remote = try await Remotes.open(
            RemoteAddress(
                parsing: address,
                relativeTo: ".",
                environment: environment
            ),
            environment: environment
        )
        do {
            let checks = try RemoteChecks(remote: remote)
            try await checks.blobs(smallCount: smallCount, largeByteCount: largeBytes)
            try await checks.manifests()
            try await checks.tags()
            try await checks.referrers()
        } catch {
            try await remote.shutdown()
            throw error
        }
        try await remote.shutdown()
        print("\(address): all checks passed")
    }

    private static func environment() -> [String: String] {
        let names = [
            "HOME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "AWS_REGION",
            "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "INGOT_REGISTRY_USER",
            "INGOT_REGISTRY_PASSWORD", "INGOT_CA_FILE", "SSL_CERT_FILE", "HTTP_PROXY",
            "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "PATH",
        ]
        return names.reduce(into: [:]) { environment, name in
            // Safe: the text is copied at once, and nothing here changes the environment.
            environment[name] = unsafe getenv(name).map { unsafe String(cString: $0) }
        }
    }
}
