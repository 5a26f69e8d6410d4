// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotModel

/// Expected pieces are those of `tokenizers` 0.23 with each family's own pattern.
@Suite("Pre-tokenizers")
struct PreTokenizerTests {
    struct Example: Sendable {
        let kind: PreTokenizer
        let text: String
        let pieces: [String]

        init(_ kind: PreTokenizer, _ text: String, _ pieces: [String]) {
            self.kind = kind
            self.text = text
            self.pieces = pieces
        }
    }

    static let examples: [Example] = [
        Example(
            .gpt2,
            "Hello world 2024!",
            ["Hello", " world", " 2024", "!"]
        ),
        Example(
            .gpt2,
            "a  2",
            ["a", " ", " 2"]
        ),
        Example(
            .gpt2,
            "x = 10\n    20",
            ["x", " =", " 10", "\n   ", " 20"]
        ),
        Example(
            .gpt2,
            "\t\t7",
            ["\t", "\t", "7"]
        ),
        Example(
            .gpt2,
            "I'M don'T we'll 's",
            ["I", "'", "M", " don", "'", "T", " we", "'ll", " '", "s"]
        ),
        Example(
            .gpt2,
            "  a\n\n b  c  ",
            [" ", " a", "\n\n", " b", " ", " c", "  "]
        ),
        Example(
            .gpt2,
            "\u{b2}\u{b3} \u{2163} 1\u{bd} \u{663}",
            ["\u{b2}\u{b3}", " \u{2163}", " 1\u{bd}", " \u{663}"]
        ),
        Example(
            .gpt2,
            "a\r\n\r\n  b \n ",
            ["a", "\r\n\r\n ", " b", " \n "]
        ),
        Example(
            .gpt2,
            "e\u{301} \u{f1} \u{4f60}\u{597d}\u{3002}\u{4e16}\u{754c}",
            ["e", "\u{301}", " \u{f1}", " \u{4f60}\u{597d}", "\u{3002}", "\u{4e16}\u{754c}"]
        ),
        Example(
            .gpt2,
            "\u{1f600} \u{1f44d}\u{1f3fd}!!\n\n?",
            ["\u{1f600}", " \u{1f44d}\u{1f3fd}!!", "\n", "\n", "?"]
        ),
        Example(
            .gpt2,
            "\u{a0}x\u{3000}\u{3000}y",
            ["\u{a0}", "x", "\u{3000}", "\u{3000}", "y"]
        ),
        Example(
            .gpt2,
            "(foo) [bar]...\n",
            ["(", "foo", ")", " [", "bar", "]...", "\n"]
        ),
        Example(
            .smollm,
            "Hello world 2024!",
            ["Hello", " world", " ", "2", "0", "2", "4", "!"]
        ),
        Example(
            .smollm,
            "a  2",
            ["a", "  ", "2"]
        ),
        Example(
            .smollm,
            "x = 10\n    20",
            ["x", " =", " ", "1", "0", "\n    ", "2", "0"]
        ),
        Example(
            .smollm,
            "\t\t7",
            ["\t\t", "7"]
        ),
        Example(
            .smollm,
            "I'M don'T we'll 's",
            ["I", "'", "M", " don", "'", "T", " we", "'ll", " '", "s"]
        ),
        Example(
            .smollm,
            "  a\n\n b  c  ",
            [" ", " a", "\n\n", " b", " ", " c", "  "]
        ),
        Example(
            .smollm,
            "\u{b2}\u{b3} \u{2163} 1\u{bd} \u{663}",
            ["\u{b2}", "\u{b3}", " ", "\u{2163}", " ", "1", "\u{bd}", " ", "\u{663}"]
        ),
        Example(
            .smollm,
            "a\r\n\r\n  b \n ",
            ["a", "\r\n\r\n ", " b", " \n "]
        ),
        Example(
            .smollm,
            "e\u{301} \u{f1} \u{4f60}\u{597d}\u{3002}\u{4e16}\u{754c}",
            ["e", "\u{301}", " \u{f1}", " \u{4f60}\u{597d}", "\u{3002}", "\u{4e16}\u{754c}"]
        ),
        Example(
            .smollm,
            "\u{1f600} \u{1f44d}\u{1f3fd}!!\n\n?",
            ["\u{1f600}", " \u{1f44d}\u{1f3fd}!!", "\n", "\n", "?"]
        ),
        Example(
            .smollm,
            "\u{a0}x\u{3000}\u{3000}y",
            ["\u{a0}", "x", "\u{3000}", "\u{3000}", "y"]
        ),
        Example(
            .smollm,
            "(foo) [bar]...\n",
            ["(", "foo", ")", " [", "bar", "]...", "\n"]
        ),
        Example(
            .llama3,
            "Hello world 2024!",
            ["Hello", " world", " ", "202", "4", "!"]
        ),
        Example(
            .llama3,
            "a  2",
            ["a", " ", " ", "2"]
        ),
        Example(
            .llama3,
            "x = 10\n    20",
            ["x", " =", " ", "10", "\n", "   ", " ", "20"]
        ),
        Example(
            .llama3,
            "\t\t7",
            ["\t", "\t", "7"]
        ),
        Example(
            .llama3,
            "I'M don'T we'll 's",
            ["I", "'M", " don", "'T", " we", "'ll", " '", "s"]
        ),
        Example(
            .llama3,
            "  a\n\n b  c  ",
            [" ", " a", "\n\n", " b", " ", " c", "  "]
        ),
        Example(
            .llama3,
            "\u{b2}\u{b3} \u{2163} 1\u{bd} \u{663}",
            ["\u{b2}\u{b3}", " ", "\u{2163}", " ", "1\u{bd}", " ", "\u{663}"]
        ),
        Example(
            .llama3,
            "a\r\n\r\n  b \n ",
            ["a", "\r\n\r\n", " ", " b", " \n", " "]
        ),
        Example(
            .llama3,
            "e\u{301} \u{f1} \u{4f60}\u{597d}\u{3002}\u{4e16}\u{754c}",
            ["e", "\u{301}", " \u{f1}", " \u{4f60}\u{597d}", "\u{3002}\u{4e16}\u{754c}"]
        ),
        Example(
            .llama3,
            "\u{1f600} \u{1f44d}\u{1f3fd}!!\n\n?",
            ["\u{1f600}", " \u{1f44d}\u{1f3fd}!!\n\n", "?"]
        ),
        Example(
            .llama3,
            "\u{a0}x\u{3000}\u{3000}y",
            ["\u{a0}x", "\u{3000}", "\u{3000}y"]
        ),
        Example(
            .llama3,
            "(foo) [bar]...\n",
            ["(foo", ")", " [", "bar", "]...\n"]
        ),
        Example(
            .qwen2,
            "Hello world 2024!",
            ["Hello", " world", " ", "2", "0", "2", "4", "!"]
        ),
        Example(
            .qwen2,
            "a  2",
            ["a", " ", " ", "2"]
        ),
        Example(
            .qwen2,
            "x = 10\n    20",
            ["x", " =", " ", "1", "0", "\n", "   ", " ", "2", "0"]
        ),
        Example(
            .qwen2,
            "\t\t7",
            ["\t", "\t", "7"]
        ),
        Example(
            .qwen2,
            "I'M don'T we'll 's",
            ["I", "'M", " don", "'T", " we", "'ll", " '", "s"]
        ),
        Example(
            .qwen2,
            "  a\n\n b  c  ",
            [" ", " a", "\n\n", " b", " ", " c", "  "]
        ),
        Example(
            .qwen2,
            "\u{b2}\u{b3} \u{2163} 1\u{bd} \u{663}",
            ["\u{b2}", "\u{b3}", " ", "\u{2163}", " ", "1", "\u{bd}", " ", "\u{663}"]
        ),
        Example(
            .qwen2,
            "a\r\n\r\n  b \n ",
            ["a", "\r\n\r\n", " ", " b", " \n", " "]
        ),
        Example(
            .qwen2,
            "e\u{301} \u{f1} \u{4f60}\u{597d}\u{3002}\u{4e16}\u{754c}",
            ["e", "\u{301}", " \u{f1}", " \u{4f60}\u{597d}", "\u{3002}\u{4e16}\u{754c}"]
        ),
        Example(
            .qwen2,
            "\u{1f600} \u{1f44d}\u{1f3fd}!!\n\n?",
            ["\u{1f600}", " \u{1f44d}\u{1f3fd}!!\n\n", "?"]
        ),
        Example(
            .qwen2,
            "\u{a0}x\u{3000}\u{3000}y",
            ["\u{a0}x", "\u{3000}", "\u{3000}y"]
        ),
        Example(
            .qwen2,
            "(foo) [bar]...\n",
            ["(foo", ")", " [", "bar", "]...\n"]
        ),
    ]

    @Test("cuts text as the family's pattern does", arguments: examples)
    func pieces(_ example: Example) {
        #expect(Self.pieces(of: example.text, example.kind) == example.pieces)
    }

    static func pieces(of text: String, _ kind: PreTokenizer) -> [String] {
        let bytes = text.utf8.span
        var pieces: [String] = []
        var start = 0
        while start < bytes.count {
            let end = kind.pieceEnd(bytes, from: start, to: bytes.count)
            pieces.append(String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self))
            start = end
        }
        return pieces
    }

    @Test("loses no byte of any text and never stands still", arguments: PreTokenizer.allCases)
    func covers(_ kind: PreTokenizer) {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "9", " ", "\t", "\n", "\r", "'", "s", "l", ".", "é", "\u{301}", "²", "世", "😀",
            "\u{a0}", "\u{85}", "\u{3000}", "\0",
        ]
        var state: UInt64 = 42
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let pieces = Self.pieces(of: String(text), kind)
            #expect(pieces.allSatisfy { !$0.isEmpty })
            #expect(Array(pieces.joined().utf8) == Array(String(text).utf8))
        }
    }
}
