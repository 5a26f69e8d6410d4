// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// AWS Signature Version 4 in headers, as S3 wants it: the path is encoded once and not
/// normalised ("Authenticating Requests: Using the Authorization Header", S3 API reference).
struct S3Signature: Sendable {
    let credentials: S3Credentials
    let region: String

    enum Payload: Sendable {
        case digest(Digest)
        /// Over https only, where nobody can change it on the way.
        case unsigned

        static let empty = Payload.digest(Digest.of([UInt8]()))

        var text: String {
            switch self {
            case .digest(let digest): digest.hex
            case .unsigned: "UNSIGNED-PAYLOAD"
            }
        }
    }

    struct Request: Sendable {
        var method: String
        /// The `Host` header.
        var authority: String
        /// Percent-encoded as it is sent.
        var path: String
        /// Not encoded.
        var query: [(name: String, value: String)] = []
        /// Headers that are signed beside `host` and `x-amz-*`.
        var headers: [(name: String, value: String)] = []
        var payload: Payload
    }

    /// The query as it has to be sent: sorted and encoded as it is signed.
    static func text(of query: [(name: String, value: String)]) -> String {
        query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { left, right in
                let (first, second) = (Array(left.0.utf8), Array(right.0.utf8))
                return first == second
                    ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
                    : first.lexicographicallyPrecedes(second)
            }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
    }

    /// The headers that a request gets beside its own.
    func headers(for request: Request, at time: Timestamp) -> [(name: String, value: String)] {
        let moment = String(time.description.filter { $0 != "-" && $0 != ":" })
        let scope = "\(moment.prefix(8))/\(region)/s3/aws4_request"
        var added = [
            ("x-amz-content-sha256", request.payload.text), ("x-amz-date", moment),
        ]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        let signed = ([("host", request.authority)] + request.headers + added)
            .map { ($0.0.lowercased(), Self.folded($0.1)) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        let names = signed.map(\.0).joined(separator: ";")
        let canonical = [
            request.method, request.path, Self.text(of: request.query),
            signed.map { "\($0.0):\($0.1)\n" }.joined(), names, request.payload.text,
        ].joined(separator: "\n")
        let toSign = ["AWS4-HMAC-SHA256", moment, scope, Digest.of(canonical).hex]
            .joined(separator: "\n")
        let signature = HMACSHA256.code(of: Array(toSign.utf8), key: key(day: moment.prefix(8)))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), "
            + "SignedHeaders=\(names), Signature=\(signature.hex)"
        return added.map { (name: $0.0, value: $0.1) } + [("Authorization", authorization)]
    }

    private func key(day: Substring) -> [UInt8] {
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for part in [String(day), region, "s3", "aws4_request"] {
            key = HMACSHA256.code(of: Array(part.utf8), key: key).bytes
        }
        return key
    }

    /// White space inside a value counts once, around it not at all.
    private static func folded(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }
}
