// SPDX-License-Identifier: Apache-2.0

/// What chat and plain completions have in common: how to continue a prompt, and how to answer.
package struct GenerationOptions: Hashable, Sendable {
    /// The name in the request; nil means the served model.
    package var model: String?
    /// Nil means as many as the context holds, within the server's limit.
    package var maximumTokens: Int?
    package var temperature: Double
    package var topP: Double
    /// Nil means a new one for each request.
    package var seed: UInt64?
    package var stops: [String]
    package var isStreaming: Bool
    package var includesUsage: Bool

    /// OpenAI allows 4 stop strings; a few more cost nothing.
    static let stopLimit = 16
    /// 256 bytes: text is held back while it may be the start of a stop string.
    static let stopByteLimit = 256
    /// OpenAI's own limit.
    static let temperatureLimit = 2.0
    /// OpenAI's default for both kinds of completions.
    static let defaultTemperature = 1.0

    init(_ fields: RequestFields, tokenFields: [String]) throws(InferenceError) {
        model = try fields.string("model")
        var limit: Int?
        for name in tokenFields where limit == nil {
            limit = try fields.integer(name, in: 1...Int(Int32.max))
        }
        maximumTokens = limit
        temperature =
            try fields.number("temperature", in: 0...Self.temperatureLimit)
            ?? Self.defaultTemperature
        topP = try fields.number("top_p", in: 0...1) ?? 1
        seed = try fields.integer("seed", in: .min ... .max).map { UInt64(bitPattern: Int64($0)) }
        stops = try Self.stops(fields)
        isStreaming = try fields.bool("stream") ?? false
        includesUsage = fields["stream_options"]?["include_usage"]?.bool ?? false
        try Self.refuseUnsupported(fields)
    }

    private static func stops(_ fields: RequestFields) throws(InferenceError) -> [String] {
        let problem = InferenceError.invalid(
            "stop",
            "expected a text or up to \(stopLimit) texts of 1 to \(stopByteLimit) bytes"
        )
        let values: [String?] =
            switch fields["stop"] {
            case nil: []
            case .string(let text): [text]
            case .array(let elements): elements.map(\.string)
            default: throw problem
            }
        let texts = values.compactMap(\.self)
        guard texts.count == values.count, texts.count <= stopLimit,
            texts.allSatisfy({ (1...stopByteLimit).contains($0.utf8.count) })
        else { throw problem }
        return texts
    }

    private static func refuseUnsupported(_ fields: RequestFields) throws(InferenceError) {
        try fields.refuse("n", unless: 1)
        try fields.refuse("frequency_penalty", unless: 0, 0.0)
        try fields.refuse("presence_penalty", unless: 0, 0.0)
        try fields.refuse("repetition_penalty", unless: 1, 1.0)
        try fields.refuse("logit_bias", unless: [:])
        try fields.refuse("top_k", unless: 0, -1)
        try fields.refuse("min_p", unless: 0, 0.0)
        try fields.refuse("ignore_eos", unless: false)
        try fields.refuse("min_tokens", unless: 0)
    }
}
