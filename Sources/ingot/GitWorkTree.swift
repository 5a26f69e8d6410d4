// SPDX-License-Identifier: Apache-2.0

import Foundation
import IngotEvidence

/// What Git says of the folder that a file lies in, for provenance.
enum GitWorkTree {
    /// Nil outside a work tree, without a commit, or without Git.
    static func state(at path: String) -> GitState? {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        let folder =
            exists && isDirectory.boolValue
            ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard let commit = git(["rev-parse", "HEAD"], in: folder), commit.utf8.count >= 40,
            let status = git(["status", "--porcelain"], in: folder)
        else { return nil }
        return GitState(commit: commit, isDirty: !status.isEmpty)
    }

    private static func git(_ arguments: [String], in folder: String) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch { return nil }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
