// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotModel
import IngotTemplate
import IngotTensor
import NIOPosix
import Synchronization

@testable import IngotInference

/// A random model of one layer over the 256 bytes and three special tokens.
func tinyModel(contextLength: Int = 256) throws -> LanguageModel {
    let shape = ModelConfiguration(
        layerCount: 1,
        hiddenSize: 32,
        feedForwardSize: 64,
        headCount: 2,
        keyValueHeadCount: 1,
        headSize: 16,
        vocabularySize: 259,
        contextLength: contextLength
    )
    var state: UInt64 = 7
    func matrix(_ rows: Int, _ columns: Int) -> WeightMatrix {
        let values = (0..<rows * columns).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24) - 0.5
        }
        return WeightMatrix(rows: rows, columns: columns, values: values)
    }
    let ones = [Float](repeating: 1, count: shape.hiddenSize)
    let block = Block(attentionNorm: ones, feedForwardNorm: ones) { role in
        let (rows, columns) = shape.shape(of: role)
        return matrix(rows, columns)
    }
    let model = Model(
        configuration: shape,
        embedding: matrix(shape.vocabularySize, shape.hiddenSize),
        blocks: [block],
        finalNorm: ones,
        head: nil
    )
    let template = """
        {% for m in messages %}<|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """
    return LanguageModel(
        name: "tiny",
        tokenizer: try Tokenizer(tokenizerJSON: tokenizerJSON()),
        template: try ChatTemplate(source: template),
        decoder: Decoder(model: model, threads: 1)
    )
}

/// Every byte is a token, spelled in GPT-2's alphabet.
private func tokenizerJSON() -> [UInt8] {
    var vocabulary: [String: JSONValue] = [:]
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
        var scalar = byte
        switch byte {
        case 33...126, 161...172, 174...255: break
        default:
            scalar = next
            next += 1
        }
        let text = Unicode.Scalar(scalar).map { String(Character($0)) } ?? ""
        vocabulary[text] = .integer(Int64(byte))
    }
    let added: [JSONValue] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].enumerated().map {
        ["id": .integer(Int64(256 + $0)), "content": .string($1), "special": true]
    }
    let document: JSONValue = [
        "added_tokens": .array(added),
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false],
        "model": ["type": "BPE", "vocab": .object(vocabulary), "merges": []],
    ]
    return document.canonicalBytes
}

/// A server on a free port of the loopback interface.
struct TinyServer {
    let server: InferenceServer
    let service: InferenceService
    let lines: LogLines

    final class LogLines: Sendable {
        let all = Mutex<[String]>([])
    }

    static func start(
        queueLimit: Int = 64,
        contextLength: Int = 256,
        limits: ServerLimits = ServerLimits()
    ) async throws -> TinyServer {
        let lines = LogLines()
        let host = ModelHost(
            model: try tinyModel(contextLength: contextLength),
            metrics: ServerMetrics(),
            queueLimit: queueLimit
        )
        let service = InferenceService(
            host: host,
            log: ServerLog { line in lines.all.withLock { $0.append(line) } },
            limits: limits
        )
        let server = try await InferenceServer.start(service, host: "127.0.0.1", port: 0)
        return TinyServer(server: server, service: service, lines: lines)
    }

    /// Starts a server, runs the body with it, and ends it.
    static func with(
        queueLimit: Int = 64,
        contextLength: Int = 256,
        limits: ServerLimits = ServerLimits(),
        _ body: (TinyServer) async throws -> Void
    ) async throws {
        let server = try await start(
            queueLimit: queueLimit,
            contextLength: contextLength,
            limits: limits
        )
        do {
            try await body(server)
        } catch {
            await server.server.shutdown(grace: .seconds(5))
            throw error
        }
        await server.server.shutdown(grace: .seconds(5))
    }

    func post(_ path: String, _ body: String, headers: String = "") async throws -> HTTPAnswer {
        try await send(
            "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    func get(_ path: String) async throws -> HTTPAnswer {
        try await send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }

    /// Sends bytes and reads until the server closes.
    func send(_ request: String) async throws -> HTTPAnswer {
        try await send(Array(request.utf8))
    }

    func send(_ request: [UInt8]) async throws -> HTTPAnswer {
        let port = UInt16(server.port)
        return try await NIOThreadPool.singleton.runIfActive {
            let client = try LoopbackClient(port: port)
            client.send(request)
            return HTTPAnswer(bytes: client.readToEnd())
        }
    }
}

/// What came back on a connection, taken apart as far as the tests look.
struct HTTPAnswer: Sendable {
    let status: Int
    let head: String
    let body: String

    init(bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        head = parts.first.map { String($0) } ?? ""
        body = parts.count > 1 ? String(parts[1]) : ""
        status = Int(head.dropFirst(9).prefix(3)) ?? 0
    }

    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The payloads of server-sent events.
    var events: [String] {
        body.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("data: ") }
            .map { String($0.dropFirst(6)) }
    }
}

/// A blocking client; only for threads of a pool.
final class LoopbackClient: Sendable {
    private let descriptor: Int32

    struct Refused: Error {}

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Refused() }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor,
                    $0.baseAddress,
                    $0.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Some bytes; empty at the end.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        return Array(buffer[..<max(0, count)])
    }

    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = read()
            if piece.isEmpty { return all }
            all += piece
        }
    }
}
