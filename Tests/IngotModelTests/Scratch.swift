// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotFiles

/// A directory of one test, removed with it.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/ingot-model-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(path)
    }

    deinit {
        do { try Files.remove(path) } catch { print("scratch directory \(path) stays: \(error)") }
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Files.replace("\(path)/\(name)", with: bytes)
        return "\(path)/\(name)"
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    func map(_ name: String, _ bytes: [UInt8]) throws -> MappedFile {
        try MappedFile(path: write(name, bytes))
    }
}

/// The message of the error that `body` throws; empty when it throws none.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}
