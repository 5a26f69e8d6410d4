// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Digest")
struct DigestTests {
    private static let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    @Test("prints what it parsed")
    func roundTrip() throws {
        let digest = try Digest(parsing: "sha256:\(Self.hex)")
        #expect(digest.hex == Self.hex)
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(digest.short == "9f86d081884c")
    }

    @Test(
        "refuses what is not a digest",
        arguments: [
            "", "sha256:", Self.hex, "sha256:\(Self.hex.dropLast())", "sha256:\(Self.hex)0",
            "sha256:\(Self.hex.uppercased())", "sha512:\(Self.hex)",
        ]
    )
    func refusal(text: String) {
        #expect(throws: NameError.self) { try Digest(parsing: text) }
    }

    @Test("sorts as its bytes do")
    func order() throws {
        let small = Digest(bytes: [UInt8](repeating: 0, count: 31) + [255])
        let large = Digest(bytes: [1] + [UInt8](repeating: 0, count: 31))
        #expect(small < large)
    }

    @Test("finds digests in any text, and takes no part of a longer run for one")
    func search() throws {
        let one = try #require(Digest(hex: String(repeating: "a1", count: 32)))
        let two = try #require(Digest(hex: String(repeating: "0f", count: 32)))
        let text =
            "{\"sha256\":\"\(one.hex)\"} sha256:\(two.hex), \(one.hex)0, \(two.hex.dropLast())"
        #expect(Digest.all(in: text.utf8) == [one, two])
        #expect(Digest.all(in: one.hex.utf8) == [one])
        #expect(Digest.all(in: one.hex.uppercased().utf8).isEmpty)
        #expect(Digest.all(in: "".utf8).isEmpty)
    }
}
