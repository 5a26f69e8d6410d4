// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotModel

@Suite("Descriptions of bases")
struct BaseDescriptionTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func writeDirectory() throws {
        try scratch.write(
            "config.json",
            HuggingFaceTests.configuration.replacing("EXTRA", with: "")
        )
        try scratch.write("model.safetensors", HuggingFaceTests.weights(HuggingFaceTests.all))
        try scratch.write("tokenizer.json", TokenizerJSONTests.json())
        try scratch.write("README.md", "---\nlicense: mit\n---\n# A model\n")
        try scratch.write("notes.txt", "not a model's")
    }

    @Test("tells a GGUF file's shape, types, licence and tokenizer")
    func gguf() throws {
        let path = try scratch.write("model.gguf", TinyModel.gguf().file)
        let description = try BaseDescription(ggufFile: path)
        let json = description.json
        #expect(description.files == ["model.gguf"])
        #expect(json["architecture"] == "llama" && json["format"] == "gguf")
        #expect(json["licence"] == "apache-2.0")
        #expect(json["parameterCount"] == .integer(Int64(272 * 8 + 8 + 2 * 496)))
        #expect(json["tensorCounts"] == ["F32": 20])
        #expect(json["tokenizer"]?["preTokenizer"] == "smollm")
        #expect(try LoadedModel.load(at: scratch.path).model.blocks.count == 2)
    }

    @Test("has exactly the members of the schema's example")
    func schemaExample() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let example = try JSONValue(
            parsing: Files.read("/\(root)/schemas/examples/base/valid/gguf.json")
        )
        let path = try scratch.write("model.gguf", TinyModel.gguf().file)
        let json = try BaseDescription(ggufFile: path).json
        #expect(json.object.map { Set($0.keys) } == example.object.map { Set($0.keys) })
        let (written, shown) = (json["tokenizer"]?.object, example["tokenizer"]?.object)
        #expect(written.map { Set($0.keys) } == shown.map { Set($0.keys) })
    }

    @Test("tells a directory's, and which of its files are the model's")
    func directory() throws {
        try writeDirectory()
        let description = try BaseDescription(directory: scratch.path)
        #expect(
            description.files == [
                "README.md", "config.json", "model.safetensors", "tokenizer.json",
            ]
        )
        #expect(description.json["licence"] == "mit")
        #expect(description.json["format"] == "huggingFace")
        #expect(description.json["vocabularySize"] == 272)
        #expect(try LoadedModel.load(at: scratch.path).tokenizer.vocabularySize == 272)
    }

    @Test(
        "refuses pickles by content and by name",
        arguments: [
            ("pytorch_model.bin", [UInt8](repeating: 0, count: 8)),
            ("README.md", [0x50, 0x4B, 0x03, 0x04, 0x00]),
            ("weights.dat", [0x80, 0x02, 0x63]),
        ]
    )
    func pickles(_ name: String, _ bytes: [UInt8]) throws {
        try writeDirectory()
        try scratch.write(name, bytes)
        let found = message { _ = try BaseDescription(directory: scratch.path) }
        #expect(found.contains("\(name): is a pickle"), "\(found)")
    }

    @Test("refuses a tokenizer that is larger than the model's vocabulary")
    func foreignTokenizer() throws {
        try writeDirectory()
        let bytes = TokenizerJSONTests.json { members in
            members["added_tokens"] = [["id": 272, "content": "<more>", "special": true]]
        }
        try scratch.write("tokenizer.json", bytes)
        let found = message { _ = try BaseDescription(directory: scratch.path) }
        #expect(found.contains("has 273 tokens") && found.contains("272"), "\(found)")
    }

    @Test("asks which of several GGUF files is meant")
    func several() throws {
        try scratch.write("a.gguf", TinyModel.gguf().file)
        try scratch.write("b.gguf", TinyModel.gguf().file)
        let found = message { _ = try LoadedModel.load(at: scratch.path) }
        #expect(found.contains("holds 2 GGUF files") && found.contains("a.gguf, b.gguf"))
        #expect(message { _ = try LoadedModel.load(at: "/nowhere") }.contains("no such file"))
    }
}
