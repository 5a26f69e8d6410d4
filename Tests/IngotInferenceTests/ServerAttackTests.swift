// SPDX-License-Identifier: Apache-2.0

import IngotCore
import NIOPosix
import Testing

@testable import IngotInference

@Suite struct ServerAttackTests {
    @Test(
        "a bad body is answered with OpenAI's error object and status 400",
        arguments: [
            "", "{", "[]", "nul", #"{"messages":[]}"#,
            #"{"messages":[{"role":"user","content":"a"}],"messages":[]}"#,
            String(repeating: "[", count: 5000),
        ]
    )
    func badBodies(body: String) async throws {
        try await TinyServer.with { server async throws in
            let answer = try await server.post("/v1/chat/completions", body)
            #expect(answer.status == 400)
            #expect(answer.json?["error"]?["type"] == "invalid_request_error")
            #expect(answer.json?["error"]?["message"]?.string?.isEmpty == false)
        }
    }

    @Test("invalid UTF-8 is a bad body")
    func badUTF8() async throws {
        try await TinyServer.with { server async throws in
            let body = Array(#"{"prompt":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
            let head =
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Content-Length: \(body.count)\r\n\r\n"
            #expect(try await server.send(Array(head.utf8) + body).status == 400)
        }
    }

    @Test("bytes that are not HTTP end the connection with status 400")
    func notHTTP() async throws {
        try await TinyServer.with { server async throws in
            #expect(try await server.send("\u{16}\u{3}\u{1} hello\r\n\r\n").status == 400)
            #expect(try await server.get("/health").status == 200)
        }
    }

    @Test("unknown paths and methods are named as such")
    func unknownRoutes() async throws {
        try await TinyServer.with { server async throws in
            let missing = try await server.get("/v2/chat")
            #expect(missing.status == 404)
            #expect(missing.json?["error"]?["code"] == "unknown_url")
            let method = try await server.get("/v1/chat/completions")
            #expect(method.status == 405)
            #expect(method.head.contains("Allow: POST"))
            #expect(try await server.get("/health?x=1").status == 200)
        }
    }

    @Test("another model's name is answered with 404 model_not_found")
    func otherModel() async throws {
        try await TinyServer.with { server async throws in
            let answer = try await server.post(
                "/v1/completions",
                #"{"prompt":"a","model":"gpt-4"}"#
            )
            #expect(answer.status == 404)
            #expect(answer.json?["error"]?["code"] == "model_not_found")
        }
    }

    @Test("a body of the limit is read, one byte more is refused before it is there")
    func bodyLimit() async throws {
        var limits = ServerLimits()
        limits.bodyByteCount = 100
        try await TinyServer.with(limits: limits) { server async throws in
            let fitting = #"{"prompt":"a","max_tokens":1}"#
            let padded = fitting + String(repeating: " ", count: 100 - fitting.utf8.count)
            #expect(try await server.post("/v1/completions", padded).status == 200)
            let answer = try await server.post("/v1/completions", padded + " ")
            #expect(answer.status == 413)
            #expect(answer.json?["error"]?["code"] == "request_too_large")
            // Without a length that could be believed.
            let chunk = "65\r\n" + String(repeating: "x", count: 0x65) + "\r\n"
            let chunked = try await server.send(
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + chunk + chunk
            )
            #expect(chunked.status == 413)
        }
    }

    @Test("a prompt beyond the context is refused; one that fits exactly is answered")
    func contextLimit() async throws {
        try await TinyServer.with(contextLength: 64) { server async throws in
            func ask(_ count: Int, _ maximum: Int) async throws -> HTTPAnswer {
                let prompt = String(repeating: "a", count: count)
                return try await server.post(
                    "/v1/completions",
                    "{\"prompt\":\"\(prompt)\",\"max_tokens\":\(maximum)}"
                )
            }
            #expect(try await ask(60, 4).status == 200)
            let long = try await ask(60, 5)
            #expect(long.status == 400)
            #expect(long.json?["error"]?["code"] == "context_length_exceeded")
            #expect(try await ask(64, 1).status == 400)
            #expect(try await ask(5000, 1).status == 400)
        }
    }

    @Test("token ids outside of the vocabulary are refused", arguments: [-1, 259, 2_000_000_000])
    func wrongTokens(token: Int) async throws {
        try await TinyServer.with { server async throws in
            #expect(
                try await server.post("/v1/completions", "{\"prompt\":[\(token)]}").status == 400
            )
        }
    }

