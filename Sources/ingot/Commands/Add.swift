// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles
import IngotPipeline
import IngotStore

struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add a file or a directory as a dataset version.",
        discussion: """
            The version gets the repository's next tag, vN. The same content added again is the \
            version it was. `.git` and `.ingot` are left out; symbolic links are refused. With \
            --extract, an archive that is not safe everywhere is refused whole.
            """
    )

    @Argument(help: "A file or a directory.", completion: .file())
    var path: String

    @Option(name: .customLong("as"), help: "The repository; by default the path's last part.")
    var repository: String?

    @OptionGroup var extraction: ExtractOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let name = repository ?? Self.lastPart(of: path)
        let repository = try RepositoryName(parsing: name)
        let archive = try extraction.run(path, in: open.store)
        defer { archive?.remove() }
        let files = try archive?.files ?? Self.sources(at: path)
        guard !files.isEmpty else {
            throw PipelineError("\(path): no files: add a directory that has some")
        }
        let bar = ProgressBar("adding")
        let context = try open.pipeline()
        let published = try context.publish(
            .dataset,
            in: repository,
            config: [:],
            files: files,
            act: .datasetAdded,
            progress: { progress in
                bar.show(
                    Double(progress.bytesDone) / Double(max(progress.byteCount, 1)),
                    note: "\(progress.filesDone) of \(progress.fileCount) files"
                )
            },
            predicate: { written in
                .datasetAdded(
                    DatasetAddedFacts(
                        repository: repository.text,
                        sources: [path],
                        fileCount: written.fileCount,
                        byteCount: written.byteCount,
                        git: GitWorkTree.state(at: path)
                    )
                )
            }
        )
        bar.end()
        PublishedReport(published).print(asJSON: json)
    }

    static func sources(at path: String) throws -> [FileSource] {
        switch try Files.entry(at: path) {
        case .directory: try FileSource.files(in: path)
        default: [try FileSource.file(at: path)]
        }
    }

    static func lastPart(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return String(name.prefix { $0 != "." }).lowercased()
    }
}
