// SPDX-License-Identifier: Apache-2.0

/// How text is cut into pieces before merging: hand-written forms of four families' patterns.
package enum PreTokenizer: String, Sendable, CaseIterable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// Every `\p{N}` by itself, then gpt2 on what is between.
    case smollm
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*`
    /// `|\s*[\r\n]+|\s+(?!\S)|\s+`
    case llama3
    /// llama3 with `\p{N}` one at a time; text is brought to NFC first.
    case qwen2

    /// The end of the piece that starts at `start`; `end` is where the text ends.
    func pieceEnd(_ text: Span<UInt8>, from start: Int, to end: Int) -> Int {
        switch self {
        case .gpt2: Self.gpt2End(text, start, end, splitsNumbers: false)
        case .smollm: Self.gpt2End(text, start, end, splitsNumbers: true)
        case .llama3: Self.llama3End(text, start, end, numberLength: 3)
        case .qwen2: Self.llama3End(text, start, end, numberLength: 1)
        }
    }

    private static func gpt2End(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        splitsNumbers: Bool
    ) -> Int {
        if text[start] == UInt8(ascii: "'"),
            let after = contractionEnd(text, start, end, ignoresCase: false)
        {
            return after
        }
        let first = ScalarClass.at(start, in: text)
        let second = start + first.byteCount
        if first.class != .space {
            if first.class == .number, splitsNumbers { return second }
            return runEnd(text, of: first.class, from: second, to: end)
        }
        if text[start] == UInt8(ascii: " "), second < end {
            let follower = ScalarClass.at(second, in: text)
            if follower.class != .space, !(follower.class == .number && splitsNumbers) {
                return runEnd(
                    text,
                    of: follower.class,
                    from: second + follower.byteCount,
                    to: end
                )
            }
        }
        return spaceEnd(text, start, end, numbersEndText: splitsNumbers)
    }

    private static func llama3End(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        numberLength: Int
    ) -> Int {
        let byte = text[start]
        if byte == UInt8(ascii: "'"),
            let after = contractionEnd(text, start, end, ignoresCase: true)
        {
            return after
        }
        let first = ScalarClass.at(start, in: text)
        let second = start + first.byteCount
        switch first.class {
        case .letter: return runEnd(text, of: .letter, from: second, to: end)
        case .number:
            var position = second
            for _ in 1..<numberLength {
                guard position < end else { break }
                let follower = ScalarClass.at(position, in: text)
                guard follower.class == .number else { break }
                position += follower.byteCount
            }
            return position
        case .space, .other: break
        }
        let isNewline = byte == 0x0A || byte == 0x0D
        if second < end {
            let follower = ScalarClass.at(second, in: text)
            if follower.class == .letter, !isNewline {
                return runEnd(text, of: .letter, from: second + follower.byteCount, to: end)
            }
            if byte == UInt8(ascii: " "), follower.class == .other {
                return symbolEnd(text, from: second + follower.byteCount, to: end)
            }
        }
        if first.class == .other { return symbolEnd(text, from: second, to: end) }
        if let after = lineEnd(text, start, end) { return after }
        return spaceEnd(text, start, end, numbersEndText: false)
    }

    /// After `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `start`.
    private static func contractionEnd(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        ignoresCase: Bool
    ) -> Int? {
        let fold: UInt8 = ignoresCase ? 0x20 : 0
        guard start + 1 < end else { return nil }
        switch text[start + 1] | fold {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            guard start + 2 < end, text[start + 2] | fold == UInt8(ascii: "e") else { return nil }
        case UInt8(ascii: "l"):
            guard start + 2 < end, text[start + 2] | fold == UInt8(ascii: "l") else { return nil }
        default: return nil
        }
        return start + 3
    }

    private static func runEnd(
        _ text: Span<UInt8>,
        of wanted: ScalarClass,
        from start: Int,
        to end: Int
    ) -> Int {
        var position = start
        while position < end {
            let scalar = ScalarClass.at(position, in: text)
            guard scalar.class == wanted else { break }
            position += scalar.byteCount
        }
        return position
    }

    /// After `[^\s\p{L}\p{N}]*[\r\n]*`.
    private static func symbolEnd(_ text: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var position = runEnd(text, of: .other, from: start, to: end)
        while position < end, text[position] == 0x0A || text[position] == 0x0D { position += 1 }
        return position
    }

    /// `\s*[\r\n]+`: up to the last line break of the run of white space; nil when it has none.
    private static func lineEnd(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        let after = runEnd(text, of: .space, from: start, to: end)
        var position = after
        while position > start {
            // No byte of a longer scalar looks like a line break.
            if text[position - 1] == 0x0A || text[position - 1] == 0x0D { return position }
            position -= 1
        }
        return nil
    }

    /// `\s+(?!\S)|\s+`: the whole run at the end of the text, else all but its last character,
    /// which then goes to the word that follows.
    private static func spaceEnd(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        numbersEndText: Bool
    ) -> Int {
        var position = start
        var last = start
        while position < end {
            let scalar = ScalarClass.at(position, in: text)
            guard scalar.class == .space else {
                if numbersEndText, scalar.class == .number { return position }
                return last == start ? position : last
            }
            last = position
            position += scalar.byteCount
        }
        return position
    }
}

extension PreTokenizer {
    /// The pre-tokenizer of a GGUF file's `tokenizer.ggml.pre`; nil for one that Ingot lacks.
    ///
    /// The groups are those of llama.cpp's `llama-vocab.cpp`.
    init?(ggufName name: String) {
        switch name {
        case "gpt-2", "gpt2", "phi-2", "mpt", "olmo": self = .gpt2
        case "smollm", "starcoder", "refact", "command-r", "codeshell": self = .smollm
        case "llama3", "llama-v3", "llama-bpe": self = .llama3
        case "qwen2", "deepseek-r1-qwen": self = .qwen2
        default: return nil
        }
    }

    /// Whether a piece that is a token is taken whole, before any merging.
    var ignoresMerges: Bool { self == .llama3 }

    var normalizes: Bool { self == .qwen2 }
}
