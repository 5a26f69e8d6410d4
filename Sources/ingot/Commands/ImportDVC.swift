// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotDVC
import IngotEvidence
import IngotPipeline
import IngotStore

struct ImportDVC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvc",
        abstract: "Import what a DVC project tracks as dataset versions.",
        discussion: """
            Reads `*.dvc` and `dvc.lock`, and the data from the project's cache or from its remote, \
            when that is a directory. Each output becomes a version in a repository named after \
            its path. Every MD5 is checked, of all outputs, before the first version is made.
            """
    )

    @Argument(help: "The project: the directory that has `.dvc/`.", completion: .directory)
    var directory: String

    @Option(help: "Import this output alone: its path in the project. Can be repeated.")
    var only: [String] = []

    @Option(name: .customLong("as"), help: "The repository, when there is one output.")
    var repository: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let project = try Project(directory: directory)
        let targets = try self.targets(of: project)
        let open = try OpenStore(options)
        let checked = try check(targets.map(\.output), in: project)
        let context = try open.pipeline()
        var results: [JSONValue] = []
        for (target, output) in zip(targets, checked) {
            let published = try publish(output, in: target.repository, context)
            let report = PublishedReport(published)
            if json {
                var members = report.json.object ?? [:]
                members["path"] = .string(target.output.path)
                members["md5"] = .string(target.output.object.description)
                results.append(.object(members))
            } else {
                report.print(asJSON: false)
            }
        }
        if json { print(JSONValue.array(results).prettyText) }
    }

    private func targets(
        of project: Project
    ) throws -> [(output: TrackedOutput, repository: RepositoryName)] {
        let wanted = Set(only.map { $0.split(separator: "/").joined(separator: "/") })
        let outputs = project.outputs.filter { wanted.isEmpty || wanted.contains($0.path) }
        let known = Set(outputs.map(\.path))
        for path in wanted.sorted() where !known.contains(path) {
            throw DVCError("\(directory): no output '\(path)' is tracked there")
        }
        guard !outputs.isEmpty else { throw DVCError("\(directory): DVC tracks nothing there") }
        guard repository == nil || outputs.count == 1 else {
            throw DVCError(
                "\(directory): \(outputs.count) outputs: --as names one: add --only PATH"
            )
        }
        var owners: [RepositoryName: String] = [:]
        return try outputs.map { output in
            let name =
                try repository.map { try RepositoryName(parsing: $0) }
                ?? RepositoryName(cleaning: output.path)
            if let other = owners.updateValue(output.path, forKey: name) {
                throw DVCError(
                    "\(directory): '\(other)' and '\(output.path)' would both be the repository "
                        + "'\(name)': import them one by one with --only PATH --as NAME"
                )
            }
            return (output, name)
        }
    }

    private func check(
        _ outputs: [TrackedOutput],
        in project: Project
    ) throws -> [CheckedOutput] {
        let bar = ProgressBar("checking MD5s")
        defer { bar.end() }
        var byteCount = 0
        var outputsDone = 0
        var reader = ProjectReader(project) { count in
            byteCount += count
            bar.show(
                Double(outputsDone) / Double(outputs.count),
                note: "\(Terminal.size(byteCount)), \(outputsDone) of \(outputs.count) outputs"
            )
        }
        return try outputs.map { output in
            defer { outputsDone += 1 }
            return try reader.check(output)
        }
    }

    private func publish(
        _ checked: CheckedOutput,
        in repository: RepositoryName,
        _ context: PipelineContext
    ) throws -> Published {
        let bar = ProgressBar("importing \(checked.output.path)")
        defer { bar.end() }
        let output = checked.output
        return try context.publish(
            .dataset,
            in: repository,
            config: [:],
            files: checked.files,
            act: .datasetAdded,
            progress: { progress in
                bar.show(
                    progress.fraction,
                    note: "\(progress.filesDone) of \(progress.fileCount) files"
                )
            },
            predicate: { written in
                try checked.requireUnchanged()
                return .datasetAdded(
                    DatasetAddedFacts(
                        repository: repository.text,
                        sources: ["\(directory)/\(output.pointer)", "md5:\(output.object)"],
                        fileCount: written.fileCount,
                        byteCount: written.byteCount,
                        git: GitWorkTree.state(at: directory)
                    )
                )
            }
        )
    }
}
