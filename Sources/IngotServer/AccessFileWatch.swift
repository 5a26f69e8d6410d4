// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Reads the file that says who may do what, and has a registry follow it.
///
/// (1) A file that cannot be used changes nothing: what it said before counts until it is put right.
/// (2) What is new counts when two looks found the same: a file may be met while it is written.
package struct AccessFileWatch: Sendable {
    private static let interval = Duration.seconds(1)

    /// What a look finds.
    private enum Content: Equatable {
        case bytes([UInt8])
        case fault(String)
    }

    private let path: String
    /// What the file said when it was opened.
    package let control: AccessControl
    /// What counts, or was complained of.
    private var known: Content
    private var seen: Content

    /// - Throws: `FieldError` or `FileError` when the file cannot be used.
    package init(path: String) throws {
        self.path = path
        let bytes = try AccessFile.read(path)
        control = try AccessFile(parsing: bytes, of: path).control
        known = .bytes(bytes)
        seen = known
    }

    /// Looks at the file again and again, until the task is cancelled.
    package mutating func run(_ registry: Registry, log: AccessLog) async throws {
        while true {
            try await Task.sleep(for: Self.interval)
            look(registry, log)
        }
    }

    /// Takes over what the file says, when that is new.
    mutating func look(_ registry: Registry, _ log: AccessLog) {
        let found = content()
        defer { seen = found }
        // Invariant (2).
        guard found != known, found == seen else { return }
        known = found
        do {
            switch found {
            case .bytes(let bytes):
                registry.access = try AccessFile(parsing: bytes, of: path).control
            case .fault(let problem): report(problem, log)
            }
        } catch { report("\(error)", log) }
    }

    private func content() -> Content {
        do {
            return .bytes(try AccessFile.read(path))
        } catch let error as FileError { return .fault(error.message) } catch {
            return .fault("\(path): \(error)")
        }
    }

    private func report(_ problem: String, _ log: AccessLog) {
        log.record(problem: "\(problem): what the file said before counts until it is put right")
    }
}
