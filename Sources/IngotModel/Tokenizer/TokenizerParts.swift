// SPDX-License-Identifier: Apache-2.0

/// What a tokenizer file says, whichever format it has; `Tokenizer` is made of it.
struct TokenizerParts {
    enum Kind {
        /// Spelled in the byte alphabet, made by merges.
        case ordinary
        /// Cut out of the text only where the caller allows it; literal text.
        case special
        /// Always cut out of the text; literal text.
        case added
        /// Never found in a text.
        case unused
    }

    struct Token {
        let text: String
        let kind: Kind
    }

    // Vocabularies reach 262,144 tokens.
    static let tokenLimit = 1 << 20
    /// Offsets into the vocabulary have 32 bits; real ones have a few MB.
    static let vocabularyByteLimit = 1 << 30

    /// The file, for messages.
    let file: String
    var preTokenizer: PreTokenizer
    var ignoresMerges: Bool
    var normalizes: Bool
    /// By id.
    var tokens: [Token]
    /// In the order of rank, spelled in the byte alphabet.
    var merges: [(left: Substring, right: Substring)]
    var bosToken: Int32?
    var eosToken: Int32?
    var padToken: Int32?
    var unknownToken: Int32?
    var addsBosToken = false
    /// Beside `eosToken`.
    var otherEndTokens: [Int32] = []
    var chatTemplate: String?
}
