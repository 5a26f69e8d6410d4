// SPDX-License-Identifier: Apache-2.0

/// An `http` or `https` address (RFC 3986), as strict as what goes on a request line must be.
///
/// Nothing in it is decoded: path and query are visible ASCII as they are sent.
struct WebAddress: Hashable, Sendable {
    var isSecure: Bool
    /// Lower case; an IPv6 address in brackets.
    var host: String
    var port: Int
    /// Starts with `/`.
    var path: String
    /// Without the `?`.
    var query: String?

    static let byteLimit = 8192  // What servers accept as a request line at most, commonly.

    init(isSecure: Bool, host: String, port: Int?, path: String, query: String? = nil) {
        self.isSecure = isSecure
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        self.path = path
        self.query = query
    }

    /// Nil for anything else, user names and passwords in an address included.
    init?(parsing text: String) {
        guard text.utf8.count <= Self.byteLimit,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let scheme = text.prefix { $0 != ":" }
        switch scheme.lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        var rest = text.dropFirst(scheme.count)
        guard rest.hasPrefix("://") else { return nil }
        rest = rest.dropFirst(3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let (host, port) = Self.authority(authority) else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        (path, query) = Self.target(rest.dropFirst(authority.count))
    }

    /// The host and the port of `host[:port]`.
    static func authority(_ text: some StringProtocol) -> (host: String, port: Int?)? {
        var host = text.lowercased()
        var port: Int?
        let colon = host.lastIndex(of: ":")
        if let colon, !host[colon...].contains("]") {
            let digits = host[host.index(after: colon)...]
            guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
            host = String(host[..<colon])
        }
        let inner = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : ""
        let isName =
            !host.isEmpty
            && host.utf8.allSatisfy { unit in
                switch unit {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        let isAddress =
            !inner.isEmpty
            && inner.utf8.allSatisfy {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                    || Character(UnicodeScalar($0)).isHexDigit
            }
        guard isName || isAddress, host.utf8.count <= 255 else { return nil }
        return (host, port)
    }

    private static func target(_ text: Substring) -> (path: String, query: String?) {
        let text = text.prefix { $0 != "#" }
        let path = text.prefix { $0 != "?" }
        let query = path.endIndex == text.endIndex ? nil : String(text.dropFirst(path.count + 1))
        return (path.isEmpty ? "/" : String(path), query)
    }

    /// What a `Location` or `Link` of an answer from this address means; nil for what is none.
    func resolving(_ reference: String) -> WebAddress? {
        guard !reference.isEmpty, reference.utf8.count <= Self.byteLimit,
            reference.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        if reference.contains("://"), let whole = WebAddress(parsing: reference) { return whole }
        if reference.hasPrefix("//") {
            return WebAddress(parsing: (isSecure ? "https:" : "http:") + reference)
        }
        let head = reference.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !head.contains(":") else { return nil }
        var result = self
        if reference.hasPrefix("?") {
            result.query = Self.target(Substring(reference)).query
        } else if reference.hasPrefix("/") {
            (result.path, result.query) = Self.target(Substring(reference))
        } else {
            let base = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
            (result.path, result.query) = Self.target(base + reference)
        }
        return result
    }

    func hasSameOrigin(as other: WebAddress) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }

    func appending(query item: String) -> WebAddress {
        var result = self
        result.query = query.map { $0.isEmpty ? item : "\($0)&\(item)" } ?? item
        return result
    }

    /// As in the `Host` header: without the port where it is the scheme's own.
    var authority: String { port == (isSecure ? 443 : 80) ? host : "\(host):\(port)" }

    var origin: String { "\(isSecure ? "https" : "http")://\(authority)" }

    var text: String { origin + path + (query.map { "?\($0)" } ?? "") }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