    @Test("a full queue is answered with 429 and when to come back")
    func fullQueue() async throws {
        try await TinyServer.with(queueLimit: 0, contextLength: 8192) { server async throws in
            let port = UInt16(server.server.port)
            // A running answer may end, or meet a stop token, before the second request comes.
            for attempt in 1...20 {
                let client = try await NIOThreadPool.singleton.runIfActive {
                    try Self.longAnswer(port: port, seed: attempt)
                }
                let refused = try await server.post("/v1/completions", #"{"prompt":"a"}"#)
                withExtendedLifetime(client) {}
                if refused.status == 200, attempt < 20 { continue }
                #expect(refused.status == 429)
                #expect(refused.head.contains("Retry-After: 1"))
                #expect(refused.json?["error"]?["code"] == "queue_full")
                return
            }
        }
    }

    /// A client that asked for a completion.
    private static func client(asking body: String, at port: UInt16) throws -> LoopbackClient {
        let client = try LoopbackClient(port: port)
        let head = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: "
        client.send(Array("\(head)\(body.utf8.count)\r\n\r\n\(body)".utf8))
        return client
    }

    /// A client whose long answer has begun.
    private static func longAnswer(port: UInt16, seed: Int) throws -> LoopbackClient {
        let body =
            #"{"prompt":"a","max_tokens":4000,"temperature":0.7,"seed":\#(seed),"stream":true}"#
        let client = try Self.client(asking: body, at: port)
        // The first piece of the answer: the request is running.
        _ = client.read()
        return client
    }

    @Test("a client that leaves frees the model for the next")
    func disconnect() async throws {
        try await TinyServer.with(queueLimit: 0, contextLength: 8192) { server async throws in
            let long = #"{"prompt":"a","max_tokens":4000,"temperature":0.7,"stream":true}"#
            let port = UInt16(server.server.port)
            try await NIOThreadPool.singleton.runIfActive {
                let client = try Self.client(asking: long, at: port)
                _ = client.read()
            }
            var status = 429
            let deadline = ContinuousClock.now + .seconds(60)
            while status == 429, ContinuousClock.now < deadline {
                status = try await server.post(
                    "/v1/completions",
                    #"{"prompt":"a","max_tokens":1}"#
                ).status
            }
            #expect(status == 200)
        }
    }

    @Test("a request that dribbles in is cut off with 408")
    func slowRequest() async throws {
        var limits = ServerLimits()
        limits.requestDuration = .milliseconds(100)
        try await TinyServer.with(limits: limits) { server async throws in
            let answer = try await server.send(
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"
            )
            #expect(answer.status == 408)
        }
    }

    @Test("at the limit the connection that kept the server waiting longest makes room")
    func connectionLimit() async throws {
        var limits = ServerLimits()
        limits.connectionCount = 1
        try await TinyServer.with(limits: limits) { server async throws in
            let port = UInt16(server.server.port)
            let get = Array("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            let outcome = try await NIOThreadPool.singleton.runIfActive {
                let first = try LoopbackClient(port: port)
                first.send(Array(get.prefix(8)))
                let second = try LoopbackClient(port: port)
                second.send(get)
                return (second.read().isEmpty, first.readToEnd().isEmpty)
            }
            #expect(outcome == (false, true))
        }
    }

    @Test("a shutdown lets a running answer finish and closes the door to others")
    func shutdown() async throws {
        let server = try await TinyServer.start(contextLength: 8192)
        let port = UInt16(server.server.port)
        let body = #"{"prompt":"a","max_tokens":200,"temperature":0.7,"stream":true}"#
        let client = try await NIOThreadPool.singleton.runIfActive {
            let client = try Self.client(asking: body, at: port)
            return (client, client.read())
        }
        async let ended: Void = server.server.shutdown(grace: .seconds(30))
        let rest = try await NIOThreadPool.singleton.runIfActive { client.0.readToEnd() }
        await ended
        let answer = HTTPAnswer(bytes: client.1 + rest)
        #expect(answer.events.last == "[DONE]")
        #expect(throws: LoopbackClient.Refused.self) { try LoopbackClient(port: port) }
    }

    @Test("a shutdown does not wait longer than its grace")
    func shutdownGrace() async throws {
        let server = try await TinyServer.start(contextLength: 8192)
        let port = UInt16(server.server.port)
        let body = #"{"prompt":"a","max_tokens":8000,"temperature":0.7,"stream":true}"#
        let client = try await NIOThreadPool.singleton.runIfActive {
            let client = try Self.client(asking: body, at: port)
            _ = client.read()
            return client
        }
        let start = ContinuousClock.now
        await server.server.shutdown(grace: .milliseconds(50))
        #expect(ContinuousClock.now - start < .seconds(60))
        _ = client
    }
}
