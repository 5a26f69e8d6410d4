// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotFiles

/// A directory that goes away with the value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/ingot-workspace-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(path)
    }

    deinit {
        do { try Files.remove(path) } catch { print("\(path): \(error)") }
    }

    /// Writes a file, making the directories above it.
    func write(_ text: String, to name: String) throws {
        let full = "\(path)/\(name)"
        if let slash = full.lastIndex(of: "/") {
            try Files.makeDirectories(String(full[..<slash]))
        }
        try Files.replace(full, with: text.utf8)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Files.read("\(path)/\(name)"), as: UTF8.self)
    }
}
