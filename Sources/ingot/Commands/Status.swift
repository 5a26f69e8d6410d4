// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCatalog
import IngotCore
import IngotFiles
import IngotWorkspace

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare data with their pointers.",
        discussion: """
            Files that were not touched since they were added or checked out are not read. With \
            --exit-code the exit status is 1 when something differs, as `git diff --exit-code` has \
            it.
            """
    )

    @Argument(
        help: "Data or their pointers; by default all pointers below the working directory.",
        completion: .file()
    )
    var paths: [String] = []

    @Flag(help: "Name every file that differs.")
    var verbose = false

    @Flag(help: "Exit with 1 when something differs.")
    var exitCode = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let reports = try WorkspaceArguments.data(paths).map {
            try StatusReport($0, in: open)
        }
        if json {
            print(JSONValue.array(reports.map(\.json)).prettyText)
        } else {
            for report in reports { print(report.text(isVerbose: verbose)) }
            if reports.isEmpty { print("no pointers here: 'ingot add PATH' makes one") }
        }
        if exitCode, !reports.allSatisfy({ $0.state == .clean }) { throw ExitCode(1) }
    }
}

/// The data that a command of the workspace was asked to work on.
enum WorkspaceArguments {
    static func data(_ paths: [String]) throws -> [DataPath] {
        let directory = FileManager.default.currentDirectoryPath
        guard !paths.isEmpty else { return try PointerSearch.data(below: directory) }
        return try paths.flatMap { text in
            let isHere = [".", "./"].contains(text)
            let data = isHere ? nil : try DataPath(text, workingDirectory: directory)
            if let data, try data.readPointer() != nil { return [data] }
            let below = data?.absolute ?? directory
            guard try Files.entry(at: below) == .directory
            else {
                throw WorkspaceError("\(text): no pointer \(text).ingot: 'ingot add' makes one")
            }
            let found = try PointerSearch.data(below: below)
            guard !found.isEmpty else {
                throw WorkspaceError("\(text): no pointer for it or in it: 'ingot add' makes one")
            }
            return try found.map { try DataPath($0.absolute, workingDirectory: directory) }
        }
    }
}

/// What `ingot status` says of one pointer.
struct StatusReport {
    let path: DataPath
    let pointer: Pointer
    let state: WorkingState
    /// The newest version of the pointer's repository; nil when the store has none.
    private let newest: VersionRecord?
    /// The version that the data is instead, as a person would name it.
    private let other: String?

    init(_ path: DataPath, in open: OpenStore) throws {
        guard let pointer = try path.readPointer() else {
            throw WorkspaceError("\(path.shown): no pointer: 'ingot add' makes one")
        }
        self.path = path
        self.pointer = pointer
        let known = try open.catalog.version(pointer.digest, in: pointer.repository)
        state =
            known == nil
            ? .versionMissing
            : try open.workingCopy(path).state(against: pointer)
        newest = try open.catalog.versions(of: pointer.repository).last
        if case .otherVersion(let digest, _) = state {
            let record = try open.catalog.version(digest, in: pointer.repository)
            other = record.map { "\($0.repository):\($0.tag)" } ?? digest.short
        } else {
            other = nil
        }
    }

    private var name: String {
        switch state {
        case .clean: "clean"
        case .modified: "modified"
        case .notCheckedOut: "not checked out"
        case .versionMissing: "version missing"
        case .otherVersion: "other version"
        }
    }

    private var changes: WorkingState.Changes {
        switch state {
        case .modified(let changes), .otherVersion(_, let changes): changes
        default: WorkingState.Changes()
        }
    }

    /// Negative when the repository has newer versions than the pointer's.
    private var lead: Int {
        guard let number = pointer.tag.versionNumber else { return 0 }
        return number - (newest?.number ?? number)
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "path": .string(path.shown), "pointer": .string(path.shownPointer),
            "reference": .string(pointer.reference.description),
            "digest": .string(pointer.digest.description),
            "state": .string(name.replacingOccurrences(of: " ", with: "-")),
            "changed": .array(changes.changed.map { .string($0) }),
            "new": .array(changes.new.map { .string($0) }),
            "deleted": .array(changes.deleted.map { .string($0) }),
        ]
        if let other { members["checked_out"] = .string(other) }
        if let newest { members["newest"] = .string("\(newest.repository):\(newest.tag)") }
        return .object(members)
    }

    func text(isVerbose: Bool) -> String {
        var lines = ["\(path.shown): \(sentence)"]
        if lead < 0, let newest {
            lines.append("  the pointer is behind: the newest version is \(newest.tag)")
        }
        if lead > 0, state == .versionMissing, let newest {
            lines.append("  the pointer is ahead: the store's newest version is \(newest.tag)")
        }
        if isVerbose {
            lines += changes.changed.map { "  changed: \($0)" }
            lines += changes.new.map { "  new:     \($0)" }
            lines += changes.deleted.map { "  deleted: \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private var counts: String {
        [("changed", changes.changed), ("new", changes.new), ("deleted", changes.deleted)]
            .filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0)" }.joined(separator: ", ")
    }

    private var sentence: String {
        let reference = pointer.reference
        return switch state {
        case .clean: "clean, \(reference)"
        case .modified: "modified since \(reference): \(counts): 'ingot add' makes a version of it"
        case .notCheckedOut: "not checked out: 'ingot checkout \(path.shownPointer)' writes it"
        case .versionMissing: "\(reference) is not in the store: 'ingot pull' brings it"
        case .otherVersion:
            "is \(other ?? ""), unchanged; the pointer names \(reference)"
                + (counts.isEmpty ? "" : " (\(counts))")
                + ": 'ingot checkout \(path.shownPointer)' writes it"
        }
    }
}
