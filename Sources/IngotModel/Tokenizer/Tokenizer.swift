// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Byte-level BPE: text to token ids and back.
///
/// Made from a GGUF file's metadata or from Hugging Face's `tokenizer.json`; the ids are those of
/// the `tokenizers` library with the family's own pre-tokenizer. Encoding never adds BOS or EOS.
package struct Tokenizer: Sendable {
    package let preTokenizer: PreTokenizer
    package let bosToken: Int32?
    package let eosToken: Int32?
    package let padToken: Int32?
    package let unknownToken: Int32?
    /// Whether the model was trained with BOS in front of every text.
    package let addsBosToken: Bool
    /// The tokens that end an answer, ascending.
    package let endTokens: [Int32]
    /// The Jinja source of the chat template, as the file has it.
    package let chatTemplateSource: String?

    private let vocabulary: Vocabulary
    private let merges: MergeTable
    /// The token of each byte; -1 where the vocabulary has none, as for most control characters of
    /// SmolLM2: such bytes are dropped, as `tokenizers` does.
    private let byteTokens: [Int32]
    private let added: AddedTokens
    private let special: Set<Int32>
    private let ignoresMerges: Bool
    private let normalizes: Bool
    private let encoders = EncoderPool()

    init(_ parts: TokenizerParts) throws(ModelFileError) {
        let builder = try TokenizerBuilder(parts)
        preTokenizer = parts.preTokenizer
        bosToken = try builder.checked(parts.bosToken, "BOS")
        eosToken = try builder.checked(parts.eosToken, "EOS")
        padToken = try builder.checked(parts.padToken, "PAD")
        unknownToken = try builder.checked(parts.unknownToken, "unknown")
        addsBosToken = parts.addsBosToken && parts.bosToken != nil
        var ends = Set<Int32>()
        for token in parts.otherEndTokens + [parts.eosToken].compactMap(\.self) {
            if let token = try builder.checked(token, "end") { ends.insert(token) }
        }
        endTokens = ends.sorted()
        chatTemplateSource = parts.chatTemplate
        vocabulary = builder.vocabulary
        merges = builder.merges
        byteTokens = builder.byteTokens
        added = AddedTokens(builder.added)
        special = Set(builder.added.filter(\.isSpecial).map(\.id))
        ignoresMerges = parts.ignoresMerges
        normalizes = parts.normalizes
    }

    /// The number of tokens; a model may have more rows in its embedding, as padding.
    package var vocabularySize: Int { vocabulary.count }

    /// What a chat template calls the beginning and the end of a text; empty where there is none.
    package var boundaryTexts: (bos: String, eos: String) {
        let text: (Int32?) -> String = { token in token.map { decode([$0]) } ?? "" }
        return (text(bosToken), text(eosToken))
    }

    /// The tokens of `text`; with `parsingSpecial`, special tokens written out in it are taken as
    /// such, so it is for templates and never for what users type.
    package func encode(_ text: String, parsingSpecial: Bool = false) -> [Int32] {
        var encoder = encoders.take()
        defer { encoders.giveBack(encoder) }
        var output: [Int32] = []
        let bytes = text.utf8.span
        output.reserveCapacity(bytes.count / 3 + 8)
        var start = 0
        if !added.isEmpty(parsingSpecial: parsingSpecial) {
            while let match = added.match(in: bytes, from: start, parsingSpecial: parsingSpecial) {
                encode(bytes, start..<match.range.lowerBound, &encoder, into: &output)
                output.append(match.id)
                start = match.range.upperBound
            }
        }
        encode(bytes, start..<bytes.count, &encoder, into: &output)
        return output
    }

    /// The bytes of one token: streaming joins them, since a character may span tokens.
    package func bytes(of token: Int32) -> [UInt8] { Array(vocabulary[token]) }

    /// The text of tokens; bytes that are not UTF-8 become U+FFFD, unknown ids nothing.
    package func decode(
        _ tokens: some Sequence<Int32>,
        skippingSpecial: Bool = false
    ) -> String {
        var bytes: [UInt8] = []
        for token in tokens where !(skippingSpecial && special.contains(token)) {
            bytes += vocabulary[token]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Tokenizer {
    /// Text without added tokens.
    private func encode(
        _ text: Span<UInt8>,
        _ range: Range<Int>,
        _ encoder: inout PieceEncoder,
        into output: inout [Int32]
    ) {
        guard normalizes, !Normalization.isSurelyNormal(text, range) else {
            return encodePieces(text, range, &encoder, into: &output)
        }
        let normal = Normalization.normal(text, range)
        let bytes = normal.utf8.span
        encodePieces(bytes, 0..<bytes.count, &encoder, into: &output)
    }

    private func encodePieces(
        _ text: Span<UInt8>,
        _ range: Range<Int>,
        _ encoder: inout PieceEncoder,
        into output: inout [Int32]
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = preTokenizer.pieceEnd(text, from: start, to: range.upperBound)
            encodePiece(text, start..<end, &encoder, into: &output)
            start = end
        }
    }

    private func encodePiece(
        _ text: Span<UInt8>,
        _ piece: Range<Int>,
        _ encoder: inout PieceEncoder,
        into output: inout [Int32]
    ) {
        if piece.count == 1 {
            let token = byteTokens[Int(text[piece.lowerBound])]
            if token >= 0 { output.append(token) }
            return
        }
        guard piece.count <= PieceCache.keyByteLimit else {
            return encodeUnknown(text, piece, &encoder, into: &output)
        }
        let key = PieceCache.Key(text, piece)
        if encoder.cache.append(key, to: &output) { return }
        let before = output.count
        encodeUnknown(text, piece, &encoder, into: &output)
        encoder.cache.remember(key, output[before...])
    }

    private func encodeUnknown(
        _ text: Span<UInt8>,
        _ piece: Range<Int>,
        _ encoder: inout PieceEncoder,
        into output: inout [Int32]
    ) {
        if ignoresMerges, let token = vocabulary.id(in: text, piece) {
            return output.append(token)
        }
        encoder.merger.encode(
            text,
            piece,
            byteTokens: byteTokens,
            merges: merges,
            into: &output
        )
    }
}

/// The memory that encoding reuses from call to call.
private struct PieceEncoder {
    var cache = PieceCache()
    var merger = PairMerger()
}

/// Lends each call an encoder of its own, so that threads never wait for one another.
private final class EncoderPool: Sendable {
    /// More threads than this make new ones.
    private static let limit = 8

    private let idle = Mutex<[PieceEncoder]>([])

    func take() -> PieceEncoder { idle.withLock { $0.popLast() } ?? PieceEncoder() }

    func giveBack(_ encoder: PieceEncoder) {
        idle.withLock { if $0.count < Self.limit { $0.append(encoder) } }
    }
}
