// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The JSON of an answer, whole or in pieces: the objects of OpenAI's chat and plain completions.
package struct ReplyFormat: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case chat
        case completion
    }

    package let kind: Kind
    package let id: String
    /// Unix seconds.
    package let created: Int
    package let model: String

    /// `code` makes the identifier unique.
    package init(kind: Kind, code: UInt64, created: Int, model: String) {
        let digits = String(code, radix: 16)
        let padding = String(repeating: "0", count: 16 - digits.utf8.count)
        self.kind = kind
        id = (kind == .chat ? "chatcmpl-" : "cmpl-") + padding + digits
        self.created = created
        self.model = model
    }

    package func whole(_ text: String, _ reason: FinishReason, _ usage: TokenUsage) -> JSONValue {
        var choice: [String: JSONValue] = [
            "index": 0, "finish_reason": .string(reason.rawValue), "logprobs": .null,
        ]
        switch kind {
        case .chat: choice["message"] = ["role": "assistant", "content": .string(text)]
        case .completion: choice["text"] = .string(text)
        }
        return document(
            object: kind == .chat ? "chat.completion" : "text_completion",
            choices: [.object(choice)],
            usage: Self.json(of: usage)
        )
    }

    /// The first piece of a chat says who speaks; plain completions have none.
    package var opening: JSONValue? {
        kind == .chat
            ? piece(delta: ["role": "assistant", "content": ""], text: "", reason: nil) : nil
    }

    package func piece(_ text: String) -> JSONValue {
        piece(delta: ["content": .string(text)], text: text, reason: nil)
    }

    package func ending(_ reason: FinishReason) -> JSONValue {
        piece(delta: [:], text: "", reason: reason)
    }

    /// The last piece, for those who asked for it.
    package func usage(_ usage: TokenUsage) -> JSONValue {
        document(object: pieceObject, choices: [], usage: Self.json(of: usage))
    }

    private var pieceObject: String {
        kind == .chat ? "chat.completion.chunk" : "text_completion"
    }

    private func piece(delta: JSONValue, text: String, reason: FinishReason?) -> JSONValue {
        var choice: [String: JSONValue] = [
            "index": 0,
            "finish_reason": reason.map { .string($0.rawValue) } ?? .null,
            "logprobs": .null,
        ]
        switch kind {
        case .chat: choice["delta"] = delta
        case .completion: choice["text"] = .string(text)
        }
        return document(object: pieceObject, choices: [.object(choice)], usage: nil)
    }

    private func document(object: String, choices: [JSONValue], usage: JSONValue?) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "object": .string(object), "created": .integer(Int64(created)),
            "model": .string(model), "choices": .array(choices),
        ]
        if let usage { members["usage"] = usage }
        return .object(members)
    }

    private static func json(of usage: TokenUsage) -> JSONValue {
        [
            "prompt_tokens": .integer(Int64(usage.prompt)),
            "completion_tokens": .integer(Int64(usage.completion)),
            "total_tokens": .integer(Int64(usage.prompt + usage.completion)),
            "prompt_tokens_details": ["cached_tokens": .integer(Int64(usage.cached))],
        ]
    }
}

/// Server-sent events: WHATWG HTML, "Server-sent events".
///
/// Canonical JSON has no line breaks.
enum ServerSentEvent {
    static func bytes(_ json: JSONValue) -> [UInt8] {
        Array("data: ".utf8) + json.canonicalBytes + Array("\n\n".utf8)
    }

    static let done = Array("data: [DONE]\n\n".utf8)
}
