// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOHTTP1

/// The one table from errors to HTTP; bodies have the shape of OpenAI's errors.
extension InferenceError {
    var status: HTTPResponseStatus {
        switch code {
        case .invalidRequest, .contextTooLong: .badRequest
        case .modelNotFound, .unknownPath: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .bodyTooLarge: .payloadTooLarge
        case .requestTimeout: .requestTimeout
        case .queueFull: .tooManyRequests
        case .shuttingDown: .serviceUnavailable
        case .startup, .usage: .internalServerError
        }
    }

    /// Headers beyond those of every response.
    var headers: [(name: String, value: String)] {
        switch code {
        case .methodNotAllowed(let allowed): [("Allow", allowed)]
        case .queueFull, .shuttingDown: [("Retry-After", String(Self.retrySeconds))]
        default: []
        }
    }

    var json: JSONValue {
        let error: [String: JSONValue] = [
            "message": .string(message),
            "type": .string(type),
            "param": parameter.map { .string($0) } ?? .null,
            "code": wireCode.map { .string($0) } ?? .null,
        ]
        return ["error": .object(error)]
    }

    /// One second: about what a short answer takes, after which a place in the queue is free.
    private static let retrySeconds = 1

    private var type: String {
        switch code {
        case .queueFull: "rate_limit_error"
        case .shuttingDown, .startup, .usage: "server_error"
        default: "invalid_request_error"
        }
    }

    private var wireCode: String? {
        switch code {
        case .invalidRequest: nil
        case .modelNotFound: "model_not_found"
        case .contextTooLong: "context_length_exceeded"
        case .unknownPath: "unknown_url"
        case .methodNotAllowed: "method_not_allowed"
        case .bodyTooLarge: "request_too_large"
        case .requestTimeout: "request_timeout"
        case .queueFull: "queue_full"
        case .shuttingDown: "shutting_down"
        case .startup, .usage: "internal_error"
        }
    }
}
