// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import Synchronization

/// What all connections share: the model, the limits, the log.
package final class InferenceService: Sendable {
    package let host: ModelHost
    package let log: ServerLog
    package let limits: ServerLimits
    private let startedAt = Int(time(nil))
    private let hasAdapter: Bool
    private let draining = Atomic(false)

    package init(
        host: ModelHost,
        log: ServerLog,
        limits: ServerLimits = ServerLimits(),
        hasAdapter: Bool = false
    ) {
        self.host = host
        self.log = log
        self.limits = limits
        self.hasAdapter = hasAdapter
    }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// New requests are refused, and health checks fail so that balancers look elsewhere.
    func drain() {
        draining.store(true, ordering: .relaxed)
        host.close()
    }

    /// A generation request out of its body.
    func prompt(
        _ route: Route,
        body: [UInt8]
    ) throws(InferenceError) -> (ModelHost.Prompt, ReplyFormat.Kind) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: body)
        } catch { throw InferenceError(.invalidRequest, "the body is not JSON: \(error.message)") }
        if route == .chat || (route == .invocation && json["messages"] != nil) {
            return (.chat(try ChatRequest(json: json)), .chat)
        }
        return (.completion(try CompletionRequest(json: json)), .completion)
    }

    func format(_ kind: ReplyFormat.Kind) -> ReplyFormat {
        ReplyFormat(
            kind: kind,
            code: .random(in: .min ... .max),
            created: Int(time(nil)),
            model: host.model.name
        )
    }

    var models: JSONValue {
        let model: JSONValue = [
            "id": .string(host.model.name), "object": "model",
            "created": .integer(Int64(startedAt)), "owned_by": "ingot",
            "max_model_len": .integer(Int64(host.model.contextLength)),
        ]
        return ["object": "list", "data": [model]]
    }

    var metricsText: String {
        host.metrics.prometheusText(modelName: host.model.name, hasAdapter: hasAdapter)
    }
}

/// What a client may cost.
///
/// Every wait and every buffer of the server has its bound here.
package struct ServerLimits: Sendable {
    /// 1 MiB: more text than any context holds.
    package var bodyByteCount = 1 << 20
    /// Open at a time; more are closed at once.
    package var connectionCount = 512
    /// From the first byte of a request to its last.
    package var requestDuration: Duration = .seconds(30)
    /// Between requests on a kept connection.
    package var idleDuration: Duration = .seconds(75)
    /// For a client that does not read its answer.
    package var stallDuration: Duration = .seconds(30)

    package init() {}
}
