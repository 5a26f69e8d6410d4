// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles
import IngotModel
import IngotPipeline
import IngotStore

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import a base model, or the data of a DVC project.",
        subcommands: [GGUF.self, HF.self, ImportDVC.self]
    )

    struct GGUF: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gguf",
            abstract: "Import a GGUF file (Llama, Mistral, Qwen 2 and 3; F32 to Q4_K and Q6_K)."
        )

        @Argument(help: "The file.", completion: .file(extensions: ["gguf"]))
        var file: String

        @OptionGroup var target: ImportTarget

        func run() throws {
            let description = try BaseDescription(ggufFile: file)
            let name = file.split(separator: "/").last.map(String.init) ?? file
            try target.publish(
                description.json,
                format: "gguf",
                mainFile: name,
                files: [FileSource(path: name, content: .file(path: file))]
            )
        }
    }

    struct HF: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hf",
            abstract: "Import a directory in Hugging Face's layout.",
            discussion: """
                config.json, safetensors (sharded too) and tokenizer.json. Pickled weights are \
                refused: they are programs, not data.
                """
        )

        @Argument(help: "The directory.", completion: .directory)
        var directory: String

        @OptionGroup var target: ImportTarget

        func run() throws {
            let description = try BaseDescription(directory: directory)
            try target.publish(
                description.json,
                format: "hf",
                mainFile: "config.json",
                files: description.files.map {
                    FileSource(path: $0, content: .file(path: "\(directory)/\($0)"))
                }
            )
        }
    }
}

/// Where an imported base goes.
struct ImportTarget: ParsableArguments {
    @Option(name: .customLong("as"), help: "The repository.")
    var repository: String

    @Option(help: "Where it was downloaded from, as audits print it.")
    var source: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func publish(
        _ description: JSONValue,
        format: String,
        mainFile: String,
        files: [FileSource]
    ) throws {
        let repository = try RepositoryName(parsing: repository)
        let open = try OpenStore(options)
        let bar = ProgressBar("importing")
        let published = try open.pipeline().publish(
            .checkpoint,
            in: repository,
            config: description,
            files: files,
            act: .baseImported,
            progress: { progress in
                bar.show(progress.fraction)
            },
            predicate: { written in
                .baseImported(
                    BaseImportedFacts(
                        repository: repository.text,
                        format: format,
                        file: ResourceRef(
                            name: mainFile,
                            digest: try open.store.readTree(of: written.manifestDigest)
                                .first { $0.path == mainFile }?.digest
                        ),
                        source: source
                    )
                )
            }
        )
        bar.end()
        PublishedReport(published).print(asJSON: json)
    }
}
