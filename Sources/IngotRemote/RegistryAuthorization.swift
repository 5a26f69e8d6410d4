// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOHTTP1
internal import Synchronization

/// What a request is about to do, as token servers are asked for it.
enum RegistryScope: Hashable, Sendable {
    case pull(RepositoryName)
    case push(RepositoryName)
    case mount(RepositoryName, from: RepositoryName)

    var texts: [String] {
        switch self {
        case .pull(let name): ["repository:\(name.text):pull"]
        case .push(let name): ["repository:\(name.text):pull,push"]
        case .mount(let name, let source):
            ["repository:\(name.text):pull,push", "repository:\(source.text):pull"]
        }
    }
}

/// Gets and keeps the `Authorization` for each scope: basic, or bearer tokens of a token server.
///
/// Credentials go to the registry itself and to the token server that it names over https, or over
/// http where that is the registry's own origin or this machine; tokens go to the registry only.
final class RegistryAuthorization: Sendable {
    private static let replyByteLimit = 256 << 10
    private static let tokenByteLimit = 64 << 10

    private let root: WebAddress
    private let credentials: RegistryCredentials?
    private let client: WebClient
    private let headers = Mutex<[RegistryScope: String]>([:])
    private let turn = Turn()

    init(root: WebAddress, credentials: RegistryCredentials?, client: WebClient) {
        self.root = root
        self.credentials = credentials
        self.client = client
    }

    func header(for scope: RegistryScope) -> String? { headers.withLock { $0[scope] } }

    /// Answers a 401 to a request that was sent with `used`.
    func renew(
        _ scope: RegistryScope,
        used: String?,
        challenges: [String]
    ) async throws -> String {
        try await turn.run {
            // Somebody else, who waited less, may have it already.
            if let newer = header(for: scope), newer != used { return newer }
            let header: String
            switch Challenge(headers: challenges) {
            case .bearer(let realm, let service, let asked):
                header =
                    "Bearer "
                    + (try await token(realm, service: service, asked: asked, scope: scope))
            case .basic:
                guard let basic = credentials?.basicHeader, basic != used else {
                    throw denied(
                        used == nil ? "it wants credentials" : "it refuses these credentials"
                    )
                }
                header = basic
            case nil: throw denied("it wants a kind of credentials that is not known here")
            }
            headers.withLock { $0[scope] = header }
            return header
        }
    }

    func denied(_ reason: String) -> RemoteError {
        RemoteError(
            .denied,
            "\(root.origin): \(reason): log in with docker, podman or skopeo, or set "
                + "INGOT_REGISTRY_USER and INGOT_REGISTRY_PASSWORD"
        )
    }

    private func token(
        _ realm: String,
        service: String?,
        asked: String?,
        scope: RegistryScope
    ) async throws -> String {
        guard let address = WebAddress(parsing: realm), isTrusted(address) else {
            throw RemoteError(
                .untrue,
                "\(root.origin): names a token server that is not safe to ask: "
                    + RemoteError.line(realm)
            )
        }
        var scopes = scope.texts
        if let asked, !asked.isEmpty, !scopes.contains(asked) { scopes.append(asked) }
        let reply = try await client.exchange(request(address, service: service, scopes: scopes))
        guard reply.status == 200 else {
            let message = RegistryFault.message(status: reply.status, await reply.start())
            let error = RemoteError(.denied, "\(address.origin): gives no token: \(message)")
            if RetryPolicy.isTransient(status: reply.status) {
                throw TransientFailure(error: error, after: RegistryFault.retryAfter(reply))
            }
            throw reply.status < 500 ? denied("its token server says \(message)") : error
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: await reply.bytes(limit: Self.replyByteLimit))
        } catch let error as JSONError {
            throw RemoteError(.untrue, "\(address.origin): its token is no JSON: \(error)")
        }
        guard let token = json["token"]?.string ?? json["access_token"]?.string, !token.isEmpty,
            token.utf8.count <= Self.tokenByteLimit,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw RemoteError(.untrue, "\(address.origin): answers without a token") }
        return token
    }

    private func isTrusted(_ realm: WebAddress) -> Bool {
        if realm.isSecure || realm.hasSameOrigin(as: root) { return true }
        return !root.isSecure && WebAddress.isLoopback(realm.host)
            && WebAddress.isLoopback(root.host)
    }

    private func request(
        _ address: WebAddress,
        service: String?,
        scopes: [String]
    ) -> WebRequest {
        let encode = { (text: String) in PercentEncoding.encode(text) }
        if case .identityToken(let token) = credentials {
            let form = [
                "grant_type=refresh_token", "client_id=ingot", "service=\(encode(service ?? ""))",
                "scope=\(encode(scopes.joined(separator: " ")))",
                "refresh_token=\(encode(token))",
            ]
            return WebRequest(
                method: .POST,
                address: address,
                headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: .bytes(Array(form.joined(separator: "&").utf8))
            )
        }
        var address = address
        if let service { address = address.appending(query: "service=\(encode(service))") }
        for scope in scopes { address = address.appending(query: "scope=\(encode(scope))") }
        var request = WebRequest(method: .GET, address: address)
        if let basic = credentials?.basicHeader {
            request.headers.add(name: "Authorization", value: basic)
        }
        return request
    }
}
