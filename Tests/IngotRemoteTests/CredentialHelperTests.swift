// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotRemote

/// One after the other: what is written while another test starts a program may be busy.
@Suite("Credential helpers", .serialized) struct CredentialHelperTests {
    private let place: TemporaryDirectory
    private let environment: [String: String]
    private let address: WebAddress
    private let password = RegistryCredentials.password(user: "ada", password: "two words")

    init() throws {
        place = try TemporaryDirectory()
        environment = ["PATH": "\(place.path)/bin:/usr/bin:/bin", "DOCKER_CONFIG": place.path]
        address = try #require(WebAddress(parsing: "https://registry.test:5000"))
    }

    private func helper(_ name: String, _ script: String) throws {
        try place.write("#!/bin/sh\n\(script)\n", to: "bin/docker-credential-\(name)")
        #expect(unsafe chmod("\(place.path)/bin/docker-credential-\(name)", 0o755) == 0)
    }

    private func find(_ configuration: JSONValue) throws -> RegistryCredentials? {
        try place.write(configuration.canonicalText, to: "config.json")
        return try RegistryCredentials.find(for: address, environment: environment)
    }

    private func problem(_ configuration: JSONValue) -> String {
        do {
            return "no problem: \(String(describing: try find(configuration)))"
        } catch { return "\(error)" }
    }

    @Test("is asked by `get` for the registry, and its answer taken; <token> is a token's user")
    func answers() throws {
        try helper(
            "fake",
            #"""
            server=$(cat)
            [ "$1 $server" = "get registry.test:5000" ] || exit 3
            echo '{"Username":"ada","Secret":"two words"}'
            """#
        )
        #expect(try find(["credsStore": "fake"]) == password)
        #expect(try find(["credHelpers": ["registry.test:5000": "fake"]]) == password)
        try helper("token", #"cat >/dev/null; echo '{"Username":"<token>","Secret":"abc"}'"#)
        #expect(try find(["credsStore": "token"]) == .identityToken("abc"))
        // One that reads nothing.
        try helper("deaf", #"echo '{"Username":"ada","Secret":"two words"}'"#)
        #expect(try find(["credsStore": "deaf"]) == password)
    }

    @Test("where the store of all credentials is not installed, or knows none, logins count")
    func fallsBack() throws {
        let login: JSONValue = ["registry.test:5000": ["auth": "YWRhOnR3byB3b3Jkcw=="]]
        try helper("empty", "echo 'credentials not found in native keychain'; exit 1")
        for name in ["missing", "empty", "x$(touch here)"] {
            let store = JSONValue.string(name)
            #expect(try find(["credsStore": store, "auths": login]) == password)
            #expect(try find(["credsStore": store]) == nil)
        }
        let special: JSONValue = ["registry.test:5000": "missing"]
        #expect(
            problem(["credHelpers": special, "auths": login])
                .contains("docker-credential-missing: it is not on the PATH")
        )
    }

    @Test(
        "what fails says so",
        arguments: [
            ("echo 'the keychain is locked'; exit 2", "it failed: the keychain is locked"),
            ("echo nonsense", "its answer is none"),
            ("kill -9 $$", "it was killed"),
            ("exit 127", "it failed"),
            ("head -c 1100000 /dev/zero", "its answer is too long"),
        ]
    )
    func failures(script: String, expected: String) throws {
        try helper("bad", script)
        let found = problem(["credsStore": "bad"])
        #expect(found.contains("config.json: docker-credential-bad: \(expected)"), "\(found)")
    }

    @Test("a name is never a path or a command")
    func names() throws {
        #expect(problem(["credsStore": "../bin/sh"]).contains("its name is no program's"))
        #expect(try find(["credsStore": "x';touch here;'"]) == nil)
        try place.write("no program", to: "bin/docker-credential-text")
        #expect(try find(["credsStore": "text"]) == nil)
        #expect(unsafe chmod("\(place.path)/bin/docker-credential-text", 0o755) == 0)
        #expect(problem(["credsStore": "text"]).contains("it cannot be run"))
    }

    @Test("one that waits, with its output open or closed, is ended", arguments: ["", "exec >&-;"])
    func patience(start: String) throws {
        try helper("slow", "\(start) exec sleep 60")
        let made = CredentialHelper(
            for: [],
            in: ["credsStore": "slow"],
            file: "config.json"
        )
        var helper = try #require(made)
        helper.patience = .milliseconds(200)
        let begun = ContinuousClock.now
        #expect(throws: RemoteError.self) {
            try helper.credentials(for: "registry.test", environment: environment)
        }
        #expect(ContinuousClock.now - begun < .seconds(30))
    }
}
