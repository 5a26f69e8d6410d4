// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// Who may read and write which repositories.
package struct AccessControl: Sendable {
    /// Repositories by name; a `*` at the end stands for any rest, so `team/*` is all below `team`.
    package struct Rights: Sendable, Hashable {
        package var read: [String]
        package var write: [String]

        package init(read: [String] = [], write: [String] = []) {
            self.read = read
            self.write = write
        }

        package static let all = Rights(read: ["*"], write: ["*"])
    }

    /// A token, known by the SHA-256 of its text alone.
    package struct Token: Sendable, Hashable {
        package let name: String
        package let hash: Digest
        package let rights: Rights

        package init(name: String, hash: Digest, rights: Rights) {
            self.name = name
            self.hash = hash
            self.rights = rights
        }
    }

    package let anonymous: Rights
    package let tokens: [Token]

    package init(anonymous: Rights, tokens: [Token] = []) {
        self.anonymous = anonymous
        self.tokens = tokens
    }

    /// Everybody may do everything.
    package static let open = AccessControl(anonymous: .all)

    /// 32 random bytes in text.
    package static func newToken() throws -> String {
        "ingot_" + Hex.encode(try SecureRandom.bytes(32))
    }

    static let challenge = [("WWW-Authenticate", "Basic realm=\"ingot\"")]

    /// The rights of whoever sent an `Authorization` header, or none.
    ///
    /// A token is the password of any user, or a bearer's.
    func access(for header: String?) throws(RegistryError) -> Access {
        guard let secret = try Self.secret(in: header) else { return Access(anonymous, name: nil) }
        let hash = Digest.of(secret).bytes
        var found: Token?
        // All are compared, each in the same time.
        for token in tokens {
            var difference: UInt8 = 0
            for (left, right) in zip(token.hash.bytes, hash) { difference |= left ^ right }
            if difference == 0 { found = token }
        }
        if let found { return Access(found.rights, name: found.name) }
        // Nobody is turned away from what is open to all.
        guard !tokens.isEmpty || anonymous != .all else { return Access(anonymous, name: nil) }
        throw RegistryError(
            .unauthorized,
            "the token is not known here: make one with `ingot serve token new`",
            headers: Self.challenge
        )
    }

    /// Nil without a header, and for the empty password that clients send when they have none.
    private static func secret(in header: String?) throws(RegistryError) -> String? {
        guard let header else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        let scheme = parts.first?.lowercased()
        if parts.count == 2, scheme == "bearer" { return String(parts[1]) }
        if parts.count == 2, scheme == "basic", let bytes = Base64.decode(parts[1]),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let password = String(validating: bytes[(colon + 1)...], as: UTF8.self)
        {
            return password.isEmpty ? nil : password
        }
        throw RegistryError(
            .unauthorized,
            "Authorization: neither Basic nor Bearer",
            headers: challenge
        )
    }
}

/// What one client may do.
struct Access: Sendable {
    let rights: AccessControl.Rights
    /// The token's name; nil for anybody.
    let name: String?

    init(_ rights: AccessControl.Rights, name: String?) {
        self.rights = rights
        self.name = name
    }

    var isKnown: Bool { name != nil }

    func canWrite(_ repository: RepositoryName) -> Bool {
        rights.write.contains { Self.matches($0, repository) }
    }

    func canRead(_ repository: RepositoryName) -> Bool {
        rights.read.contains { Self.matches($0, repository) } || canWrite(repository)
    }

    static func matches(_ pattern: String, _ repository: RepositoryName) -> Bool {
        guard pattern.utf8.last == UInt8(ascii: "*") else {
            return pattern.utf8.elementsEqual(repository.text.utf8)
        }
        return repository.text.utf8.starts(with: pattern.utf8.dropLast())
    }

    /// - Throws: 401 for a client without a token, which may come back with one, else 403.
    func check(
        _ request: RegistryRequest,
        isAnonymous: Bool,
        of control: AccessControl
    ) throws(RegistryError) {
        let isAllowed =
            if let repository = request.route.repository {
                request.needsWriting ? canWrite(repository) : canRead(repository)
            } else {
                // A client asks here first, to see whether it needs credentials.
                isKnown || control.anonymous == .all
            }
        if isAllowed { return }
        if isAnonymous {
            throw RegistryError(
                .unauthorized,
                "a token is needed: send it as the password of any user",
                headers: AccessControl.challenge
            )
        }
        let act = request.needsWriting ? "write to" : "read"
        throw RegistryError(
            .denied,
            "token '\(name ?? "")' may not \(act) \(request.route.repository?.text ?? "this")"
        )
    }
}
