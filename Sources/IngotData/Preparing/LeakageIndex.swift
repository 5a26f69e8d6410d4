// SPDX-License-Identifier: Apache-2.0

/// The texts of held-out splits, asked for one that is as similar as the threshold.
///
/// Exact, unlike MinHash: by prefix filtering (Bayardo, Ma and Srikant, WWW 2007). With the
/// shingles of each set in one common order, rarest first, two sets of similarity t or more share
/// one of the first |x| - ⌈t·|x|⌉ + 1 shingles of each.
struct LeakageIndex {
    private let threshold: Double
    /// How often shingles occur, by the top bits of their hashes.
    ///
    /// Shingles that share a slot share a count, which costs time alone: any order that is the
    /// same for all sets is right.
    private let frequencies: [UInt32]
    private let shift: UInt64
    private var texts: [(shingles: Shingles, name: Int)] = []
    private var postings: [UInt64: [Int32]] = [:]

    /// `all` are the shingles of every text that will be added or asked for.
    init(threshold: Double, all: some Collection<Shingles>) {
        self.threshold = threshold
        let total = all.reduce(0) { $0 + $1.hashes.count }
        var bits = Self.tableBits.lowerBound
        while bits < Self.tableBits.upperBound, 1 << bits < 2 * total { bits += 1 }
        let shift = UInt64(64 - bits)
        var frequencies = [UInt32](repeating: 0, count: 1 << bits)
        for shingles in all {
            for hash in shingles.hashes { frequencies[Int(hash >> shift)] &+= 1 }
        }
        self.shift = shift
        self.frequencies = frequencies
    }

    /// Of the number of slots: 256 KiB to 64 MiB of counts.
    private static let tableBits = 16...24

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

    private func prefix(of shingles: Shingles) -> [UInt64] {
        let count = shingles.hashes.count
        // The margin keeps rounding from shortening the prefix, which would lose matches.
        let needed = Int((threshold * Double(count) - 1e-6).rounded(.up))
        let ordered = shingles.hashes.map { (count: frequencies[Int($0 >> shift)], hash: $0) }
            .sorted { $0 < $1 }
        return ordered.prefix(count - max(needed, 1) + 1).map(\.hash)
    }
}
