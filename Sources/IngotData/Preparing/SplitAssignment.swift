// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// The order that the seed gives to groups and examples.
///
/// Anybody can recompute it: the key of a text is the first 8 bytes, big-endian, of SHA-256 over
/// `purpose LF seed LF text`.
struct SeededOrder {
    let purpose: String
    let seed: UInt64

    func key(_ text: String) -> UInt64 {
        Digest.of("\(purpose)\n\(seed)\n\(text)").bytes.prefix(8)
            .reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Which split every group belongs to, before leakage is checked.
///
/// With fractions a group's split depends on its own name and the seed alone, so that it stays
/// where it is when data are added. With counts the groups are dealt out in seeded order: first
/// the test split, then validation, then train.
struct SplitAssignment {
    private let plan: SplitPlan
    /// Group names in seeded order.
    private let ranked: [(name: String, key: UInt64)]

    init(plan: SplitPlan, groups: [String], seed: UInt64) {
        self.plan = plan
        let order = SeededOrder(purpose: "split", seed: seed)
        let keys = groups.map(order.key)
        ranked = groups.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
            .map { (name: groups[$0], key: keys[$0]) }
    }

    /// Deals the groups out, held-out splits first.
    ///
    /// `place` says how many examples of a group it accepted into the split, given how many it may
    /// take. Groups of no split go to `place` with nil.
    func deal(_ place: (String, Split?, _ room: Int) -> Int) {
        if plan.usesFractions { dealFractions(place) } else { dealCounts(place) }
    }

    private func dealFractions(_ place: (String, Split?, Int) -> Int) {
        var bounds: [(split: Split, bound: Double)] = []
        var total = 0.0
        for (split, share) in plan.shares.reversed() {
            guard case .fraction(let fraction) = share else { continue }
            total += fraction
            bounds.append((split, total))
        }
        // Held-out splits first: train is checked against them.
        let assigned = ranked.map { group in
            let unit = Double(group.key >> 11) * 0x1p-53
            // A sum of fractions that rounds to just below 1 must not lose the last groups.
            return bounds.first { unit < $0.bound || $0.bound > 1 - 1e-9 }?.split
        }
        for split in [Split.test, .validation, .train, nil] {
            for (group, target) in zip(ranked, assigned) where target == split {
                _ = place(group.name, split, .max)
            }
        }
    }

    private func dealCounts(_ place: (String, Split?, Int) -> Int) {
        var rest = ranked[...]
        for (split, share) in plan.shares.reversed() {
            var room = if case .count(let count) = share { count } else { Int.max }
            while room > 0, let group = rest.popFirst() { room -= place(group.name, split, room) }
        }
        for group in rest { _ = place(group.name, nil, 0) }
    }
}
