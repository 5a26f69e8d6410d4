// SPDX-License-Identifier: Apache-2.0

import IngotCore
import NIOPosix
import Testing

@testable import IngotInference

@Suite struct ServerTests {
    private let question =
        #"{"messages":[{"role":"user","content":"hello"}],"max_tokens":12,"temperature":0"#

    @Test("answers a chat, the same one every time")
    func chat() async throws {
        try await TinyServer.with { server async throws in
            let first = try await server.post("/v1/chat/completions", question + "}")
            #expect(first.status == 200)
            #expect(first.json?["object"] == "chat.completion")
            #expect(first.json?["model"] == "tiny")
            let choice = first.json?["choices"]?.array?.first
            #expect(choice?["message"]?["role"] == "assistant")
            #expect(choice?["finish_reason"] == "length" || choice?["finish_reason"] == "stop")
            let usage = first.json?["usage"]
            #expect(usage?["prompt_tokens"]?.integer == 24)
            let second = try await server.post("/v1/chat/completions", question + "}")
            #expect(second.json?["choices"] == first.json?["choices"])
            // All of the prompt but its last token was in the cache.
            #expect(
                second.json?["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.integer == 23
            )
        }
    }

    @Test("a stream says who speaks, brings the same text in pieces, and ends with [DONE]")
    func stream() async throws {
        try await TinyServer.with { server async throws in
            let whole = try await server.post("/v1/chat/completions", question + "}")
            let stream = try await server.post(
                "/v1/chat/completions",
                question + #","stream":true,"stream_options":{"include_usage":true}}"#
            )
            #expect(stream.status == 200)
            #expect(stream.head.contains("text/event-stream"))
            let events = stream.events
            #expect(events.last == "[DONE]")
            let pieces = try events.dropLast().map { try JSONValue(parsing: $0) }
            let opening = pieces.first?["choices"]?.array?.first?["delta"]
            #expect(opening == ["role": "assistant", "content": ""])
            let text = pieces.compactMap {
                $0["choices"]?.array?.first?["delta"]?["content"]?.string
            }.joined()
            #expect(
                text == whole.json?["choices"]?.array?.first?["message"]?["content"]?.string
            )
            #expect(pieces.last?["choices"] == [])
            #expect(pieces.last?["usage"]?["total_tokens"] == whole.json?["usage"]?["total_tokens"])
            let ending = pieces.dropLast().last?["choices"]?.array?.first
            #expect(ending?["finish_reason"]?.string != nil)
            #expect(Set(pieces.compactMap { $0["id"]?.string }).count == 1)
        }
    }

    @Test("continues text and token ids alike, and a seed makes drawing repeatable")
    func completions() async throws {
        try await TinyServer.with { server async throws in
            let path = "/v1/completions"
            let text = try await server.post(path, #"{"prompt":"ab","seed":3,"max_tokens":8}"#)
            let tokens = try await server.post(
                path,
                #"{"prompt":[97,98],"seed":3,"max_tokens":8}"#
            )
            #expect(text.status == 200)
            #expect(text.json?["object"] == "text_completion")
            #expect(text.json?["choices"] == tokens.json?["choices"])
            let other = try await server.post(path, #"{"prompt":"ab","seed":4,"max_tokens":8}"#)
            #expect(text.json?["choices"] != other.json?["choices"])
        }
    }

    @Test("a stop string ends the answer before it")
    func stopString() async throws {
        try await TinyServer.with { server async throws in
            let body = #"{"prompt":[97,98],"temperature":0,"max_tokens":12"#
            let whole = try await server.post("/v1/completions", body + "}")
            let text = try #require(whole.json?["choices"]?.array?.first?["text"]?.string)
            let ascii = try #require(text.unicodeScalars.first { $0.isASCII && $0.value > 0x20 })
            var stop: [String: JSONValue] = try #require(JSONValue(parsing: body + "}").object)
            stop["stop"] = .string(String(Character(ascii)))
            let cut = try await server.post(
                "/v1/completions",
                JSONValue.object(stop).canonicalText
            )
            let choice = cut.json?["choices"]?.array?.first
            #expect(choice?["finish_reason"] == "stop")
            let rest = text.unicodeScalars.prefix { $0 != ascii }
            #expect(choice?["text"]?.string == String(String.UnicodeScalarView(rest)))
        }
    }

    @Test("lists the model, is healthy, and counts in Prometheus' format")
    func probes() async throws {
        try await TinyServer.with { server async throws in
            let models = try await server.get("/v1/models")
            #expect(models.json?["data"]?.array?.first?["id"] == "tiny")
            #expect(try await server.get("/health").json == ["status": "ok"])
            #expect(try await server.get("/ping").status == 200)
            #expect(
                try await server.post("/invocations", #"{"prompt":"a","max_tokens":2}"#).status
                    == 200
            )
            let metrics = try await server.get("/metrics")
            #expect(metrics.head.contains("text/plain; version=0.0.4"))
            let labels = #"{engine="0",model_name="tiny"}"#
            #expect(metrics.body.contains("vllm:prompt_tokens_total\(labels) 1\n"))
            #expect(metrics.body.contains("vllm:num_requests_running\(labels) 0\n"))
            #expect(metrics.body.contains("vllm:num_requests_waiting\(labels) 0\n"))
            #expect(metrics.body.contains("vllm:e2e_request_latency_seconds_count\(labels) 1\n"))
        }
    }

    @Test("a connection serves several requests, pipelined ones too")
    func keepAlive() async throws {
        try await TinyServer.with { server async throws in
            let get = "GET /health HTTP/1.1\r\nHost: x\r\n"
            let answer = try await server.send(
                "\(get)\r\n\(get)\r\n\(get)Connection: close\r\n\r\n"
            )
            let all = answer.head + answer.body
            #expect(all.split(separator: "HTTP/1.1 200").count == 3)
        }
    }

    @Test("HTTP/1.0 clients get whole answers and streams without chunks")
    func oldClients() async throws {
        try await TinyServer.with { server async throws in
            let body = #"{"prompt":"a","max_tokens":2,"temperature":0,"stream":true}"#
            let answer = try await server.send(
                "POST /v1/completions HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body
            )
            #expect(answer.status == 200)
            #expect(!answer.head.lowercased().contains("chunked"))
            #expect(answer.body.hasPrefix("data: "))
            #expect(answer.events.last == "[DONE]")
        }
    }

    @Test("a client that waits for 100 Continue gets it")
    func continuation() async throws {
        try await TinyServer.with { server async throws in
            let answer = try await server.post(
                "/v1/completions",
                #"{"prompt":"a","max_tokens":1}"#,
                headers: "Expect: 100-continue\r\n"
            )
            #expect(answer.status == 100)
            #expect(answer.body.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("the health probe sees a living server and no other")
    func healthProbe() async throws {
        let server = try await TinyServer.start()
        let port = UInt16(server.server.port)
        let probe = { @Sendable in HealthProbe.isHealthy(port: port) }
        #expect(try await NIOThreadPool.singleton.runIfActive(probe))
        await server.server.shutdown(grace: .seconds(5))
        #expect(try await !NIOThreadPool.singleton.runIfActive(probe))
    }
}
