// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotFiles
import IngotModel

struct Logits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the logits of tokens as little-endian float32, [tokens, vocabulary]."
    )

    @Option(help: "A GGUF file or a Hugging Face directory.")
    var model: String

    @Option(help: "A directory with PEFT's two files.")
    var adapter: String?

    @Option(help: "Token ids, separated by commas.")
    var tokens: String

    @Flag(help: "Feed the tokens one by one, as decoding does.")
    var oneByOne = false

    @Option(name: .shortAndLong, help: "The file to write.")
    var output: String

    func run() throws {
        let loaded = try LoadedModel.load(at: model).model
        let words = tokens.split(separator: ",")
        let ids = words.compactMap { Int32($0) }
        guard !ids.isEmpty, ids.count == words.count,
            ids.allSatisfy({ (0..<Int32(loaded.configuration.vocabularySize)).contains($0) })
        else { throw ValidationError("--tokens: expected ids of the model's vocabulary") }
        let decoder = Decoder(
            model: loaded,
            adapter: try adapter.map {
                try Adapter.load(directory: $0, for: loaded.configuration)
            },
            threads: 2
        )
        var cache = decoder.makeCache(capacity: ids.count)
        var logits: [Float] = []
        if oneByOne {
            for id in ids { logits += decoder.forward([id], cache: &cache, logits: .last) }
        } else {
            logits = decoder.forward(ids, cache: &cache, logits: .all)
        }
        try Files.replace(output, with: littleEndianBytes(logits))
    }
}
