// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import IngotCore

/// Which proxy a request goes through, by the variables that curl and Go read: `HTTPS_PROXY`,
/// `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in small letters too, which come first.
///
/// Requests to this machine go through none. A proxy is asked to `CONNECT`, for http as well.
struct ProxySettings: Sendable {
    private let secure: HTTPClient.Configuration.Proxy?
    private let plain: HTTPClient.Configuration.Proxy?
    private let exceptions: [Substring]

    init(environment: [String: String]) throws {
        let setting = { (name: String) -> (name: String, value: String)? in
            [name.lowercased(), name].lazy.compactMap { name in
                environment[name].flatMap { $0.isEmpty ? nil : (name, $0) }
            }.first
        }
        secure = try (setting("HTTPS_PROXY") ?? setting("ALL_PROXY")).map(Self.proxy)
        plain = try (setting("HTTP_PROXY") ?? setting("ALL_PROXY")).map(Self.proxy)
        exceptions = (setting("NO_PROXY")?.value.lowercased() ?? "")
            .split { $0 == "," || $0 == " " }
    }

    var all: Set<HTTPClient.Configuration.Proxy> { Set([secure, plain].compactMap { $0 }) }

    func proxy(for address: WebAddress) -> HTTPClient.Configuration.Proxy? {
        if WebAddress.isLoopback(address.host) { return nil }
        return exceptions.contains { Self.matches($0, address) }
            ? nil : address.isSecure ? secure : plain
    }

    /// `*`; a host with all below it, with a port or without; an address.
    private static func matches(_ exception: Substring, _ address: WebAddress) -> Bool {
        if exception == "*" { return true }
        guard let (host, port) = WebAddress.authority(exception.trimmingDots) else { return false }
        guard port == nil || port == address.port else { return false }
        return address.host == host || address.host.hasSuffix(".\(host)")
    }

    /// `[http://][user:password@]host[:port]` or `socks5://host[:port]`.
    private static func proxy(
        _ setting: (name: String, value: String)
    ) throws -> HTTPClient.Configuration.Proxy {
        var rest = setting.value[...]
        var scheme = "http"
        if let end = rest.firstRange(of: "://") {
            scheme = rest[..<end.lowerBound].lowercased()
            rest = rest[end.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var authorization: HTTPClient.Authorization?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            ).map { PercentEncoding.decode(String($0)) ?? String($0) }
            authorization = .basic(
                username: parts[0],
                password: parts.count > 1 ? parts[1] : ""
            )
            rest = rest[rest.index(after: at)...]
        }
        guard let (host, port) = WebAddress.authority(rest) else {
            throw RemoteError(.failed, "\(setting.name): expected http://host:port")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        switch scheme {
        case "http":
            return .server(host: bare, port: port ?? 80, authorization: authorization)
        case "socks5", "socks5h": return .socksServer(host: bare, port: port ?? 1080)
        default:
            throw RemoteError(
                .failed,
                "\(setting.name): \(RemoteError.line(scheme)) is no kind of proxy that is used here: "
                    + "http://host:port or socks5://host:port"
            )
        }
    }
}

extension Substring {
    /// `.example.com` and `*.example.com` mean what `example.com` does.
    fileprivate var trimmingDots: Substring {
        let text = hasPrefix("*.") ? dropFirst() : self
        return text.hasPrefix(".") ? text.dropFirst() : text
    }
}
