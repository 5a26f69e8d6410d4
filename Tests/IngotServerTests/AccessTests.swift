// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Synchronization
import Testing

@testable import IngotServer

@Suite("Access")
struct AccessTests {
    private static func control() -> AccessControl {
        AccessControl(
            anonymous: AccessControl.Rights(read: ["public/*"]),
            tokens: [
                AccessControl.Token(
                    name: "ci",
                    hash: Digest.of("secret"),
                    rights: AccessControl.Rights(read: ["rows"], write: ["team/*"])
                )
            ]
        )
    }

    private static func basic(_ text: String) -> String {
        "Basic \(Base64.encode(Array(text.utf8)))"
    }

    @Test(
        "a token opens what its patterns say, and nothing else",
        arguments: [
            ("GET", "/v2/team/a/tags/list", "Bearer secret", 404),
            ("POST", "/v2/team/a/blobs/uploads/", "Bearer secret", 202),
            ("POST", "/v2/rows/blobs/uploads/", "Bearer secret", 403),
            ("GET", "/v2/rows/tags/list", "Bearer secret", 404),
            ("GET", "/v2/teams/tags/list", "Bearer secret", 403),
            ("GET", "/v2/team/tags/list", "Bearer secret", 403),
            ("GET", "/v2/", "Bearer secret", 200), ("GET", "/v2/", "Bearer secreT", 401),
            ("GET", "/v2/", "Digest x", 401), ("GET", "/v2/", "Basic !", 401),
            ("GET", "/v2/", nil, 401), ("GET", "/v2/public/a/tags/list", nil, 404),
            ("GET", "/v2/team/a/tags/list", nil, 401),
            ("POST", "/v2/public/a/blobs/uploads/", nil, 401),
        ] as [(String, String, String?, Int)]
    )
    func rights(_ method: String, _ path: String, _ header: String?, _ status: Int) async throws {
        let registry = try await TestRegistry.start(access: Self.control())
        let headers = header.map { [("Authorization", $0)] } ?? []
        let answer = try await registry.ask(method, path, headers: headers)
        #expect(answer.status == status)
        if status == 401 {
            #expect(answer.headers.first(name: "www-authenticate") == "Basic realm=\"ingot\"")
        }
        try await registry.end()
    }

    @Test("a token is the password of any user; an empty password is nobody's")
    func basicPassword() throws {
        let control = Self.control()
        #expect(try control.access(for: Self.basic("any:secret")).name == "ci")
        #expect(try control.access(for: Self.basic(":")).name == nil)
        #expect(throws: RegistryError.self) { try control.access(for: Self.basic("ci:other")) }
    }

    @Test("a blob of a repository that the client may not read is not mounted")
    func mount() async throws {
        let registry = try await TestRegistry.start(access: Self.control())
        let version = try registry.add("file", [1, 2, 3], to: "private/rows")
        let config = try registry.store.manifest(version).config.digest
        let secret = [("Authorization", "Bearer secret")]
        for query in ["mount=\(config)&from=private/rows", "mount=\(config)"] {
            let answer = try await registry.ask(
                "POST",
                "/v2/team/a/blobs/uploads/?\(query)",
                headers: secret
            )
            #expect(answer.status == 202)
        }
        try await registry.end()
    }

    private static let examples =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        + "/schemas/examples/registry-access"

    private static func files(_ folder: String) throws -> [String] {
        try Files.names(in: "\(examples)/\(folder)").map { "\(examples)/\(folder)/\($0)" }
    }

    @Test("every valid file is read, every invalid one refused with its name")
    func schemaExamples() throws {
        let valid = try Self.files("valid")
        #expect(valid.count == 2)
        for path in valid { _ = try AccessFile(path: path) }
        for path in try Self.files("invalid") {
            #expect {
                try AccessFile(path: path)
            } throws: {
                "\($0)".contains(path)
            }
        }
    }

    @Test("tokens that are made at the same time are all in the file")
    func together() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/access.yaml"
        let rights = AccessControl.Rights(read: ["x/*"])
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try AccessFile.add(token: "t\(number)", rights: rights, toFileAt: path)
                }
            }
            try await group.waitForAll()
        }
        #expect(try AccessFile(path: path).control.tokens.count == 8)
    }

    @Test("a running registry follows the file, and keeps what it said when it cannot be used")
    func followed() async throws {
        let place = try TemporaryDirectory()
        let path = "\(place.path)/access.yaml"
        let rights = AccessControl.Rights(read: ["*"])
        let first = try AccessFile.add(token: "one", rights: rights, toFileAt: path)
        let problems = Problems()
        let log = AccessLog(write: nil) { problems.add($0) }
        let registry = try await TestRegistry.start(access: AccessFile(path: path).control)
        var watch = try AccessFileWatch(path: path)
        func status(_ token: String, looks: Int = 2) async throws -> Int {
            for _ in 0..<looks { watch.look(registry.registry, log) }
            let headers = [("Authorization", "Bearer \(token)")]
            return try await registry.ask("GET", "/v2/", headers: headers).status
        }
        #expect(try await status(first) == 200)
        let second = try AccessFile.add(token: "two", rights: rights, toFileAt: path)
        #expect(try await status(second) == 200)
        let good = try Files.read(path)
        // Met while it is written: what is only seen once is not believed.
        try Files.replace(path, with: Array("tokens: []\n".utf8))
        #expect(try await status(second, looks: 1) == 200)
        try Files.replace(path, with: good)
        #expect(try await status(second) == 200)
        #expect(problems.lines.isEmpty)
        try Files.replace(path, with: Array("tokens: 3\n".utf8))
        #expect(try await status(second) == 200)
        try Files.remove(path)
        #expect(try await status(second) == 200)
        #expect(try await status(second) == 200)
        #expect(problems.lines.count == 2)
        #expect(problems.lines.allSatisfy { $0.contains(path) })
        try Files.replace(path, with: good)
        #expect(try await status(first) == 200)
        try Files.replace(path, with: Array("anonymous: {read: [open]}\n".utf8))
        #expect(try await status(first) == 401)
        try await registry.end()
    }

    private final class Problems: Sendable {
        private let found = Mutex<[String]>([])

        var lines: [String] { found.withLock { $0 } }

        func add(_ line: String) { found.withLock { $0.append(line) } }
    }

    @Test("a new token is added to the file by its hash, and opens the door")
    func newToken() throws {
        let place = try TemporaryDirectory()
        let path = "\(place.path)/access.yaml"
        let rights = AccessControl.Rights(read: ["a"], write: ["b/*"])
        let first = try AccessFile.add(token: "one", rights: rights, toFileAt: path)
        let second = try AccessFile.add(token: "tw\"o: {", rights: rights, toFileAt: path)
        let control = try AccessFile(path: path).control
        #expect(try control.access(for: "Bearer \(first)").name == "one")
        #expect(try control.access(for: "Bearer \(second)").name == "tw\"o: {")
        #expect(control.tokens.map(\.rights) == [rights, rights])
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        #expect(!text.contains(first) && !text.contains(second))
        #expect(throws: FieldError.self) {
            try AccessFile.add(token: "one", rights: rights, toFileAt: path)
        }
    }
}
