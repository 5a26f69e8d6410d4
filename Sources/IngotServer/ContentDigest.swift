// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// A digest as clients name content: SHA-256, the store's own, or SHA-512.
enum ContentDigest: Hashable, Sendable, CustomStringConvertible {
    case sha256(Digest)
    case sha512([UInt8])

    init(parsing text: String) throws(RegistryError) {
        if text.utf8.starts(with: "sha512:".utf8),
            let bytes = Hex.decode(text.dropFirst("sha512:".utf8.count)),
            bytes.count == SHA512Hasher.byteCount
        {
            self = .sha512(bytes)
            return
        }
        do {
            self = .sha256(try Digest(parsing: text))
        } catch { throw RegistryError(.digestInvalid, error.message) }
    }

    var description: String {
        switch self {
        case .sha256(let digest): digest.description
        case .sha512(let bytes): "sha512:" + Hex.encode(bytes)
        }
    }

    /// Whether some bytes have this digest.
    func names(_ bytes: [UInt8]) -> Bool {
        switch self {
        case .sha256(let digest): return Digest.of(bytes) == digest
        case .sha512(let expected):
            let hasher = SHA512Hasher()
            hasher.update(bytes)
            return hasher.finish() == expected
        }
    }
}
