// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotFiles
import IngotModel
import IngotTensor

struct Weights: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a block's linear layers as they are computed with, one file for each.",
        discussion: """
            DIRECTORY/q_proj and so on hold little-endian float32, [rows, columns].
            """
    )

    @Option(help: "A GGUF file or a Hugging Face directory.")
    var model: String

    @Option(help: "The block's index.")
    var block = 0

    @Option(name: .shortAndLong, help: "The directory to write.")
    var output: String

    func run() throws {
        let loaded = try LoadedModel.load(at: model).model
        guard loaded.blocks.indices.contains(block) else {
            throw ValidationError("--block: the model has \(loaded.blocks.count)")
        }
        try Files.makeDirectories(output)
        for role in LinearRole.allCases {
            let weight = loaded.blocks[block][role]
            let path = "\(output)/\(role.rawValue)"
            try Files.replace(path, with: littleEndianBytes(weight.dequantized()))
        }
    }
}
