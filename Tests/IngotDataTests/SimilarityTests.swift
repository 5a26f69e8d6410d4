// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotData

/// Random sentences over a few words, many of them variations of an earlier one.
private func sentences(count: Int, seed: UInt64) -> [String] {
    let random = CounterRandom(seed: seed)
    var counter: UInt64 = 0
    func draw(_ bound: Int) -> Int {
        counter += 1
        return random.index(counter, below: bound)
    }
    var texts: [[Int]] = []
    for _ in 0..<count {
        var words: [Int]
        if texts.isEmpty || draw(2) == 0 {
            words = (0..<(10 + draw(50))).map { _ in draw(500) }
        } else {
            words = texts[draw(texts.count)]
            for _ in 0..<draw(4) { words[draw(words.count)] = draw(500) }
        }
        texts.append(words)
    }
    return texts.map { $0.map { "w\($0)" }.joined(separator: " ") }
}

@Suite("Shingles")
struct ShinglesTests {
    private func similarity(_ left: String, _ right: String, words: Int = 3) -> Double {
        Shingles(left, words: words).similarity(to: Shingles(right, words: words))
    }

    @Test("ignores case, punctuation and white space")
    func normalised() {
        #expect(similarity("The quick, brown fox!", "the  QUICK brown\nfox") == 1)
        #expect(similarity("Ünïcode ÄÖ ß", "ünïcode äö ß") == 1)
    }

    @Test("counts shared word n-grams over all of them")
    func jaccard() {
        // abc bcd cde | abc bcd cdx
        #expect(similarity("a b c d e", "a b c d x") == 0.5)
        #expect(similarity("a b c", "x y z") == 0)
        #expect(similarity("a b c a b c a b c", "a b c a b c") == 1)
    }

    @Test("takes a text shorter than n words as one shingle")
    func short() {
        #expect(similarity("a b", "a b") == 1)
        #expect(similarity("a b", "a c") == 0)
        #expect(similarity("!!!", "!!!") == 1)
        #expect(similarity("!!!", "???") == 0)
        #expect(similarity("", "") == 1)
    }

    @Test("takes ideographs as words")
    func ideographs() {
        #expect(similarity("東京都渋谷区", "東京都渋谷") == 0.75)
    }
}

@Suite("NearDuplicates")
struct NearDuplicatesTests {
    @Test("chooses bands that find nine pairs in ten at the threshold")
    func bands() {
        #expect(NearDuplicates.rowCount(threshold: 0.8) == 8)
        #expect(NearDuplicates.rowCount(threshold: 0.9) == 8)
        #expect(NearDuplicates.rowCount(threshold: 0.75) == 6)
        #expect(NearDuplicates.rowCount(threshold: 0.6) == 4)
        #expect(NearDuplicates.rowCount(threshold: 0.3) == 2)
    }

    @Test("stays quick among texts that share a long preamble")
    func preamble() {
        let preamble = (0..<70).map { "p\($0)" }.joined(separator: " ")
        var index = NearDuplicates(threshold: 0.8)
        for number in 0..<3000 {
            let own = (0..<25).map { "n\(number)w\($0)" }.joined(separator: " ")
            #expect(index.insert(Shingles("\(preamble) \(own)", words: 3), name: number) == nil)
        }
    }

    @Test("keeps the first, names it with the exact similarity, and leaves dissimilar texts")
    func survivors() throws {
        var index = NearDuplicates(threshold: 0.5)
        let texts = ["a b c d e f g", "x y z u v", "a b c d e f h", "a b c d e f g"]
        let matches = texts.enumerated().map { number, text in
            index.insert(Shingles(text, words: 3), name: number)
        }
        #expect(matches[0] == nil && matches[1] == nil)
        #expect(try #require(matches[2]).survivor == 0)
        #expect(try #require(matches[2]).similarity == 4.0 / 6)
        #expect(try #require(matches[3]).similarity == 1)
    }

    @Test("finds what comparing all pairs finds, one in ten at most aside", arguments: [0.5, 0.8])
    func bruteForce(threshold: Double) {
        let shingles = sentences(count: 600, seed: 3).map { Shingles($0, words: 3) }
        var index = NearDuplicates(threshold: threshold)
        var kept: [Int] = []
        var found = 0
        var missed = 0
        for (number, text) in shingles.enumerated() {
            let exact = kept.contains { text.similarity(to: shingles[$0]) >= threshold }
            if let match = index.insert(text, name: number) {
                #expect(exact)
                #expect(kept.contains(match.survivor))
                #expect(match.similarity == text.similarity(to: shingles[match.survivor]))
                found += 1
            } else {
                missed += exact ? 1 : 0
                kept.append(number)
            }
        }
        #expect(found > 50)
        #expect(Double(missed) <= 0.1 * Double(found + missed))
    }
}

@Suite("LeakageIndex")
struct LeakageIndexTests {
    @Test("finds exactly what comparing all pairs finds", arguments: [0.3, 0.5, 0.8, 1.0])
    func bruteForce(threshold: Double) {
        let shingles = sentences(count: 500, seed: 11).map { Shingles($0, words: 3) }
        var index = LeakageIndex(threshold: threshold, all: shingles)
        for (number, text) in shingles[..<100].enumerated() { index.add(text, name: number) }
        var found = 0
        for text in shingles[100...] {
            let similarities = shingles[..<100].map { text.similarity(to: $0) }
            let best = similarities.max() ?? 0
            let match = index.match(text)
            #expect((match != nil) == (best >= threshold))
            guard let match else { continue }
            found += 1
            #expect(match.similarity == best)
            #expect(match.survivor == similarities.firstIndex(of: best))
        }
        #expect(found > 10)
    }
}
