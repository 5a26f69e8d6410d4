// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotFiles
import IngotModel

struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the token ids of each text of a JSON array, a line a text."
    )

    @Option(help: "A GGUF file, also one that holds a vocabulary alone, or a directory.")
    var model: String

    @Option(help: "The file with the texts.")
    var texts: String

    @Flag(help: "Parse special tokens in the texts.")
    var special = false

    func run() throws {
        let tokenizer =
            try model.hasSuffix(".gguf")
            ? Tokenizer(gguf: GGUFFile(MappedFile(path: model))) : Tokenizer.load(directory: model)
        var limits = JSONLimits()
        limits.byteCount = 1 << 30
        let document = try JSONValue(parsing: Files.read(texts), limits: limits)
        for text in document.array ?? [] {
            let ids = tokenizer.encode(text.string ?? "", parsingSpecial: special)
            print(ids.map(String.init).joined(separator: " "))
        }
    }
}
