// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The body of `POST /v1/chat/completions`.
package struct ChatRequest: Hashable, Sendable {
    package struct Message: Hashable, Sendable {
        package let role: String
        package let content: String
    }

    package let messages: [Message]
    package let options: GenerationOptions

    /// 1,024 messages: far beyond a conversation that fits into a context.
    static let messageLimit = 1024

    package init(json: JSONValue) throws(InferenceError) {
        let fields = try RequestFields(json)
        guard let elements = fields["messages"]?.array,
            (1...Self.messageLimit).contains(elements.count)
        else {
            throw .invalid("messages", "expected a list of 1 to \(Self.messageLimit) messages")
        }
        var messages: [Message] = []
        for (index, element) in elements.enumerated() {
            messages.append(try Self.message(element, place: "messages[\(index)]"))
        }
        self.messages = messages
        options = try GenerationOptions(
            fields,
            tokenFields: ["max_completion_tokens", "max_tokens"]
        )
        try fields.refuse("tools", unless: [])
        try fields.refuse("functions", unless: [])
        try fields.refuse("logprobs", unless: false)
        try fields.refuse("response_format", unless: ["type": "text"])
    }

    private static func message(
        _ json: JSONValue,
        place: String
    ) throws(InferenceError) -> Message {
        guard let role = json["role"]?.string, !role.isEmpty else {
            throw .invalid("\(place).role", "expected system, user or assistant")
        }
        switch json["content"] {
        case .string(let text): return Message(role: role, content: text)
        case .array(let parts):
            var text = ""
            for part in parts {
                guard part["type"] == "text", let piece = part["text"]?.string else {
                    throw .invalid("\(place).content", "only parts of type text are supported")
                }
                text += piece
            }
            return Message(role: role, content: text)
        default: throw .invalid("\(place).content", "expected a text or a list of text parts")
        }
    }

    /// As templates read them.
    var templateMessages: JSONValue {
        .array(messages.map { ["role": .string($0.role), "content": .string($0.content)] })
    }
}
