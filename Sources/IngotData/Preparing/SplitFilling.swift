// SPDX-License-Identifier: Apache-2.0

/// Fills the splits with the rows of groups, held-out splits first, and turns away what leaks.
struct SplitFilling {
    private let rows: [Preparation.Row]
    private var heldOut: LeakageIndex
    private var current: Split?
    /// Indices of rows, in the order in which they came.
    private(set) var chosen: [Split: [Int]] = [:]
    private(set) var rejected: [(row: Int, rejection: Rejection)] = []

    init(rows: [Preparation.Row], leakageThreshold: Double) {
        self.rows = rows
        heldOut = LeakageIndex(threshold: leakageThreshold, all: rows.lazy.map(\.shingles))
    }

    /// Puts the rows of one group into a split that has room for `room` more; nil is no split.
    ///
    /// Groups come split by split, train last.
    ///
    /// - Returns: how many rows were taken.
    mutating func place(_ group: [Int], in split: Split?, room: Int) -> Int {
        guard let split else {
            rejected += group.map { ($0, Rejection(.notChosen, "the splits are full")) }
            return 0
        }
        begin(split)
        var accepted: [Int] = []
        for row in group {
            if let leak = leak(row) {
                rejected.append((row, leak))
            } else if accepted.count < room {
                accepted.append(row)
            } else {
                rejected.append((row, Rejection(.notChosen, "the \(split.rawValue) split is full")))
            }
        }
        chosen[split, default: []] += accepted
        return accepted.count
    }

    /// Rows of one split may resemble each other, so a split is compared with the ones before it.
    private mutating func begin(_ split: Split) {
        guard current != split else { return }
        for row in current.flatMap({ chosen[$0] }) ?? [] {
            heldOut.add(rows[row].shingles, name: row)
        }
        current = split
    }

    private func leak(_ row: Int) -> Rejection? {
        heldOut.match(rows[row].shingles).map { match in
            Rejection(
                .leak,
                Preparation.describe(match.similarity, rows[match.survivor].example)
            )
        }
    }
}
