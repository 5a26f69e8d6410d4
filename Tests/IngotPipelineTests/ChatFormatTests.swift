// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import IngotModel
import IngotTestSupport
import Testing

@testable import IngotPipeline

@Suite struct ChatFormatTests {
    private static let appending =
        "{% for message in messages %}<|s|>{{ message['role'] }}:{{ message['content'] }}<|e|>"
        + "{% endfor %}{% if add_generation_prompt %}<|s|>assistant:{% endif %}"

    /// Says of every answer but the last one that there was one.
    private static let forgetting =
        "{% for message in messages %}<|s|>{{ message['role'] }}:"
        + "{% if message['role'] == 'assistant' and not loop.last %}…"
        + "{% else %}{{ message['content'] }}{% endif %}<|e|>{% endfor %}"
        + "{% if add_generation_prompt %}<|s|>assistant:{% endif %}"

    /// A tokenizer of bytes with two special tokens.
    private static func format(_ template: String) throws -> (chat: ChatFormat, text: Tokenizer) {
        let directory = try TemporaryDirectory()
        var vocabulary: [String: JSONValue] = ["<|s|>": 0, "<|e|>": 1]
        var stand = UInt32(256)
        for byte in UInt32(0)...255 {
            let isPlain = (33...126).contains(byte) || (161...172).contains(byte) || byte > 173
            let scalar = isPlain ? byte : stand
            if !isPlain { stand += 1 }
            let text = Unicode.Scalar(scalar).map { String(Character($0)) } ?? ""
            vocabulary[text] = .integer(Int64(vocabulary.count))
        }
        let added = ["<|s|>", "<|e|>"].enumerated().map { index, text -> JSONValue in
            [
                "id": .integer(Int64(index)), "content": .string(text), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ]
        }
        let level: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true,
        ]
        let tokenizer: JSONValue = [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
            "normalizer": nil,
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [["type": "Digits", "individual_digits": true], level],
            ],
            "post_processor": nil, "decoder": level,
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": nil,
                "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
                "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": .object(vocabulary), "merges": [],
            ],
        ]
        let settings: JSONValue = [
            "chat_template": .string(template), "bos_token": "<|s|>", "eos_token": "<|e|>",
            "tokenizer_class": "GPT2Tokenizer",
        ]
        let path = directory.path
        try Files.replace("\(path)/tokenizer.json", with: tokenizer.canonicalBytes)
        try Files.replace("\(path)/tokenizer_config.json", with: settings.canonicalBytes)
        let loaded = try Tokenizer.load(directory: path)
        return (try ChatFormat(tokenizer: loaded), loaded)
    }

    private static func message(_ role: String, _ text: String) -> JSONValue {
        ["role": .string(role), "content": .string(text)]
    }

    private static let turns = [
        message("system", "be brief"), message("user", "one"), message("assistant", "1"),
        message("user", "two"), message("assistant", "22"),
    ]

    private func learned(_ learning: ChatFormat.Learning) throws -> String {
        let (chat, tokenizer) = try Self.format(Self.appending)
        let example = try chat.example(Self.turns, learning: learning)
        let all = zip(example.tokens, example.isTrained)
        #expect(example.tokens.count == example.isTrained.count)
        return all.map { $1 ? tokenizer.decode([$0]) : "_" }.joined()
            .split(separator: "_").joined(separator: "_")
    }

    @Test("the answers and their ends of turn are learned: the last one, each one, or everything")
    func learning() throws {
        #expect(try learned(.last) == "22<|e|>")
        #expect(try learned(.assistant) == "1<|e|>_22<|e|>")
        #expect(try learned(.all).hasPrefix("<|s|>system:be brief<|e|><|s|>user:one<|e|>"))
    }

    @Test("a template that rewrites earlier answers is refused with the remedy")
    func rewritten() throws {
        let (chat, _) = try Self.format(Self.forgetting)
        _ = try chat.example(Self.turns, learning: .last)
        #expect {
            _ = try chat.example(Self.turns, learning: .assistant)
        } throws: {
            "\($0)".contains("message 3") && "\($0)".contains("loss_on: last")
        }
    }
}
