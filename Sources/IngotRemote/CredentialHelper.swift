// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore

/// A program `docker-credential-NAME` on the PATH that keeps credentials, as Docker's
/// `credsStore` and `credHelpers` name it.
struct CredentialHelper {
    private static let answerByteLimit = 1 << 20
    /// The user name that a helper gives an identity token.
    private static let tokenUser = "<token>"
    private static let notFound = "credentials not found"

    let name: String
    /// The file that names it.
    let file: String

    /// The helper that a configuration has for a registry, which is known by one of some names.
    init?(for names: [String], in json: JSONValue, file: String) {
        let special = names.lazy.compactMap { json["credHelpers"]?[$0]?.string }.first
        guard let name = special ?? json["credsStore"]?.string, !name.isEmpty else { return nil }
        (self.name, self.file) = (name, file)
    }

    /// Asks the helper; nil when it knows nothing of the registry.
    func credentials(for server: String) throws -> RegistryCredentials? {
        let (status, answer) = try ask(server)
        guard status == 0 else {
            let text = String(decoding: answer.prefix { $0 != 0x0A }, as: UTF8.self)
            if text.contains(Self.notFound) { return nil }
            throw failure(
                status == 127
                    ? "it is not on the PATH: install it, or take it out of the file"
                    : "it failed: \(RemoteError.line(text))"
            )
        }
        guard let json = try? JSONValue(parsing: answer), let user = json["Username"]?.string,
            let secret = json["Secret"]?.string
        else { throw failure("its answer is none") }
        guard !user.isEmpty || !secret.isEmpty else { return nil }
        return user == Self.tokenUser
            ? .identityToken(secret) : .password(user: user, password: secret)
    }

    private func failure(_ problem: String) -> RemoteError {
        RemoteError(.denied, "\(file): docker-credential-\(RemoteError.line(name)): \(problem)")
    }

    /// Runs it with the server on its standard input.
    ///
    /// By the shell, which finds it and has nothing to take for its own in either text.
    private func ask(_ server: String) throws -> (status: Int32, answer: [UInt8]) {
        let isPlain = { (text: String) in
            text.utf8.allSatisfy { unit in
                Character(UnicodeScalar(unit)).isLetter || (48...57).contains(unit)
                    || "._-:/[]".utf8.contains(unit)
            }
        }
        guard name.utf8.allSatisfy({ $0 < 128 }), isPlain(name), !name.contains("/"),
            isPlain(server)
        else { throw failure("its name is no program's") }
        let command = "printf %s '\(server)' | 'docker-credential-\(name)' get 2>/dev/null"
        guard let stream = unsafe popen(command, "re") else { throw failure("it cannot be run") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while answer.count < Self.answerByteLimit {
            let count = unsafe fread(&buffer, 1, buffer.count, stream)
            if count == 0 { break }
            answer += buffer[..<count]
        }
        let status = unsafe pclose(stream)
        guard status & 0x7F == 0 else { throw failure("it was killed") }
        return (status >> 8 & 0xFF, answer)
    }
}
