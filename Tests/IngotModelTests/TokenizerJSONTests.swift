// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotModel

@Suite("tokenizer.json")
struct TokenizerJSONTests {
    private static let split =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static func byteLevel(usesPattern: Bool) -> JSONValue {
        ["type": "ByteLevel", "add_prefix_space": false, "use_regex": .bool(usesPattern)]
    }

    static let smollm: JSONValue = [
        "type": "Sequence",
        "pretokenizers": [
            ["type": "Digits", "individual_digits": true], byteLevel(usesPattern: true),
        ],
    ]

    static let llama3: JSONValue = [
        "type": "Sequence",
        "pretokenizers": [
            [
                "type": "Split", "behavior": "Isolated", "invert": false,
                "pattern": ["Regex": .string(split)],
            ],
            byteLevel(usesPattern: false),
        ],
    ]

    static func json(
        pre: JSONValue = smollm,
        _ change: (inout [String: JSONValue]) -> Void = { _ in }
    ) -> [UInt8] {
        var vocabulary: [String: JSONValue] = [:]
        var added: [JSONValue] = []
        for (id, (text, type)) in zip(TinyModel.tokens, TinyModel.types).enumerated() {
            if type == 1 {
                vocabulary[text] = .integer(Int64(id))
            } else {
                added.append([
                    "id": .integer(Int64(id)), "content": .string(text),
                    "special": .bool(type == 3), "lstrip": false, "rstrip": false,
                    "single_word": false, "normalized": false,
                ])
            }
        }
        let merges = TinyModel.merges.map { line in
            JSONValue.array(line.split(separator: " ").map { .string(String($0)) })
        }
        var members: [String: JSONValue] = [
            "added_tokens": .array(added),
            "normalizer": nil,
            "pre_tokenizer": pre,
            "post_processor": nil,
            "model": [
                "type": "BPE", "vocab": .object(vocabulary), "merges": .array(merges),
                "byte_fallback": false,
            ],
        ]
        change(&members)
        return JSONValue.object(members).canonicalBytes
    }

    @Test("gives the ids that the same lists in a GGUF file give")
    func sameAsGGUF() throws {
        let scratch = try Scratch()
        var builder = GGUFBuilder()
        TinyModel.addTokenizer(to: &builder, pre: "smollm")
        let gguf = try Tokenizer(gguf: GGUFFile(scratch.map("v.gguf", builder.file)))
        let json = try Tokenizer(tokenizerJSON: Self.json())
        for text in ["hello world", "a  2", "<|start|>x<|end|><x>", "é世 12\n\n"] {
            for parsing in [true, false] {
                #expect(
                    gguf.encode(text, parsingSpecial: parsing)
                        == json.encode(text, parsingSpecial: parsing)
                )
            }
        }
    }

    @Test("knows the families' pipelines")
    func families() throws {
        #expect(try Tokenizer(tokenizerJSON: Self.json()).preTokenizer == .smollm)
        #expect(try Tokenizer(tokenizerJSON: Self.json(pre: Self.llama3)).preTokenizer == .llama3)
        let gpt2 = Self.byteLevel(usesPattern: true)
        #expect(try Tokenizer(tokenizerJSON: Self.json(pre: gpt2)).preTokenizer == .gpt2)
    }

    @Test("takes special tokens, end tokens and the template from the files beside it")
    func settings() throws {
        let configuration = #"""
            {"bos_token": {"content": "<|start|>"}, "eos_token": "<|end|>", "pad_token": null,
             "chat_template": [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]}
            """#
        let generation = #"{"eos_token_id": [1, 5]}"#
        let tokenizer = try Tokenizer(
            tokenizerJSON: Self.json {
                $0["post_processor"] = [
                    "type": "TemplateProcessing",
                    "single": [
                        ["SpecialToken": ["id": "<|start|>", "type_id": 0]],
                        ["Sequence": ["id": "A", "type_id": 0]],
                    ],
                    "special_tokens": ["<|start|>": ["id": "<|start|>", "ids": [0]]],
                ]
            },
            settings: .init(
                configuration: Array(configuration.utf8),
                generation: Array(generation.utf8)
            )
        )
        #expect(tokenizer.bosToken == 0 && tokenizer.eosToken == 1 && tokenizer.padToken == nil)
        #expect(tokenizer.addsBosToken)
        #expect(tokenizer.endTokens == [1, 5])
        #expect(tokenizer.chatTemplateSource == "d")
        let overridden = try Tokenizer(
            tokenizerJSON: Self.json(),
            settings: .init(chatTemplate: Array("file".utf8))
        )
        #expect(overridden.chatTemplateSource == "file")
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let expected: String
        let change: @Sendable (inout [String: JSONValue]) -> Void
        var testDescription: String { expected }

        init(_ expected: String, _ change: @escaping @Sendable (inout [String: JSONValue]) -> Void)
        {
            self.expected = expected
            self.change = change
        }
    }

    private static func change(
        _ members: inout [String: JSONValue],
        _ key: String,
        _ value: JSONValue
    ) {
        var model = members["model"]?.object ?? [:]
        model[key] = value
        members["model"] = .object(model)
    }

    static let attacks: [Attack] = [
        Attack("model: is missing") { $0["model"] = nil },
        Attack("kind 'Unigram'") { change(&$0, "type", "Unigram") },
        Attack("byte_fallback: is true") { change(&$0, "byte_fallback", true) },
        Attack("model.end_of_word_suffix") { change(&$0, "end_of_word_suffix", "</w>") },
        Attack("model.dropout: is 0.1") { change(&$0, "dropout", 0.1) },
        Attack("model.vocab: is missing") { change(&$0, "vocab", nil) },
        Attack("an id is not a number below") { change(&$0, "vocab", ["a": 1_048_576]) },
        Attack("is given twice") { change(&$0, "vocab", ["a": 1, "b": 1]) },
        Attack("model.merges: entry 0 is not a pair") { change(&$0, "merges", [["a"]]) },
        Attack("merge 0: 'q q'") { change(&$0, "merges", ["q q"]) },
        Attack("pre_tokenizer: is Metaspace") { $0["pre_tokenizer"] = ["type": "Metaspace"] },
        Attack("pre_tokenizer: is ByteLevel") {
            $0["pre_tokenizer"] = ["type": "ByteLevel", "add_prefix_space": true]
        },
        Attack("splits by the pattern \\w+") {
            $0["pre_tokenizer"] = [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "behavior": "Isolated", "pattern": ["Regex": "\\w+"]],
                    byteLevel(usesPattern: false),
                ],
            ]
        },
        Attack("normalizer: is Lowercase") { $0["normalizer"] = ["type": "Lowercase"] },
        Attack("marked lstrip") {
            $0["added_tokens"] = [["id": 0, "content": "<m>", "lstrip": true]]
        },
        Attack("entry 0 lacks id or content") { $0["added_tokens"] = [["id": 0]] },
        Attack("post_processor: is BertProcessing") {
            $0["post_processor"] = ["type": "BertProcessing"]
        },
    ]

    @Test("refuses what it cannot do exactly", arguments: attacks)
    func refuses(_ attack: Attack) {
        let found = message {
            _ = try Tokenizer(tokenizerJSON: Self.json(pre: Self.smollm, attack.change))
        }
        #expect(found.hasPrefix("tokenizer.json: ") && found.contains(attack.expected), "\(found)")
    }

    @Test("names the file that is not JSON, and the place in it")
    func notJSON() {
        let found = message { _ = try Tokenizer(tokenizerJSON: Array("{\n,".utf8)) }
        #expect(found.hasPrefix("tokenizer.json: line 2, column 1"), "\(found)")
    }
}
