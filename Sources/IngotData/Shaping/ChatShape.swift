// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The forms in which conversations are passed around.
enum ChatShape {
    /// OpenAI: `{"messages": [{"role", "content"}]}`.
    case messages
    /// ShareGPT: `{"conversations": [{"from", "value"}]}`.
    case conversations
    /// TRL: `{"prompt", "completion"}`, texts.
    case promptCompletion
    /// Alpaca: `{"instruction", "input", "output"}`.
    case instruction

    init?(of json: JSONValue) {
        if json["messages"] != nil {
            self = .messages
        } else if json["conversations"] != nil {
            self = .conversations
        } else if json["prompt"] != nil, json["completion"] != nil {
            self = .promptCompletion
        } else if json["instruction"] != nil, json["output"] != nil {
            self = .instruction
        } else {
            return nil
        }
    }

    /// - Throws: `FieldError` when the record is not quite of the shape; such rows are dropped.
    func messages(in json: JSONValue) throws(FieldError) -> [Message] {
        let messages =
            switch self {
            case .messages: try turns(json, list: "messages", role: "role", content: "content")
            case .conversations:
                try turns(json, list: "conversations", role: "from", content: "value")
            case .promptCompletion:
                [
                    Message(role: .user, content: try text("prompt", of: json)),
                    Message(role: .assistant, content: try text("completion", of: json)),
                ]
            case .instruction: try instruction(json)
            }
        guard messages.count >= 2, messages.last?.role == .assistant else {
            throw FieldError("the last turn is not an answer of the assistant")
        }
        return messages
    }

    private func turns(
        _ json: JSONValue,
        list: String,
        role: String,
        content: String
    ) throws(FieldError) -> [Message] {
        guard let elements = json[list]?.array else { throw FieldError("\(list) is not a list") }
        var messages: [Message] = []
        // ShareGPT and Alpaca keep the system's text beside the turns.
        if let system = json["system"]?.string, !system.isEmpty {
            messages.append(Message(role: .system, content: system))
        }
        for (index, element) in elements.enumerated() {
            let place = "\(list)[\(index)]"
            guard let name = element[role]?.string, let known = Self.role(name) else {
                throw FieldError("\(place).\(role) is not a known role")
            }
            guard element["tool_calls"] == nil || element["tool_calls"] == .null else {
                throw FieldError("\(place) calls tools, which is not supported")
            }
            guard let value = element[content], let text = Self.text(of: value) else {
                throw FieldError("\(place).\(content) is not text")
            }
            messages.append(Message(role: known, content: text))
        }
        return messages
    }

    private func instruction(_ json: JSONValue) throws(FieldError) -> [Message] {
        let instruction = try text("instruction", of: json)
        let input = json["input"]?.string ?? ""
        var messages: [Message] = []
        if let system = json["system"]?.string, !system.isEmpty {
            messages.append(Message(role: .system, content: system))
        }
        let question = input.isEmpty ? instruction : instruction + "\n" + input
        messages.append(Message(role: .user, content: question))
        messages.append(Message(role: .assistant, content: try text("output", of: json)))
        return messages
    }

    private func text(_ name: String, of json: JSONValue) throws(FieldError) -> String {
        guard let text = json[name]?.string else { throw FieldError("\(name) is not text") }
        return text
    }

    /// A text, or a list of parts that are all texts.
    private static func text(of value: JSONValue) -> String? {
        if let text = value.string { return text }
        guard let parts = value.array else { return nil }
        let texts = parts.compactMap { $0["type"] == "text" ? $0["text"]?.string : nil }
        return texts.count == parts.count ? texts.joined() : nil
    }

    private static func role(_ name: String) -> Message.Role? {
        switch name {
        case "human": .user
        case "gpt": .assistant
        default: Message.Role(rawValue: name)
        }
    }
}
