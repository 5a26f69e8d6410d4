// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Where a remote is, as people and `ingot.yaml` write it.
///
/// ```
/// /abs/path   ./rel   ../rel   ~/rel   file:///abs/path
/// s3://bucket/prefix?endpoint=https://host:port&region=name
/// oci://host[:port]/prefix        https; http where the host is this machine
/// oci+http://host[:port]/prefix
/// ingot+https://host[:port]/prefix, ingot+http://…: the same protocol, with tags that move by
///                                 compare-and-swap
/// ```
package struct RemoteAddress: Hashable, Sendable, CustomStringConvertible {
    enum Place: Hashable, Sendable {
        case directory(String)
        case bucket(BucketAddress)
        case registry(RegistryAddress)
    }

    /// As it was written.
    package let description: String
    let place: Place

    /// Parses an address; relative paths start at `directory`.
    ///
    /// `environment` is asked for `HOME` and the settings of AWS's tools: `AWS_ENDPOINT_URL_S3`,
    /// `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`.
    ///
    /// - Throws: `RemoteError` for everything that is none of these.
    package init(
        parsing text: String,
        relativeTo directory: String,
        environment: [String: String]
    ) throws {
        description = text
        guard !text.isEmpty, text.utf8.count <= 4096,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw Self.unknown(text) }
        guard let mark = text.firstRange(of: "://") else {
            place = .directory(
                try Self.path(text, relativeTo: directory, home: environment["HOME"])
            )
            return
        }
        let rest = text[mark.upperBound...]
        switch text[..<mark.lowerBound] {
        case "file": place = .directory(try Self.filePath(rest, of: text))
        case "s3":
            place = .bucket(try BucketAddress(parsing: rest, of: text, environment: environment))
        case "oci": place = .registry(try RegistryAddress(rest, of: text, transport: .automatic))
        case "oci+http": place = .registry(try RegistryAddress(rest, of: text, transport: .plain))
        case "ingot+http":
            place = .registry(
                try RegistryAddress(rest, of: text, transport: .plain, swapsTags: true)
            )
        case "ingot+https":
            place = .registry(
                try RegistryAddress(rest, of: text, transport: .secure, swapsTags: true)
            )
        default: throw Self.unknown(text)
        }
    }

    static func unknown(_ text: String) -> RemoteError {
        RemoteError(
            .failed,
            "remote '\(RemoteError.line(text))': write a path (/data, ./data, file:///data), "
                + "s3://bucket/prefix, oci://host/prefix or ingot+https://host/prefix"
        )
    }

    private static func path(
        _ text: String,
        relativeTo directory: String,
        home: String?
    ) throws -> String {
        if text.hasPrefix("/") { return trimmed(text) }
        if text == "~" || text.hasPrefix("~/"), let home, home.hasPrefix("/") {
            return trimmed(home + text.dropFirst())
        }
        guard text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../")
        else { throw unknown(text) }
        return trimmed("\(directory)/\(text)")
    }

    private static func filePath(_ rest: Substring, of text: String) throws -> String {
        let path = rest.hasPrefix("localhost/") ? rest.dropFirst("localhost".count) : rest
        guard path.hasPrefix("/"), let decoded = PercentEncoding.decode(path),
            !decoded.utf8.contains(0)
        else { throw unknown(text) }
        return trimmed(decoded)
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}

/// A registry and the part of its name space that a remote has.
struct RegistryAddress: Hashable, Sendable {
    enum Transport { case automatic, secure, plain }

    /// `/` of the host.
    let root: WebAddress
    /// Empty, or repositories' first parts without a slash at the end.
    let prefix: String
    /// True for `ingot serve`, which honours `If-Match` on tags.
    let swapsTags: Bool

    init(
        _ rest: Substring,
        of text: String,
        transport: Transport,
        swapsTags: Bool = false
    ) throws {
        let authority = rest.prefix { $0 != "/" }
        guard let (host, port) = WebAddress.authority(authority) else {
            throw RemoteAddress.unknown(text)
        }
        let isSecure =
            switch transport {
            case .secure: true
            case .plain: false
            case .automatic: !WebAddress.isLoopback(host)
            }
        root = WebAddress(isSecure: isSecure, host: host, port: port, path: "/")
        var path = rest.dropFirst(authority.count + 1)
        while path.hasSuffix("/") { path.removeLast() }
        do {
            if !path.isEmpty { _ = try RepositoryName(parsing: String(path)) }
        } catch { throw RemoteError(.failed, "remote '\(text)': \(error.message)") }
        prefix = String(path)
        self.swapsTags = swapsTags
    }

    /// The repository's name in the registry.
    func name(of repository: RepositoryName) throws -> RepositoryName {
        prefix.isEmpty ? repository : try RepositoryName(parsing: "\(prefix)/\(repository.text)")
    }
}

/// A bucket, how it is reached, and the part of its keys that a remote has.
struct BucketAddress: Hashable, Sendable {
    let bucket: String
    /// Empty, or without slashes at its ends.
    let prefix: String
    /// Nil for AWS itself.
    let endpoint: WebAddress?
    let region: String?

    init(parsing rest: Substring, of text: String, environment: [String: String]) throws {
        let body = rest.prefix { $0 != "?" }
        let bucket = String(body.prefix { $0 != "/" })
        // The names that S3 lets people give, which are also names of hosts.
        guard (3...63).contains(bucket.utf8.count),
            bucket.utf8.allSatisfy({ unit in
                (97...122).contains(unit) || (48...57).contains(unit) || unit == 45 || unit == 46
            }), bucket.first != "-", bucket.first != ".", bucket.last != "-", bucket.last != "."
        else {
            throw RemoteError(
                .failed,
                "remote '\(text)': a bucket's name has 3 to 63 lower-case letters, digits, '-', '.'"
            )
        }
        self.bucket = bucket
        let parts = body.dropFirst(bucket.count).split(separator: "/")
        guard !parts.contains(where: { $0 == "." || $0 == ".." }) else {
            throw RemoteAddress.unknown(text)
        }
        prefix = parts.joined(separator: "/")
        var settings: [String: String] = [:]
        for item in rest.dropFirst(body.count + 1).split(separator: "&") {
            let name = String(item.prefix { $0 != "=" })
            guard name == "endpoint" || name == "region", settings[name] == nil,
                let value = PercentEncoding.decode(item.dropFirst(name.count + 1))
            else {
                throw RemoteError(
                    .failed,
                    "remote '\(text)': after '?' only endpoint= and region= are known"
                )
            }
            settings[name] = value
        }
        let setting = { (names: String...) in
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        region = settings["region"] ?? setting("AWS_REGION", "AWS_DEFAULT_REGION")
        guard region?.utf8.allSatisfy({ Self.isPlain($0) }) ?? true else {
            throw RemoteAddress.unknown(text)
        }
        if let url = settings["endpoint"] ?? setting("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") {
            guard let address = WebAddress(parsing: url), address.query == nil else {
                throw RemoteError(
                    .failed,
                    "endpoint '\(RemoteError.line(url))': expected http(s)://host[:port]"
                )
            }
            endpoint = address
        } else {
            endpoint = nil
        }
    }

    private static func isPlain(_ unit: UInt8) -> Bool {
        (97...122).contains(unit) || (48...57).contains(unit) || unit == 45
    }
}
