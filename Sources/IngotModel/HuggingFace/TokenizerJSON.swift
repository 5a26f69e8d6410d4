// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Reads a tokenizer's lists out of `tokenizer.json`; what it cannot do exactly it refuses.
struct TokenizerJSON {
    private let fields: JSONFields

    init(_ fields: JSONFields) { self.fields = fields }

    func parts() throws(ModelFileError) -> TokenizerParts {
        guard let model = try fields.object("model") else {
            throw fields.failure("model", "is missing")
        }
        try check(model)
        let processor = try leadingToken(fields.object("post_processor"))
        return TokenizerParts(
            file: fields.file,
            preTokenizer: try preTokenizer(),
            ignoresMerges: try model.bool("ignore_merges") ?? false,
            normalizes: try normalizes(),
            tokens: try tokens(model),
            merges: try merges(model),
            bosToken: processor,
            addsBosToken: processor != nil
        )
    }

    private func check(_ model: JSONFields) throws(ModelFileError) {
        let type = try model.string("type") ?? "BPE"
        guard type == "BPE" else {
            throw unsupported("model.type", "the tokenizer is of the kind '\(type)'")
        }
        if try model.bool("byte_fallback") ?? false {
            throw unsupported("model.byte_fallback", "is true: a SentencePiece vocabulary")
        }
        for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
            guard let value = model.value(key), value != "", value.double != 0 else { continue }
            throw unsupported("model.\(key)", "is \(value.canonicalText.prefix(60))")
        }
    }

    // MARK: Pipeline

    private static let pattern = (
        head: #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#,
        tail: #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    )

    private func preTokenizer() throws(ModelFileError) -> PreTokenizer {
        let place = "pre_tokenizer"
        guard let value = try fields.object(place) else {
            throw unsupported(place, "is missing")
        }
        let steps = try steps(of: value, "pretokenizers")
        let types = steps.map { $0["type"]?.string ?? "none" }
        guard let last = steps.last, last["type"] == "ByteLevel", last["add_prefix_space"] == false
        else {
            throw unsupported(place, "is \(types.joined(separator: ", "))")
        }
        let usesPattern = last["use_regex"]?.bool ?? true
        switch types.dropLast() {
        case [] where usesPattern: return .gpt2
        case ["Digits"] where usesPattern && steps[0]["individual_digits"] == true: return .smollm
        case ["Split"] where !usesPattern:
            let pattern = steps[0]["pattern"]?["Regex"]?.string
            guard steps[0]["behavior"] == "Isolated", steps[0]["invert"]?.bool != true else {
                break
            }
            if pattern == Self.pattern.head + "{1,3}" + Self.pattern.tail { return .llama3 }
            if pattern == Self.pattern.head + Self.pattern.tail { return .qwen2 }
            throw unsupported(place, "splits by the pattern \(pattern ?? "none")")
        default: break
        }
        throw unsupported(place, "is \(types.joined(separator: ", ")) in a form that Ingot lacks")
    }

    private func normalizes() throws(ModelFileError) -> Bool {
        guard let value = try fields.object("normalizer") else { return false }
        let types = try steps(of: value, "normalizers").map { $0["type"]?.string ?? "none" }
        guard types.allSatisfy({ $0 == "NFC" }) else {
            throw unsupported("normalizer", "is \(types.joined(separator: ", "))")
        }
        return !types.isEmpty
    }

    /// A sequence's steps, or the one step.
    private func steps(
        of value: JSONFields,
        _ key: String
    ) throws(ModelFileError) -> [JSONValue] {
        guard try value.string("type") == "Sequence" else { return [.object(value.members)] }
        return value.value(key)?.array ?? []
    }

    /// The token that the template puts before a text; nil when it adds nothing.
    private func leadingToken(_ value: JSONFields?) throws(ModelFileError) -> Int32? {
        guard let value else { return nil }
        var leading: Int32?
        for step in try steps(of: value, "processors") {
            switch step["type"]?.string {
            case "ByteLevel": continue
            case "TemplateProcessing":
                for (index, piece) in (step["single"]?.array ?? []).enumerated() {
                    guard let name = piece["SpecialToken"]?["id"]?.string else { continue }
                    guard index == 0,
                        let ids = step["special_tokens"]?[name]?["ids"]?.array, ids.count == 1,
                        let id = ids[0].integer.flatMap(Int32.init(exactly:))
                    else {
                        throw unsupported(
                            "post_processor",
                            "adds '\(name)' elsewhere than in front"
                        )
                    }
                    leading = id
                }
            case let other: throw unsupported("post_processor", "is \(other ?? "none")")
            }
        }
        return leading
    }

    // MARK: Lists

    private func tokens(_ model: JSONFields) throws(ModelFileError) -> [TokenizerParts.Token] {
        guard let vocabulary = try model.object("vocab")?.members else {
            throw fields.failure("model.vocab", "is missing")
        }
        let added = try addedTokens()
        let largest = try largestID(vocabulary, added)
        var tokens = [TokenizerParts.Token?](repeating: nil, count: largest + 1)
        for (text, value) in vocabulary {
            guard let id = value.integer, tokens[id] == nil else {
                throw fields.failure("model.vocab", "the id of '\(text)' is given twice")
            }
            tokens[id] = .init(text: text, kind: .ordinary)
        }
        for token in added {
            tokens[token.id] = .init(text: token.text, kind: token.isSpecial ? .special : .added)
        }
        return tokens.map { $0 ?? .init(text: "", kind: .unused) }
    }

    private func largestID(
        _ vocabulary: [String: JSONValue],
        _ added: [Added]
    ) throws(ModelFileError) -> Int {
        var largest = added.map(\.id).max() ?? 0
        for value in vocabulary.values {
            guard let id = value.integer, (0..<TokenizerParts.tokenLimit).contains(id) else {
                throw fields.failure(
                    "model.vocab",
                    "an id is not a number below \(TokenizerParts.tokenLimit)"
                )
            }
            largest = max(largest, id)
        }
        return largest
    }

    private struct Added {
        let id: Int
        let text: String
        let isSpecial: Bool
    }

    private func addedTokens() throws(ModelFileError) -> [Added] {
        var added: [Added] = []
        for value in fields.value("added_tokens")?.array ?? [] {
            guard let id = value["id"]?.integer, (0..<TokenizerParts.tokenLimit).contains(id),
                let text = value["content"]?.string, !text.isEmpty
            else {
                throw fields.failure("added_tokens", "entry \(added.count) lacks id or content")
            }
            for flag in ["lstrip", "rstrip", "single_word"] where value[flag] == true {
                throw unsupported("added_tokens", "'\(text)' is marked \(flag)")
            }
            added.append(Added(id: id, text: text, isSpecial: value["special"]?.bool ?? false))
        }
        return added
    }

    private func merges(
        _ model: JSONFields
    ) throws(ModelFileError) -> [(left: Substring, right: Substring)] {
        guard let list = model.value("merges")?.array else {
            throw fields.failure("model.merges", "is missing")
        }
        var merges: [(left: Substring, right: Substring)] = []
        merges.reserveCapacity(list.count)
        for value in list {
            if let line = value.string, let merge = TokenizerParts.merge(line) {
                merges.append(merge)
            } else if let pair = value.array, pair.count == 2, let left = pair[0].string,
                let right = pair[1].string
            {
                merges.append((Substring(left), Substring(right)))
            } else {
                throw fields.failure("model.merges", "entry \(merges.count) is not a pair")
            }
        }
        return merges
    }

    private func unsupported(_ place: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            fields.file,
            place: place,
            problem,
            remedy: "Ingot has byte-level BPE as smollm, gpt2, llama3 and qwen2 have it"
        )
    }
}
