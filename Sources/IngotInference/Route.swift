// SPDX-License-Identifier: Apache-2.0

/// What a request is for.
enum Route: Hashable, Sendable {
    case chat
    case completion
    /// SageMaker's one path: chat when the body has messages, else a plain completion.
    case invocation
    case models
    case health
    case metrics

    private static let table: [(path: String, method: String, route: Route)] = [
        ("/v1/chat/completions", "POST", .chat),
        ("/v1/completions", "POST", .completion),
        ("/v1/models", "GET", .models),
        ("/health", "GET", .health),
        ("/metrics", "GET", .metrics),
        ("/ping", "GET", .health),
        ("/invocations", "POST", .invocation),
    ]

    init(method: String, target: String) throws(InferenceError) {
        let path = target.prefix { $0 != "?" }
        guard let row = Self.table.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) else {
            let known = Self.table.map(\.path).joined(separator: ", ")
            throw InferenceError(.unknownPath, "no such path; known are \(known)")
        }
        guard row.method.utf8.elementsEqual(method.utf8) else {
            throw InferenceError(
                .methodNotAllowed(row.method),
                "\(row.path) is asked with \(row.method)"
            )
        }
        self = row.route
    }
}
