// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOHTTP1

/// The head of a request, understood: nothing of its body.
struct RegistryRequest: Sendable {
    let method: String
    let route: RegistryRoute
    let query: [String: [String]]
    let headers: HTTPHeaders
    let access: Access
    /// Nil for a body that is streamed without a length.
    let contentLength: Int?

    init(
        _ head: HTTPRequestHead,
        access: AccessControl,
        limits: RegistryLimits
    ) throws(RegistryError) {
        guard head.uri.utf8.count <= limits.targetByteCount else {
            throw RegistryError(
                .unsupported,
                "the path and query have more than \(limits.targetByteCount) bytes",
                status: .uriTooLong
            )
        }
        let headerSize = head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard headerSize <= limits.headerByteCount else {
            throw RegistryError(
                .unsupported,
                "the headers have more than \(limits.headerByteCount) bytes",
                status: .requestHeaderFieldsTooLarge
            )
        }
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        method = head.method.rawValue
        headers = head.headers
        self.access = try access.access(for: head.headers.first(name: "authorization"))
        guard let path = PercentEncoding.decode(parts[0]) else {
            throw RegistryError(.nameInvalid, Self.badEscape("path"), status: .badRequest)
        }
        route = try RegistryRoute(path: path)
        query = try Self.query(parts.count == 2 ? parts[1] : "")
        guard route.methods.contains(method) else {
            throw RegistryError(
                .unsupported,
                "this path is asked with \(route.methods.joined(separator: ", "))",
                headers: [("Allow", route.methods.joined(separator: ", "))]
            )
        }
        if let text = head.headers.first(name: "content-length") {
            guard let length = Int(text), length >= 0 else {
                throw RegistryError(.sizeInvalid, "Content-Length: not a number of bytes")
            }
            contentLength = length
        } else {
            contentLength = head.headers.contains(name: "transfer-encoding") ? nil : 0
        }
        try self.access.check(self, isAnonymous: !self.access.isKnown, of: access)
    }

    var isRead: Bool { method == "GET" || method == "HEAD" }

    /// Whether the request writes to its repository; asking after an upload is part of a write.
    var needsWriting: Bool {
        switch route {
        case .uploads, .upload: true
        default: !isRead
        }
    }

    /// The first value of a query parameter.
    func parameter(_ name: String) -> String? { query[name]?.first }

    func digestParameter(_ name: String) throws(RegistryError) -> ContentDigest? {
        guard let text = parameter(name) else { return nil }
        return try ContentDigest(parsing: text)
    }

    private static func query(_ text: Substring) throws(RegistryError) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for pair in text.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0]),
                let value = PercentEncoding.decode(sides.count == 2 ? sides[1] : "")
            else { throw RegistryError(.unsupported, badEscape("query"), status: .badRequest) }
            result[name, default: []].append(value)
        }
        return result
    }

    private static func badEscape(_ part: String) -> String {
        "the \(part) is not UTF-8, or a '%' in it is not followed by two digits"
    }
}
