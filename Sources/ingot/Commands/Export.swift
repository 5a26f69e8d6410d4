// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotDVC
import IngotFiles
import IngotStore

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a version in the form of another tool.",
        subcommands: [DVC.self]
    )

    struct DVC: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dvc",
            abstract: "Write a version into a remote of DVC, and the `.dvc` file that names it.",
            discussion: """
                `dvc pull` in a project that has the remote and the `.dvc` file brings exactly the \
                version. Objects that are in the remote are kept. A version of one file is a file \
                to DVC, or a directory when --out gives it another name than the file has.
                """
        )

        @Argument(help: "repository:tag or repository@sha256:…")
        var reference: String

        @Option(name: .customLong("to"), help: "The remote, a directory.", completion: .directory)
        var remote: String

        @Option(
            name: .customLong("out"),
            help: "The `.dvc` file; by default named after the repository, or the only file.",
            completion: .file(extensions: ["dvc"])
        )
        var pointer: String?

        @Flag(help: "Replace a `.dvc` file that says something else.")
        var force = false

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            if let pointer, !pointer.hasSuffix(".dvc") || Self.output(of: pointer).isEmpty {
                throw DVCError("\(pointer): the name must end in .dvc, such as data.dvc")
            }
            let open = try OpenStore(options)
            let version = try open.resolve(reference)
            let bar = ProgressBar("exporting")
            defer { bar.end() }
            let exported = try ExportedVersion(
                version: version.digest,
                of: open.store,
                to: remote,
                outputName: pointer.map { Self.output(of: $0) }
            ) { progress in
                bar.show(
                    progress.fraction,
                    note: "\(progress.filesDone) of \(progress.fileCount) files"
                )
            }
            bar.end()
            let repository = version.reference.repository.text
            let name = exported.fileName ?? repository.split(separator: "/").last.map(String.init)
            let file = pointer ?? "\(name ?? repository).dvc"
            try write(Array(exported.pointer(path: Self.output(of: file)).utf8), to: file)
            try report(exported, version.digest, file)
        }

        /// The path that a `.dvc` file stands for: its own without the ending, beside it.
        private static func output(of pointer: String) -> String {
            let name = pointer.split(separator: "/").last.map(String.init) ?? pointer
            return String(name.dropLast(".dvc".utf8.count))
        }

        private func write(_ text: [UInt8], to file: String) throws {
            if try Files.entry(at: file) != nil, !force, try Files.read(file) != text {
                throw DVCError("\(file): names something else already: use --force to replace it")
            }
            try Files.replace(file, with: text)
        }

        private func report(_ exported: ExportedVersion, _ version: Digest, _ file: String) throws {
            if json {
                let value: JSONValue = [
                    "digest": .string(version.description),
                    "md5": .string(exported.object.description),
                    "pointer": .string(file),
                    "remote": .string(remote),
                    "files": .integer(Int64(exported.fileCount)),
                    "bytes": .integer(Int64(exported.byteCount)),
                    "new_bytes": .integer(Int64(exported.newByteCount)),
                    "lost_executable_bits": .integer(Int64(exported.lostExecutableCount)),
                ]
                print(value.prettyText)
                return
            }
            print("\(file)  \(exported.object)")
            let files = exported.fileCount == 1 ? "1 file" : "\(exported.fileCount) files"
            print(
                "\(files), \(Terminal.size(exported.byteCount)); the remote grew by "
                    + Terminal.size(exported.newByteCount)
            )
            if exported.lostExecutableCount > 0 {
                print(
                    "DVC keeps no executable bit inside directories: "
                        + "\(exported.lostExecutableCount) files lose it"
                )
            }
        }
    }
}
