// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles
internal import IngotYAML

/// Has a registry follow the file that says who may do what.
///
/// A file that cannot be used changes nothing: what it said before counts until it is put right.
package struct AccessFileWatch: Sendable {
    private static let interval = Duration.seconds(1)

    private let path: String
    private let registry: Registry
    private let log: AccessLog
    /// What the file held when it was looked at last; nil when it could not be read.
    private var seen: [UInt8]?

    package init(path: String, registry: Registry, log: AccessLog) {
        self.path = path
        self.registry = registry
        self.log = log
    }

    /// Looks at the file again and again, until the task is cancelled.
    package mutating func run() async throws {
        while true {
            try await Task.sleep(for: Self.interval)
            look()
        }
    }

    /// Takes over what the file says, when that is new.
    mutating func look() {
        do {
            let bytes = try Files.read(path, limit: YAMLDocument.byteLimit)
            guard bytes != seen else { return }
            seen = bytes
            registry.access = try AccessFile(parsing: bytes).control
        } catch let error as FileError {
            if seen != nil { report(error.message) }
            seen = nil
        } catch { report("\(path): \(error)") }
    }

    private func report(_ problem: String) {
        log.record(problem: "\(problem): what the file said before counts until it is put right")
    }
}
