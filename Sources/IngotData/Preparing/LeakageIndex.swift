// SPDX-License-Identifier: Apache-2.0

/// The texts of held-out splits, asked for one that is as similar as the threshold.
///
/// Exact, unlike MinHash: by prefix filtering (Bayardo, Ma and Srikant, WWW 2007). With the
/// shingles of each set in one common order, rarest first, two sets of similarity t or more share
/// one of the first |x| - ⌈t·|x|⌉ + 1 shingles of each.
struct LeakageIndex {
    private let threshold: Double
    private let frequencies: [UInt64: Int32]
    private var texts: [(shingles: Shingles, name: Int)] = []
    private var postings: [UInt64: [Int32]] = [:]

    /// `all` are the shingles of every text that will be added or asked for.
    init(threshold: Double, all: some Sequence<Shingles>) {
        self.threshold = threshold
        var frequencies: [UInt64: Int32] = [:]
        for shingles in all {
            for hash in shingles.hashes { frequencies[hash, default: 0] += 1 }
        }
        self.frequencies = frequencies
    }

    mutating func add(_ shingles: Shingles, name: Int) {
        for hash in prefix(of: shingles) { postings[hash, default: []].append(Int32(texts.count)) }
        texts.append((shingles, name))
    }

    /// The most similar held-out text at or above the threshold, the first of equals.
    func match(_ shingles: Shingles) -> NearDuplicates.Match? {
        var best: NearDuplicates.Match?
        var seen = Set<Int32>()
        for hash in prefix(of: shingles) {
            for index in postings[hash] ?? [] where seen.insert(index).inserted {
                let (other, name) = texts[Int(index)]
                let similarity = shingles.similarity(to: other)
                guard similarity >= threshold, similarity >= best?.similarity ?? 0 else { continue }
                let isBetter =
                    similarity > best?.similarity ?? 0 || name < best?.survivor ?? .max
                if isBetter { best = .init(survivor: name, similarity: similarity) }
            }
        }
        return best
    }

    private func prefix(of shingles: Shingles) -> ArraySlice<UInt64> {
        let count = shingles.hashes.count
        // The margin keeps rounding from shortening the prefix, which would lose matches.
        let needed = Int((threshold * Double(count) - 1e-6).rounded(.up))
        let ordered = shingles.hashes.sorted { left, right in
            let (a, b) = (frequencies[left] ?? 0, frequencies[right] ?? 0)
            return a != b ? a < b : left < right
        }
        return ordered.prefix(count - max(needed, 1) + 1)
    }
}
