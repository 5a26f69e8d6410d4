// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// A directory that goes away with the value.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        path = "/tmp/ingot-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(path)
    }

    deinit {
        do { try Files.remove(path) } catch { print("\(path): \(error)") }
    }

    /// Writes a file, making the directories above it.
    package func write(_ bytes: [UInt8], to name: String) throws {
        let full = "\(path)/\(name)"
        if let slash = full.lastIndex(of: "/") {
            try Files.makeDirectories(String(full[..<slash]))
        }
        try Files.replace(full, with: bytes)
    }

    package func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    package func text(_ name: String) throws -> String {
        String(decoding: try Files.read("\(path)/\(name)"), as: UTF8.self)
    }
}
