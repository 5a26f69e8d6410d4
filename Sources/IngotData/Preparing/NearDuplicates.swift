// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Finds texts that are nearly the same as an earlier one.
///
/// MinHash signatures of 112 values in bands (Broder 1997; Leskovec, Rajaraman and Ullman,
/// *Mining of Massive Datasets*, chapter 3), and for every pair that shares a band the exact
/// Jaccard similarity.
///
/// A text is dropped only for its own similarity to one that is kept, so there are no chains in
/// which the last resembles the first no more.
struct NearDuplicates {
    struct Match {
        /// The earlier text, which is kept.
        let survivor: Int
        /// Exact, at least the threshold.
        let similarity: Double
    }

    /// 14 × 8 where the threshold is high enough; see `rowCount`.
    static let signatureLength = 112

    /// The most kept texts that one text is compared with, the latest first.
    ///
    /// Texts that share a long preamble meet in bands without being duplicates; without a bound
    /// a hundred thousand of them would be compared pair by pair.
    static let comparisonLimit = 500

    private let threshold: Double
    private let rows: Int
    private let keys: [UInt64]
    /// The latest kept text of each band value; `previous` continues the list.
    private var heads: [UInt64: Int32] = [:]
    private var previous: [Int32] = []
    private var kept: [Shingles] = []
    /// What the caller calls the kept texts.
    private var names: [Int] = []

    init(threshold: Double) {
        self.threshold = threshold
        rows = Self.rowCount(threshold: threshold)
        let random = CounterRandom(seed: 1)
        keys = (0..<Self.signatureLength).map { random.bits(UInt64($0)) }
    }

    /// The most rows a band may have for nine pairs in ten at the threshold to share a band.
    ///
    /// More rows mean fewer chance pairs to verify. A pair of similarity s shares one of b bands of
    /// r rows with probability 1 - (1 - sʳ)ᵇ: 0.924 for s = 0.8, b = 14, r = 8.
    static func rowCount(threshold: Double) -> Int {
        for rows in stride(from: 8, to: 1, by: -1) {
            var agreement = 1.0
            for _ in 0..<rows { agreement *= threshold }
            var miss = 1.0
            for _ in 0..<(signatureLength / rows) { miss *= 1 - agreement }
            if miss <= 0.1 { return rows }
        }
        return 1
    }

    /// Keeps the text, or says which kept one it resembles most; the earlier one of equals.
    mutating func insert(_ shingles: Shingles, name: Int) -> Match? {
        let bands = bandValues(shingles)
        var best: (index: Int, similarity: Double)?
        var seen = Set<Int32>()
        for (band, value) in bands.enumerated() {
            var next = heads[value] ?? -1
            while next >= 0 {
                if seen.count < Self.comparisonLimit, seen.insert(next).inserted {
                    let index = Int(next)
                    let similarity = shingles.similarity(to: kept[index])
                    let isBetter =
                        similarity > (best?.similarity ?? 0)
                        || similarity == best?.similarity && index < best?.index ?? 0
                    if similarity >= threshold, isBetter { best = (index, similarity) }
                }
                next = previous[Int(next) * bands.count + band]
            }
        }
        if let best { return Match(survivor: names[best.index], similarity: best.similarity) }
        let index = Int32(kept.count)
        kept.append(shingles)
        names.append(name)
        for value in bands { previous.append(heads.updateValue(index, forKey: value) ?? -1) }
        return nil
    }

    private func bandValues(_ shingles: Shingles) -> [UInt64] {
        var minima = [UInt64](repeating: .max, count: Self.signatureLength)
        for shingle in shingles.hashes {
            for index in 0..<Self.signatureLength {
                minima[index] = min(minima[index], CounterRandom.mix(shingle ^ keys[index]))
            }
        }
        // Whole bands only: what is left over at the end would be a band that chance fills.
        return stride(from: 0, through: Self.signatureLength - rows, by: rows).map { start in
            minima[start..<(start + rows)].reduce(UInt64(start)) {
                CounterRandom.mix($0 &* 31 &+ $1)
            }
        }
    }
}
