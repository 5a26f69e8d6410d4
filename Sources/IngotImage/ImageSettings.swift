// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// How a container of the image runs: the `config` of an OCI image configuration 1.1.
package struct ImageSettings: Hashable, Sendable {
    static let architectureOfServer = "amd64"

    /// As Go spells it.
    package var architecture = architectureOfServer
    package var entrypoint = [ServingImage.serverPath]
    /// `serve` is also the argument that SageMaker passes.
    package var command = ["serve"]
    package var environment: [String: String] = [:]
    /// Not root, and in no machine's range of people: `nonroot` of the distroless images.
    package var user = "65532:65532"
    package var port = 8080
    package var workingDirectory = "/"
    package var labels: [String: String] = [:]
    /// Run inside the container without a shell; exit status 0 means healthy.
    package var healthCheck = [ServingImage.serverPath, "health"]

    package init() {}
}

extension ImageSettings {
    /// No time but the epoch, which Docker needs to show an image at all.
    static let created = "1970-01-01T00:00:00Z"

    /// Durations of the health check in nanoseconds, as Docker counts them.
    private static let healthInterval: Int64 = 10_000_000_000
    private static let healthTimeout: Int64 = 5_000_000_000
    private static let healthStartPeriod: Int64 = 30_000_000_000

    /// The image configuration's canonical bytes; `Healthcheck` is Docker's extension of it.
    func configuration(of layers: [(name: String, digest: Digest)]) -> [UInt8] {
        let variables = environment.map { "\($0.key)=\($0.value)" }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let config: [String: JSONValue] = [
            "Cmd": Self.strings(command),
            "Entrypoint": Self.strings(entrypoint),
            "Env": Self.strings(variables),
            "ExposedPorts": .object(["\(port)/tcp": .object([:])]),
            "Healthcheck": [
                "Interval": .integer(Self.healthInterval),
                "Retries": 3,
                "StartPeriod": .integer(Self.healthStartPeriod),
                "Test": Self.strings(["CMD"] + healthCheck),
                "Timeout": .integer(Self.healthTimeout),
            ],
            "Labels": .object(labels.mapValues { .string($0) }),
            "StopSignal": "SIGTERM",
            "User": .string(user),
            "WorkingDir": .string(workingDirectory),
        ]
        let history: [JSONValue] = layers.map {
            ["created": .string(Self.created), "created_by": .string("ingot: \($0.name) layer")]
        }
        let diffIDs = Self.strings(layers.map(\.digest.description))
        let document: JSONValue = [
            "architecture": .string(architecture),
            "config": .object(config),
            "created": .string(Self.created),
            "history": .array(history),
            "os": "linux",
            "rootfs": ["diff_ids": diffIDs, "type": "layers"],
        ]
        return document.canonicalBytes
    }

    private static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map { .string($0) })
    }
}
