// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotFiles

/// A directory that goes away with the value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/ingot-server-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(path)
    }

    deinit {
        do { try Files.remove(path) } catch { print("\(path): \(error)") }
    }

    /// Writes a file, making the directories above it.
    func write(_ bytes: [UInt8], to name: String) throws {
        let full = "\(path)/\(name)"
        if let slash = full.lastIndex(of: "/") {
            try Files.makeDirectories(String(full[..<slash]))
        }
        try Files.replace(full, with: bytes)
    }
}
