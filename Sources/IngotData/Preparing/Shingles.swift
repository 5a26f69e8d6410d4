// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The set of word n-grams of a text, as 64-bit hashes: what similarity is measured on.
///
/// Words are runs of letters and digits in lower case; an ideograph is a word of its own. A text
/// of fewer than n words has one shingle, all of it.
struct Shingles: Sendable {
    /// Sorted, each once; never empty.
    let hashes: [UInt64]

    init(_ text: String, words count: Int) {
        let words = Self.words(text)
        guard words.count >= count else {
            hashes = [words.isEmpty ? Self.hash(text.utf8) : Self.combine(words[...])]
            return
        }
        var all: [UInt64] = []
        all.reserveCapacity(words.count - count + 1)
        for start in 0...(words.count - count) {
            all.append(Self.combine(words[start..<(start + count)]))
        }
        all.sort()
        var unique: [UInt64] = []
        unique.reserveCapacity(all.count)
        for hash in all where unique.last != hash { unique.append(hash) }
        hashes = unique
    }

    /// Jaccard: shared shingles over all shingles of both.
    func similarity(to other: Shingles) -> Double {
        var (left, right, shared) = (0, 0, 0)
        while left < hashes.count, right < other.hashes.count {
            let (a, b) = (hashes[left], other.hashes[right])
            if a == b { shared += 1 }
            if a <= b { left += 1 }
            if b <= a { right += 1 }
        }
        return Double(shared) / Double(hashes.count + other.hashes.count - shared)
    }

    private static func words(_ text: String) -> [UInt64] {
        var words: [UInt64] = []
        var state = offsetBasis
        var isInside = false
        func endWord() {
            if isInside { words.append(CounterRandom.mix(state)) }
            state = offsetBasis
            isInside = false
        }
        func extend(_ value: UInt64) {
            state = (state ^ value) &* prime
            isInside = true
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x30...0x39, 0x61...0x7A: extend(UInt64(scalar.value))
            case 0x41...0x5A: extend(UInt64(scalar.value | 0x20))
            case 0..<0x80: endWord()
            default:
                let properties = scalar.properties
                if properties.isIdeographic {
                    endWord()
                    extend(UInt64(scalar.value))
                    endWord()
                } else if properties.isAlphabetic || properties.numericType != nil {
                    for lower in properties.lowercaseMapping.unicodeScalars {
                        extend(UInt64(lower.value))
                    }
                } else if !properties.isGraphemeExtend {
                    endWord()
                }
            }
        }
        endWord()
        return words
    }

    private static func combine(_ words: ArraySlice<UInt64>) -> UInt64 {
        words.reduce(offsetBasis) { CounterRandom.mix($0 &* prime ^ $1) }
    }

    private static func hash(_ units: String.UTF8View) -> UInt64 {
        CounterRandom.mix(units.reduce(offsetBasis) { ($0 ^ UInt64($1)) &* prime })
    }

    // FNV-1a, 64 bits.
    private static let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01B3
}
