// SPDX-License-Identifier: Apache-2.0

import IngotCrypto
import Testing

@testable import IngotDVC

private func parse(_ text: String) throws -> DirectoryObject {
    try DirectoryObject(parsing: Array(text.utf8))
}

private let md5 = "d41d8cd98f00b204e9800998ecf8427e"

@Suite struct DirectoryObjectTests {
    /// The text is what Python 3.11's `json.dumps(entries, sort_keys=True)` prints for these
    /// entries.
    @Test("writes the bytes that Python's json.dumps writes, in order of code points")
    func goldenBytes() {
        let names = ["\u{1F600}", "\u{FF5E}", "a\"b\\c", "Z/x", "é", "\u{7F}"]
        let object = DirectoryObject(names.map { .init(path: $0, md5: md5) })
        let texts = [
            #"Z/x"#, #"a\"b\\c"#, #"\u007f"#, #"\u00e9"#, #"\uff5e"#, #"\ud83d\ude00"#,
        ]
        let entries = texts.map { #"{"md5": "\#(md5)", "relpath": "\#($0)"}"# }
        let expected = "[" + entries.joined(separator: ", ") + "]"
        #expect(String(decoding: object.bytes, as: UTF8.self) == expected)
    }

    @Test("reads back what it writes")
    func roundTrip() throws {
        let object = DirectoryObject([
            .init(path: "b/\u{1F600}", md5: md5), .init(path: "a", md5: md5),
        ])
        #expect(try DirectoryObject(parsing: object.bytes) == object)
        #expect(object.entries.map(\.path) == ["a", "b/\u{1F600}"])
    }

    @Test(
        "refuses paths that leave the directory, and what is no list of files",
        arguments: [
            #"[{"md5": "\#(md5)", "relpath": "../x"}]"#,
            #"[{"md5": "\#(md5)", "relpath": "/etc/x"}]"#,
            #"[{"md5": "\#(md5)", "relpath": "a/./x"}]"#,
            #"[{"md5": "\#(md5)", "relpath": "a\u0000b"}]"#,
            #"[{"md5": "\#(md5)", "relpath": ""}]"#,
            #"[{"md5": "\#(md5).dir", "relpath": "a"}]"#,
            #"[{"md5": "../../../../../../etc/passwd/xx", "relpath": "a"}]"#,
            #"[{"md5": "\#(md5)"}]"#,
            #"[{"md5": "\#(md5)", "relpath": "a"}, {"md5": "\#(md5)", "relpath": "a"}]"#,
            #"{"md5": "\#(md5)", "relpath": "a"}"#,
            #"[[[[[[]]]]]]"#,
            #"[{"md5": "\#(md5)", "relpath": "a"}"#,
        ]
    )
    func refusals(text: String) {
        #expect(throws: DVCError.self) { try parse(text) }
    }

    @Test("the MD5 is that of RFC 1321")
    func knownMD5() throws {
        #expect(try ObjectFile.md5(of: []) == md5)
        #expect(
            try ObjectFile.md5(of: Array("message digest".utf8))
                == "f96b697d7cb7938d525a2f31aaf161d0"
        )
    }

    @Test(
        "a name is 32 lower-case digits, with or without .dir",
        arguments: [
            (md5, true), (md5 + ".dir", true), (md5.uppercased(), false), ("", false),
            (String(md5.dropLast()), false), (md5 + ".dir.dir", false), ("../" + md5, false),
        ]
    )
    func names(text: String, isValid: Bool) {
        #expect((ObjectName(text)?.description == text) == isValid)
    }
}
