// SPDX-License-Identifier: Apache-2.0

/// SHA-256 of some bytes: the name of everything in a store.
///
/// Text form: `sha256:<64 hex digits>`.
///
/// Four big-endian words, so that equality, order and hashing are synthesised and order is byte
/// order.
package struct Digest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32

    /// Takes exactly 32 bytes; anything else is a programmer error.
    package init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a digest has 32 bytes, not \(bytes.count)")
        var parsed: [UInt64] = [0, 0, 0, 0]
        // An array of bytes, so that the loop is not run through a generic collection.
        let bytes = Array(bytes)
        for index in bytes.indices {
            parsed[index >> 3] = parsed[index >> 3] << 8 | UInt64(bytes[index])
        }
        words = (parsed[0], parsed[1], parsed[2], parsed[3])
    }

    /// The 32 bytes, first to last.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return result
    }

    /// The last of the 32 bytes: uniform, and cheap to ask for.
    package var lastByte: UInt8 { UInt8(truncatingIfNeeded: words.3) }

    package static func == (left: Digest, right: Digest) -> Bool {
        left.words == right.words
    }

    package func hash(into hasher: inout Hasher) {
        // One word of a SHA-256 is already uniform.
        hasher.combine(words.0)
    }
}

extension Digest: Comparable {
    package static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }
}
