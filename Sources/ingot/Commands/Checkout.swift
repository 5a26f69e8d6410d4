// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotStore
import IngotWorkspace

struct Checkout: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the files of pointers, or of a version.",
        discussion: """
            Without arguments, the data of all pointers below the working directory. Files that \
            are right stay as they are; those of the version that was there before are replaced or \
            removed; any other file in the way is overwritten only with --force.
            """
    )

    @Argument(
        help: "A pointer or its data, or a version such as support-intents:v3.",
        completion: References.completion
    )
    var name: String?

    @Argument(
        help: "For a version: the directory; by default the repository's name.",
        completion: .directory
    )
    var directory: String?

    @Flag(help: "Overwrite files that have other content.")
    var force = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        if let name, let reference = try? Reference(parsing: name) {
            let digest = try open.catalog.resolve(reference)
            let target = directory ?? Add.lastPart(of: reference.repository.text)
            let path = try DataPath(
                target,
                workingDirectory: FileManager.default.currentDirectoryPath
            )
            let report = try checkout(digest, "\(reference)", form: .directory, at: path, in: open)
            if json { print(JSONValue.array([report]).prettyText) }
            return
        }
        guard directory == nil else {
            throw WorkspaceError("a pointer's data lie beside it: leave out the directory")
        }
        let paths = try WorkspaceArguments.data(name.map { [$0] } ?? [])
        if paths.isEmpty, !json { print("no pointers here: 'ingot add PATH' makes one") }
        var reports: [JSONValue] = []
        for path in paths {
            guard let pointer = try path.readPointer() else { continue }
            guard try open.catalog.version(pointer.digest, in: pointer.repository) != nil else {
                throw WorkspaceError(
                    "\(path.shownPointer): \(pointer.reference) is not in the store: 'ingot pull' "
                        + "brings it"
                )
            }
            reports.append(
                try checkout(
                    pointer.digest,
                    "\(pointer.reference)",
                    form: pointer.form,
                    at: path,
                    in: open
                )
            )
        }
        if json { print(JSONValue.array(reports).prettyText) }
    }

    private func checkout(
        _ digest: Digest,
        _ version: String,
        form: Pointer.Form,
        at path: DataPath,
        in open: OpenStore
    ) throws -> JSONValue {
        let bar = ProgressBar("checking out")
        defer { bar.end() }
        let result = try open.workingCopy(path).checkout(
            digest,
            form: form,
            force: force
        ) { progress in
            bar.show(progress.fraction)
        }
        bar.end()
        let report: JSONValue = [
            "path": .string(path.shown), "reference": .string(version),
            "digest": .string(digest.description),
            "written": .integer(Int64(result.written.filesDone)),
            "bytes": .integer(Int64(result.written.bytesDone)),
            "removed": .integer(Int64(result.removedCount)),
        ]
        guard !json else { return report }
        guard !result.isUnchanged else {
            print("\(path.shown): \(version) already")
            return report
        }
        let removed = result.removedCount == 0 ? "" : ", \(result.removedCount) removed"
        print(
            "\(path.shown): \(result.written.filesDone) files written, "
                + "\(Terminal.size(result.written.bytesDone))\(removed), from \(version) "
                + digest.short
        )
        return report
    }
}
