// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// An access key of S3.
struct S3Credentials: Equatable, Sendable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?
}

/// Keys and settings where AWS's own tools keep them: the environment, else the files
/// `~/.aws/credentials` and `~/.aws/config`.
struct S3Profile: Sendable {
    let credentials: S3Credentials?
    let region: String?
    let endpoint: String?

    /// 1 MiB: what a file of credentials may have.
    private static let fileByteLimit = 1 << 20

    /// - Throws: `RemoteError` where a profile is named that is in neither file, or a key is there
    ///   without its secret.
    init(environment: [String: String]) throws {
        let setting = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let name = setting("AWS_PROFILE") ?? "default"
        let home = setting("HOME").map { "\($0)/.aws" }
        let keyFile =
            setting("AWS_SHARED_CREDENTIALS_FILE") ?? home.map { "\($0)/credentials" }
        let settingsFile = setting("AWS_CONFIG_FILE") ?? home.map { "\($0)/config" }
        let keys = try Self.sections(of: keyFile)[name]
        let settings = try Self.sections(of: settingsFile)[
            name == "default" ? name : "profile \(name)"
        ]
        guard keys != nil || settings != nil || setting("AWS_PROFILE") == nil else {
            throw RemoteError(
                .denied,
                "AWS_PROFILE: no profile '\(RemoteError.line(name))' in ~/.aws/credentials and "
                    + "~/.aws/config"
            )
        }
        region = settings?["region"] ?? keys?["region"]
        endpoint = settings?["endpoint_url"]
        credentials =
            try Self.credentials(
                in: [
                    "aws_access_key_id": setting("AWS_ACCESS_KEY_ID"),
                    "aws_secret_access_key": setting("AWS_SECRET_ACCESS_KEY"),
                    "aws_session_token": setting("AWS_SESSION_TOKEN"),
                ].compactMapValues { $0 },
                place: "the environment"
            ) ?? Self.credentials(in: keys ?? [:], place: keyFile ?? "")
            ?? Self.credentials(in: settings ?? [:], place: settingsFile ?? "")
    }

    private static func credentials(
        in values: [String: String],
        place: String
    ) throws -> S3Credentials? {
        guard let accessKey = values["aws_access_key_id"] else { return nil }
        guard let secretKey = values["aws_secret_access_key"] else {
            throw RemoteError(.denied, "\(place): an access key without its secret key")
        }
        let token = values["aws_session_token"]
        // All but the secret go into headers.
        guard
            (accessKey + (token ?? "")).utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw RemoteError(.denied, "\(place): the access key is none") }
        return S3Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: token)
    }

    private static func sections(of path: String?) throws -> [String: [String: String]] {
        guard let path, try Files.entry(at: path) != nil else { return [:] }
        let bytes = try Files.read(path, limit: fileByteLimit)
        return sections(in: String(decoding: bytes, as: UTF8.self))
    }

    /// `[section]` and `key = value`; comments start with `#` or `;`.
    ///
    /// Indented lines belong to nested settings, which nothing here needs.
    static func sections(in text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var current: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, !"#; \t".contains(first) else { continue }
            let trimmed = trim(line)
            if trimmed.hasPrefix("["), let end = trimmed.firstIndex(of: "]") {
                let name = trimmed[trimmed.index(after: trimmed.startIndex)..<end]
                current = name.split(separator: " ").joined(separator: " ")
                if let current, sections[current] == nil { sections[current] = [:] }
            } else if let current, let equals = trimmed.firstIndex(of: "=") {
                let key = trim(trimmed[..<equals]).lowercased()
                let value = trim(trimmed[trimmed.index(after: equals)...])
                if !value.isEmpty { sections[current]?[key] = String(value) }
            }
        }
        return sections
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
