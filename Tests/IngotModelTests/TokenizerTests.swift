// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotModel

@Suite("Tokenizer")
struct TokenizerTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func tokenizer(
        pre: String = "smollm",
        _ change: (inout GGUFBuilder) -> Void = { _ in }
    ) throws -> Tokenizer {
        var builder = GGUFBuilder()
        TinyModel.addTokenizer(to: &builder, pre: pre)
        change(&builder)
        return try Tokenizer(gguf: GGUFFile(scratch.map("vocabulary.gguf", builder.file)))
    }

    private func texts(_ ids: [Int32]) -> [String] { ids.map { TinyModel.tokens[Int($0)] } }

    @Test("merges the lowest rank first, the leftmost of equals")
    func merges() throws {
        let tokenizer = try tokenizer()
        #expect(texts(tokenizer.encode("hello world")) == ["hello", "Ġwor", "l", "d"])
        #expect(texts(tokenizer.encode("lll")) == ["ll", "l"])
        #expect(texts(tokenizer.encode("é")) == ["Ã©"])
        #expect(texts(tokenizer.encode("     x")) == ["ĠĠĠĠ", "Ġ", "x"])
        #expect(tokenizer.encode("").isEmpty)
    }

    @Test("gives the same ids from the cache as without it")
    func cache() throws {
        let tokenizer = try tokenizer()
        let text = "hello hello  world world 12 12 héllo héllo a-piece-longer-than-the-cache-takes"
        let first = tokenizer.encode(text)
        #expect(tokenizer.encode(text) == first)
        #expect(first == text.split(separator: "|").flatMap { tokenizer.encode(String($0)) })
    }

    @Test("takes special tokens as such only where the caller allows it")
    func specialTokens() throws {
        let tokenizer = try tokenizer()
        let text = "<|start|>hello<|end|>"
        let parsed = tokenizer.encode(text, parsingSpecial: true)
        #expect(texts(parsed) == ["<|start|>", "hello", "<|end|>"])
        let plain = tokenizer.encode(text)
        #expect(!plain.contains { texts([$0]) == ["<|start|>"] || texts([$0]) == ["<|end|>"] })
        #expect(tokenizer.decode(plain) == text && tokenizer.decode(parsed) == text)
        #expect(tokenizer.decode(parsed, skippingSpecial: true) == "hello")
        #expect(parsed.last == 1)
    }

    @Test("takes added tokens always and unused ones never")
    func addedTokens() throws {
        let tokenizer = try tokenizer()
        #expect(texts(tokenizer.encode("a<x>b")) == ["a", "<x>", "b"])
        #expect(!tokenizer.encode("<pad>", parsingSpecial: true).contains(TinyModel.id("<pad>")))
    }

    @Test("prefers the longest of overlapping added tokens")
    func longestAdded() {
        let added = AddedTokens(
            [("<a>", 1), ("<a><b>", 2), ("<b>", 3)].map {
                .init(bytes: Array($0.0.utf8), id: $0.1, isSpecial: true)
            }
        )
        let text = "x<a><b><a>"
        let first = added.match(in: text.utf8.span, from: 0, parsingSpecial: true)
        #expect(first?.id == 2 && first?.range == 1..<7)
        let second = added.match(in: text.utf8.span, from: 7, parsingSpecial: true)
        #expect(second?.id == 1)
        #expect(added.match(in: text.utf8.span, from: 0, parsingSpecial: false) == nil)
    }

    @Test("splits a character over tokens and joins it again")
    func partialCharacters() throws {
        let tokenizer = try tokenizer()
        let ids = tokenizer.encode("世")
        #expect(ids.count == 3)
        #expect(ids.flatMap { tokenizer.bytes(of: $0) } == Array("世".utf8))
        #expect(tokenizer.decode(ids) == "世")
        #expect(tokenizer.decode(ids.prefix(2)) == "\u{FFFD}")
        #expect(tokenizer.bytes(of: -1).isEmpty && tokenizer.bytes(of: 100_000).isEmpty)
    }

    @Test("brings text to NFC for qwen2 alone")
    func normalization() throws {
        let text = "e\u{301}"
        #expect(texts(try tokenizer(pre: "qwen2").encode(text)) == ["Ã©"])
        #expect(try tokenizer().decode(tokenizer().encode(text)).utf8.elementsEqual(text.utf8))
    }

    @Test("takes a piece that is a token whole for llama3")
    func ignoresMerges() throws {
        // Without the merges of its parts, "hello" can be reached only as a whole.
        let tokenizer = try tokenizer(pre: "llama-bpe") {
            $0.change("tokenizer.ggml.merges") { $0.set("tokenizer.ggml.merges", ["h e"]) }
        }
        #expect(texts(tokenizer.encode("hello")) == ["hello"])
        #expect(tokenizer.addsBosToken)
    }

    @Test("drops bytes that the vocabulary lacks, and lets their neighbours merge")
    func missingBytes() throws {
        let tokenizer = try tokenizer {
            var types = TinyModel.types
            types[2 + Int(UInt8(ascii: "x"))] = 5
            $0.change("tokenizer.ggml.token_type") { $0.set("tokenizer.ggml.token_type", types) }
        }
        #expect(texts(tokenizer.encode("hxello")) == ["hello"])
        #expect(tokenizer.encode("x").isEmpty)
    }

    @Test("encodes a megabyte without a space in well under a second")
    func longPiece() throws {
        let tokenizer = try tokenizer()
        let text = String(repeating: "hellowor", count: 1 << 17)
        let start = ContinuousClock.now
        let ids = tokenizer.encode(text)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(ids.count == 3 << 17)
        #expect(tokenizer.decode(ids) == text)
    }

    @Test("encodes the same from many threads at once")
    func threads() async throws {
        let tokenizer = try tokenizer()
        let text = String(repeating: "hello world 123 é ", count: 200)
        let expected = tokenizer.encode(text)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { tokenizer.encode(text) == expected } }
            for await isEqual in group { #expect(isEqual) }
        }
    }

    // MARK: Attacks

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: String
        let change: @Sendable (inout GGUFBuilder) -> Void
        var testDescription: String { name }

        init(
            _ key: String,
            _ expected: String,
            _ change: @escaping @Sendable (inout GGUFBuilder) -> Void
        ) {
            name = "\(key): \(expected)"
            self.expected = expected
            self.change = { $0.change("tokenizer.ggml." + key, change) }
        }
    }

    static let attacks: [Attack] = [
        Attack("model", "kind 'llama'") { $0.set("tokenizer.ggml.model", "llama") },
        Attack("pre", "pre-tokenizer is 'deepseek-llm'") {
            $0.set("tokenizer.ggml.pre", "deepseek-llm")
        },
        Attack("tokens", "tokenizer.ggml.tokens: is missing") { _ in },
        Attack("tokens", "has 272 entries for 1 tokens") { $0.set("tokenizer.ggml.tokens", ["a"]) },
        Attack("tokens", "'a' occurs twice in the vocabulary") {
            var tokens = TinyModel.tokens
            tokens[100] = "a"
            tokens[101] = "a"
            $0.set("tokenizer.ggml.tokens", tokens)
        },
        Attack("token_type", "token 0 has the type 6") {
            $0.set("tokenizer.ggml.token_type", Array(repeating: 6, count: 272))
        },
        Attack("merges", "tokenizer.ggml.merges: is missing") { _ in },
        Attack("merges", "entry 0, 'abc', is not a pair") {
            $0.set("tokenizer.ggml.merges", ["abc"])
        },
        Attack("merges", "merge 0: 'q q'") { $0.set("tokenizer.ggml.merges", ["q q"]) },
        Attack("eos_token_id", "EOS token: is 272") {
            $0.set("tokenizer.ggml.eos_token_id", UInt32(272))
        },
        Attack("eos_token_id", "is not a token id") { $0.set("tokenizer.ggml.eos_token_id", "x") },
    ]

    @Test("refuses a tokenizer that would encode wrongly", arguments: attacks)
    func refuses(_ attack: Attack) throws {
        let found = message { _ = try tokenizer(pre: "smollm", attack.change) }
        #expect(found.contains("vocabulary.gguf") && found.contains(attack.expected), "\(found)")
    }
}
