// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotFiles
import IngotModel
import IngotTensor

struct Weights: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a block's linear layers as they are computed with, one file for each.",
        discussion: """
            DIRECTORY/q_proj and so on hold little-endian float32, [rows, columns]. Where scales lie
            apart, NAME.codes, NAME.scales and, of quantised scales, NAME.scale_codes and
            NAME.offset hold what is stored.
            """
    )

    @Option(help: "A GGUF file or a Hugging Face directory.")
    var model: String

    @Option(help: "The block's index.")
    var block = 0

    @Option(help: "Quantise the layers in memory first: nf4 or int8.")
    var quantisation: Quantisation?

    @Option(name: .shortAndLong, help: "The directory to write.")
    var output: String

    func run() throws {
        let stored = try LoadedModel.load(at: model).model
        let loaded =
            try quantisation.map { try stored.quantised($0, threads: 2, base: model) } ?? stored
        guard loaded.blocks.indices.contains(block) else {
            throw ValidationError("--block: the model has \(loaded.blocks.count)")
        }
        try Files.makeDirectories(output)
        for role in LinearRole.allCases {
            let weight = loaded.blocks[block][role]
            let path = "\(output)/\(role.rawValue)"
            try Files.replace(path, with: littleEndianBytes(weight.dequantized()))
            guard let scales = weight.scales else { continue }
            // Safe: the weight, which owns the bytes, lives on.
            try Files.replace("\(path).codes", with: unsafe Array(weight.bytes))
            try Files.replace("\(path).scales", with: littleEndianBytes(scales.values.values))
            guard !scales.codes.isEmpty else { continue }
            try Files.replace("\(path).scale_codes", with: scales.codes)
            try Files.replace("\(path).offset", with: littleEndianBytes([scales.offset]))
        }
    }
}

extension Quantisation: ExpressibleByArgument {}
