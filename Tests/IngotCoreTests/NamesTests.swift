// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Names")
struct NamesTests {
    @Test("accepts repositories of the OCI grammar", arguments: ["a", "a/b", "a.b_c__d--e/f0"])
    func repositories(text: String) throws {
        #expect(try RepositoryName(parsing: text).text == text)
    }

    @Test(
        "refuses other repositories",
        arguments: ["", "A", "a/", "/a", "a//b", "-a", "a-", "a._b", "a___b", "a b", "ä", "a:b"]
    )
    func badRepositories(text: String) {
        #expect(throws: NameError.self) { try RepositoryName(parsing: text) }
    }

    @Test("takes 255 bytes and not one more")
    func repositoryLimit() throws {
        _ = try RepositoryName(parsing: String(repeating: "a", count: 255))
        #expect(throws: NameError.self) {
            try RepositoryName(parsing: String(repeating: "a", count: 256))
        }
    }

    @Test("reads both forms of a reference")
    func references() throws {
        let tagged = try Reference(parsing: "acme/bot:v3")
        #expect(tagged.target == .tag(Tag.version(3)))
        let digest = "sha256:" + String(repeating: "0", count: 64)
        #expect(try Reference(parsing: "bot@\(digest)").description == "bot@\(digest)")
        #expect(throws: NameError.self) { try Reference(parsing: "bot") }
        #expect(throws: NameError.self) { try Reference(parsing: "bot:-x") }
    }

    @Test("knows version tags", arguments: [("v1", 1), ("v12", 12)])
    func versionNumbers(text: String, number: Int) throws {
        #expect(try Tag(parsing: text).versionNumber == number)
    }

    @Test(
        "takes no other tag for a version tag",
        arguments: ["v0", "v01", "v", "v1a", "x1", "v+1"]
    )
    func otherTags(text: String) {
        #expect((try? Tag(parsing: text))?.versionNumber == nil)
    }
}
