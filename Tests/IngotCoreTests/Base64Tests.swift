// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Base64")
struct Base64Tests {
    @Test(
        "writes the vectors of RFC 4648 and reads them back",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("reads every byte back, at every length to 70")
    func roundTrip() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(
        "refuses what is not the one text of some bytes",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", " Zm9v", "-_-_",
            "Zg==Zg==", "Z=g=", "Zm8=a", "Zmé=",
        ]
    )
    func refusal(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
