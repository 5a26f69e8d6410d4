// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A program `docker-credential-NAME` on the PATH that keeps credentials, as Docker's
/// `credsStore` and `credHelpers` name it.
struct CredentialHelper {
    /// The user name that a helper gives an identity token.
    private static let tokenUser = "<token>"
    private static let notFound = "credentials not found"

    let name: String
    /// The file that names it.
    let file: String
    /// Whether it is named for the registry, and not as the one for all.
    let isSpecial: Bool
    /// A keychain may ask somebody to unlock it.
    var patience = Duration.seconds(60)

    /// The helper that a configuration has for a registry, which is known by one of some names.
    init?(for names: [String], in json: JSONValue, file: String) {
        let special = names.lazy.compactMap { json["credHelpers"]?[$0]?.string }.first
        guard let name = special ?? json["credsStore"]?.string, !name.isEmpty else { return nil }
        (self.name, self.file, isSpecial) = (name, file, special != nil)
    }

    /// Asks the helper; nil when it knows nothing of the registry.
    ///
    /// Nil as well where the one for all is not installed: the registry may need no credentials, or
    /// others. Blocks while the helper works.
    func credentials(
        for server: String,
        environment: [String: String]
    ) throws -> RegistryCredentials? {
        guard !name.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) else {
            throw failure("its name is no program's")
        }
        let program = HelperProgram("docker-credential-\(name)", environment: environment)
        guard let program else {
            guard isSpecial else { return nil }
            throw failure("it is not on the PATH: install it, or take it out of the file")
        }
        let answer: HelperProgram.Answer
        do {
            answer = try program.ask("get", input: Array(server.utf8), patience: patience)
        } catch let error as HelperProgram.Failure { throw failure(problem(error)) }
        guard answer.status == 0 else {
            let text = String(decoding: answer.bytes.prefix { $0 != 0x0A }, as: UTF8.self)
            if text.contains(Self.notFound) { return nil }
            throw failure("it failed: \(RemoteError.line(text))")
        }
        guard let json = try? JSONValue(parsing: answer.bytes),
            let user = json["Username"]?.string, let secret = json["Secret"]?.string
        else { throw failure("its answer is none") }
        guard !user.isEmpty || !secret.isEmpty else { return nil }
        return user == Self.tokenUser
            ? .identityToken(secret) : .password(user: user, password: secret)
    }

    private func problem(_ failure: HelperProgram.Failure) -> String {
        switch failure {
        case .cannotRun: "it cannot be run"
        case .killed: "it was killed"
        case .tooSlow: "it did not answer within \(patience): unlock what it waits for first"
        case .tooLong: "its answer is too long for one"
        }
    }

    private func failure(_ problem: String) -> RemoteError {
        RemoteError(.denied, "\(file): docker-credential-\(RemoteError.line(name)): \(problem)")
    }
}
