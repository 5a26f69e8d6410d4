// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotCrypto

@Suite("Signing keys")
struct SigningKeyTests {
    private static let message = Array("what was signed".utf8)

    @Test("verifies what a P-256 key signed, and nothing else")
    func p256() throws {
        let key = try SigningKey.generate()
        let signature = try key.sign(Self.message)
        #expect(key.publicKey.verifies(signature, of: Self.message))
        #expect(!key.publicKey.verifies(signature, of: Self.message + [0]))
        #expect(!key.publicKey.verifies(signature + [0], of: Self.message))
        #expect(!key.publicKey.verifies([], of: Self.message))
        #expect(try !SigningKey.generate().publicKey.verifies(signature, of: Self.message))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.publicKey.verifies(changed, of: Self.message))
        }
    }

    @Test("reads its own PEM back, private and public")
    func pem() throws {
        let key = try SigningKey.generate()
        let pem = try key.privatePEM()
        #expect(pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try SigningKey(pem: pem).publicKey == key.publicKey)
        #expect(key.publicKey.pem.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        #expect(key.publicKey.pem.hasSuffix("-----END PUBLIC KEY-----\n"))
        #expect(try PublicKey(pem: key.publicKey.pem) == key.publicKey)
        let windows = key.publicKey.pem.split(separator: "\n").joined(separator: "\r\n")
        #expect(try PublicKey(pem: windows).keyID == key.publicKey.keyID)
    }

    /// Made with `openssl ecparam -name prime256v1 -genkey` and `openssl pkey -pubout`.
    private static let opensslPublicPEM = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnaHGmwSK7sVILaW2+dkOh0eHlPlG
        j3ELVnytsjSCHruOHFXx+og8Pj8rMa2cYP/iLRP8VVUGFvOV3fv8ZRgGeg==
        -----END PUBLIC KEY-----

        """

    @Test("accepts what the openssl program signed")
    func openssl() throws {
        let key = try PublicKey(pem: Self.opensslPublicPEM)
        #expect(key.keyID == "4a719b8f96c091a81a16bb3fce6c76c77f4a36d3a7ce64dee2629c85c2e9e13d")
        let signature = try #require(
            Base64.decode(
                "MEUCIAZLz4Jij08PED4yJtcDibthIr1IumSd+AN8UtciQPaVAiEAsomNZH/7"
                    + "2YrjwPlkHibyqc2aDXGL9WywsjKHP3t8cd0="
            )
        )
        #expect(key.verifies(signature, of: Array("hello".utf8)))
    }

    @Test("refuses keys of other kinds and other texts")
    func refusal() throws {
        #expect(throws: CryptoError.self) { try SigningKey(pem: "") }
        #expect(throws: CryptoError.self) { try PublicKey(pem: "-----BEGIN PUBLIC KEY-----") }
        let log = try Ed25519SigningKey.generate()
        #expect(throws: CryptoError.self) { try SigningKey(pem: log.privatePEM()) }
        #expect(throws: CryptoError.self) { try PublicKey(pem: log.publicKey.pem()) }
        let key = try SigningKey.generate()
        #expect(throws: CryptoError.self) { try Ed25519SigningKey(pem: key.privatePEM()) }
        #expect(throws: CryptoError.self) { try PublicKey(pem: "note\n" + key.publicKey.pem) }
        #expect(throws: CryptoError.self) { try PublicKey(pem: key.privatePEM()) }
        #expect(throws: CryptoError.self) { try Ed25519SigningKey(seed: [1, 2, 3]) }
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(bytes: []) }
    }

    /// RFC 8032 §7.1, test 2.
    @Test("signs as RFC 8032 does")
    func ed25519() throws {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
        let key = try Ed25519SigningKey(seed: #require(Hex.decode(seed)))
        let publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        #expect(Hex.encode(key.publicKey.bytes) == publicKey)
        let signature = try key.sign([0x72])
        #expect(
            Hex.encode(signature)
                == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
        #expect(key.publicKey.verifies(signature, of: [0x72]))
        #expect(!key.publicKey.verifies(signature, of: [0x73]))
        #expect(try Ed25519SigningKey(pem: key.privatePEM()).seed() == Hex.decode(seed))
    }

    /// RFC 4231, cases 2 and 6.
    @Test("hashes with a key as RFC 4231 does")
    func hmac() {
        let short = HMACSHA256.code(
            of: Array("what do ya want for nothing?".utf8),
            key: Array("Jefe".utf8)
        )
        #expect(
            short.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        let long = HMACSHA256.code(
            of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            key: [UInt8](repeating: 0xAA, count: 131)
        )
        #expect(long.hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test("gives random bytes that differ")
    func random() throws {
        #expect(try SecureRandom.bytes(32).count == 32)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }
}
