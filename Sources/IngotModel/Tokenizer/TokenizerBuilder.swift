// SPDX-License-Identifier: Apache-2.0

/// Turns a tokenizer file's lists into tables, and refuses what would encode wrongly.
struct TokenizerBuilder {
    private(set) var vocabulary: Vocabulary
    private(set) var merges: MergeTable
    private(set) var byteTokens: [Int32] = []
    private(set) var added: [AddedTokens.Entry] = []
    private let file: String

    init(_ parts: TokenizerParts) throws(ModelFileError) {
        file = parts.file
        vocabulary = Vocabulary(capacity: parts.tokens.count)
        merges = MergeTable(capacity: parts.merges.count)
        guard !parts.tokens.isEmpty, parts.tokens.count <= TokenizerParts.tokenLimit else {
            throw failure(
                "vocabulary",
                "has \(parts.tokens.count) tokens, expected 1 to \(TokenizerParts.tokenLimit)"
            )
        }
        let byteCount = parts.tokens.reduce(0) { $0 + $1.text.utf8.count }
        guard byteCount <= TokenizerParts.vocabularyByteLimit else {
            throw failure("vocabulary", "has \(byteCount) bytes of tokens")
        }
        for (id, token) in parts.tokens.enumerated() { try append(token, Int32(id)) }
        // Text can become an added token by merges too, where the vocabulary spells it.
        for entry in added where !entry.isSpecial { vocabulary.find(entry.id) }
        for byte in UInt8.min...UInt8.max { byteTokens.append(vocabulary.id(of: [byte]) ?? -1) }
        for (rank, merge) in parts.merges.enumerated() {
            try insert(merge.left, merge.right, rank: rank)
        }
    }

    func checked(_ token: Int32?, _ name: String) throws(ModelFileError) -> Int32? {
        guard let token, !(0..<Int32(vocabulary.count)).contains(token) else { return token }
        throw failure(
            "\(name) token",
            "is \(token), but the vocabulary has \(vocabulary.count) tokens"
        )
    }

    private mutating func append(
        _ token: TokenizerParts.Token,
        _ id: Int32
    ) throws(ModelFileError) {
        let literal = Array(token.text.utf8)
        guard token.kind == .ordinary, let bytes = ByteAlphabet.bytes(of: token.text),
            !bytes.isEmpty
        else {
            _ = vocabulary.append(literal, isFound: false)
            if token.kind == .special || token.kind == .added, !literal.isEmpty {
                added.append(
                    .init(bytes: literal, id: id, isSpecial: token.kind == .special)
                )
            }
            return
        }
        guard vocabulary.append(bytes, isFound: true) else {
            throw failure("token \(id)", "'\(token.text)' occurs twice in the vocabulary")
        }
    }

    private mutating func insert(
        _ left: Substring,
        _ right: Substring,
        rank: Int
    ) throws(ModelFileError) {
        guard let leftBytes = ByteAlphabet.bytes(of: String(left)),
            let rightBytes = ByteAlphabet.bytes(of: String(right)),
            let leftID = vocabulary.id(of: leftBytes), let rightID = vocabulary.id(of: rightBytes),
            let merged = vocabulary.id(of: leftBytes + rightBytes)
        else {
            throw failure(
                "merge \(rank)",
                "'\(left) \(right)': its parts or its result are not in the vocabulary"
            )
        }
        merges.insert(left: leftID, right: rightID, rank: rank, merged: merged)
    }

    private func failure(_ place: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            file,
            place: place,
            problem,
            remedy: "fetch or convert the tokenizer again"
        )
    }
}
