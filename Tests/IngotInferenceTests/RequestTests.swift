// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotInference

@Suite struct RequestTests {
    private let messages: JSONValue = [["role": "user", "content": "hi"]]

    private func chat(_ extra: [String: JSONValue] = [:]) throws -> ChatRequest {
        try ChatRequest(json: .object(extra.merging(["messages": messages]) { $1 }))
    }

    private func completion(_ json: JSONValue) throws -> CompletionRequest {
        try CompletionRequest(json: json)
    }

    @Test("a chat has OpenAI's defaults")
    func defaults() throws {
        let options = try chat().options
        #expect(options.temperature == 1)
        #expect(options.topP == 1)
        #expect(options.maximumTokens == nil)
        #expect(options.seed == nil)
        #expect(options.stops.isEmpty)
        #expect(!options.isStreaming)
    }

    @Test("every supported field is read")
    func allFields() throws {
        let options = try chat([
            "model": "m", "max_tokens": 5, "temperature": 0, "top_p": 0.5, "seed": -1,
            "stop": ["a", "b"], "stream": true, "stream_options": ["include_usage": true],
            "user": "somebody", "n": 1, "frequency_penalty": 0, "response_format": ["type": "text"],
        ]).options
        #expect(options.model == "m")
        #expect(options.maximumTokens == 5)
        #expect(options.temperature == 0)
        #expect(options.topP == 0.5)
        #expect(options.seed == UInt64.max)
        #expect(options.stops == ["a", "b"])
        #expect(options.isStreaming && options.includesUsage)
    }

    @Test("max_completion_tokens comes before max_tokens")
    func bothLimits() throws {
        #expect(
            try chat(["max_tokens": 5, "max_completion_tokens": 7]).options.maximumTokens == 7
        )
    }

    @Test("content may be a list of text parts")
    func contentParts() throws {
        let request = try ChatRequest(json: [
            "messages": [
                [
                    "role": "user",
                    "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]],
                ]
            ]
        ])
        #expect(request.messages.map(\.content) == ["ab"])
    }

    @Test(
        "a wrong field is refused by its name",
        arguments: [
            ("max_tokens", 0), ("max_tokens", "5"), ("max_tokens", 1.5), ("temperature", -0.1),
            ("temperature", 2.1), ("top_p", 1.1), ("seed", "x"), ("stop", ""), ("stop", [1]),
            ("stop", .array(Array(repeating: "s", count: 17))), ("stream", 1), ("n", 2),
            ("frequency_penalty", 0.5), ("logit_bias", ["1": 2]), ("tools", [["type": "f"]]),
            ("logprobs", true), ("response_format", ["type": "json_object"]), ("top_k", 40),
            ("model", 1),
        ] as [(String, JSONValue)]
    )
    func wrongField(name: String, value: JSONValue) {
        let error = #expect(throws: InferenceError.self) { try chat([name: value]) }
        #expect(error?.parameter == name)
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        "messages that are none are refused with their place",
        arguments: [
            ([:], "messages"), (["messages": []], "messages"), (["messages": "hi"], "messages"),
            (["messages": [["content": "x"]]], "messages[0].role"),
            (["messages": [["role": "user"]]], "messages[0].content"),
            (
                ["messages": [["role": "user", "content": [["type": "image_url"]]]]],
                "messages[0].content"
            ),
        ] as [(JSONValue, String)]
    )
    func wrongMessages(json: JSONValue, place: String) {
        let error = #expect(throws: InferenceError.self) { try ChatRequest(json: json) }
        #expect(error?.parameter == place)
    }

    @Test("a body that is no object is refused", arguments: [[], 1, "x", nil] as [JSONValue])
    func noObject(json: JSONValue) {
        #expect(throws: InferenceError.self) { try ChatRequest(json: json) }
    }

    @Test("a prompt is a text, a list with one text, or token ids")
    func prompts() throws {
        #expect(try completion(["prompt": "a"]).prompt == .text("a"))
        #expect(try completion(["prompt": ["a"]]).prompt == .text("a"))
        #expect(try completion(["prompt": [1, 2]]).prompt == .tokens([1, 2]))
        #expect(try completion(["prompt": [[1, 2]]]).prompt == .tokens([1, 2]))
        #expect(try completion(["prompt": "a"]).options.maximumTokens == 16)
    }

    @Test(
        "other prompts are refused",
        arguments: [
            nil, [], 1, ["a", "b"], [1.5], [1, "a"], [4_294_967_296], [[]], [[1], [2]],
        ] as [JSONValue]
    )
    func wrongPrompts(prompt: JSONValue) {
        let error = #expect(throws: InferenceError.self) { try completion(["prompt": prompt]) }
        #expect(error?.parameter == "prompt")
    }
}
