// SPDX-License-Identifier: Apache-2.0

/// The one place where an address becomes a remote.
package enum Remotes {
    /// Opens a remote; nothing is sent or made before it is used, but a helper may be asked for
    /// credentials.
    ///
    /// `environment` holds credentials and settings of other tools: `HOME`, `AWS_…`,
    /// `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR`, `INGOT_REGISTRY_USER`,
    /// `INGOT_REGISTRY_PASSWORD`, `INGOT_CA_FILE`, `SSL_CERT_FILE`, `HTTPS_PROXY`, `HTTP_PROXY`,
    /// `ALL_PROXY`, `NO_PROXY`; helpers are found by its `PATH` and get all of it.
    ///
    /// - Throws: `RemoteError` where a file of credentials or certificates cannot be read.
    package static func open(
        _ address: RemoteAddress,
        environment: [String: String]
    ) async throws -> any Remote {
        switch address.place {
        case .directory(let path):
            return LayoutRemote(name: path, objects: DirectoryObjects(path: path))
        case .bucket(let place):
            let objects = try S3Objects(
                name: address.description,
                address: place,
                profile: S3Profile(environment: environment),
                client: client(environment)
            )
            return LayoutRemote(name: address.description, objects: objects)
        case .registry(let place):
            let client = try client(environment)
            do {
                let credentials = try await client.work.run {
                    try RegistryCredentials.find(for: place.root, environment: environment)
                }
                return RegistryRemote(
                    name: address.description,
                    address: place,
                    credentials: credentials,
                    client: client
                )
            } catch {
                try await client.shutdown()
                throw error
            }
        }
    }

    private static func client(_ environment: [String: String]) throws -> WebClient {
        let files = ["INGOT_CA_FILE", "SSL_CERT_FILE"].compactMap { environment[$0] }
        return try WebClient(
            caFile: files.first { !$0.isEmpty },
            proxies: ProxySettings(environment: environment)
        )
    }
}
