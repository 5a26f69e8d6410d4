// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles

/// Who somebody is at a registry.
enum RegistryCredentials: Equatable, Sendable {
    case password(user: String, password: String)
    /// Exchanged for access tokens (OAuth 2 refresh token).
    case identityToken(String)

    var basicHeader: String? {
        guard case .password(let user, let password) = self else { return nil }
        return "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
    }
}

/// Where credentials come from: `INGOT_REGISTRY_USER` and `INGOT_REGISTRY_PASSWORD`, else the files
/// that `docker login`, `podman login` and `skopeo login` write, with the helpers that these name.
extension RegistryCredentials {
    /// 1 MiB: what a file of credentials may have.
    private static let fileByteLimit = 1 << 20

    /// Nil where nothing is known about the host; blocks while a helper is asked.
    ///
    /// - Throws: `RemoteError` where a file is there and is none.
    static func find(
        for address: WebAddress,
        environment: [String: String]
    ) throws -> RegistryCredentials? {
        if let user = environment["INGOT_REGISTRY_USER"], !user.isEmpty {
            return .password(
                user: user,
                password: environment["INGOT_REGISTRY_PASSWORD"] ?? ""
            )
        }
        for path in files(environment) where try Files.entry(at: path) != nil {
            let json: JSONValue
            do {
                json = try JSONValue(parsing: Files.read(path, limit: fileByteLimit))
            } catch let error as JSONError { throw RemoteError(.failed, "\(path): \(error)") }
            let names = names(of: address)
            if let helper = CredentialHelper(for: names, in: json, file: path),
                let found = try helper.credentials(for: names[0], environment: environment)
            {
                return found
            }
            if let found = try find(for: names, in: json, path: path) { return found }
        }
        return nil
    }

    static func files(_ environment: [String: String]) -> [String] {
        if let path = environment["REGISTRY_AUTH_FILE"], !path.isEmpty { return [path] }
        var files: [String] = []
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty {
            files.append("\(directory)/config.json")
        } else if let home = environment["HOME"] {
            files.append("\(home)/.docker/config.json")
        }
        if let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty {
            files.append("\(directory)/containers/auth.json")
        }
        return files
    }

    /// What a registry is called in these files; by the first a helper knows it.
    static func names(of address: WebAddress) -> [String] {
        let names = [
            address.authority, address.origin, "\(address.origin)/", "\(address.origin)/v1/",
            "\(address.origin)/v2/",
        ]
        return address.host == "registry-1.docker.io"
            ? ["https://index.docker.io/v1/", "docker.io"] + names : names
    }

    private static func find(
        for names: [String],
        in json: JSONValue,
        path: String
    ) throws -> RegistryCredentials? {
        guard let entries = json["auths"]?.object else { return nil }
        for name in names {
            guard let entry = entries[name] else { continue }
            if let token = entry["identitytoken"]?.string, !token.isEmpty {
                return .identityToken(token)
            }
            guard let auth = entry["auth"]?.string, !auth.isEmpty else { continue }
            guard let bytes = Base64.decode(auth),
                let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else {
                throw RemoteError(
                    .failed,
                    "\(path): the credentials for \(name) cannot be read: log in again"
                )
            }
            return .password(
                user: String(text[..<colon]),
                password: String(text[text.index(after: colon)...])
            )
        }
        return nil
    }
}
