// SPDX-License-Identifier: Apache-2.0

/// Distributes examples over rows of limited length: a pure function of their lengths.
///
/// Best fit, longest first; among equals the lower index first and the lower row. A row lists its
/// examples in the order of their indices.
enum Packing {
    static func rows(lengths: [Int], rowLength: Int) -> [[Int]] {
        let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
        var rows: [[Int]] = []
        var free: [Int] = []
        for index in order {
            let fitting = free.indices.filter { free[$0] >= lengths[index] }
            if let best = fitting.min(by: { (free[$0], $0) < (free[$1], $1) }) {
                rows[best].append(index)
                free[best] -= lengths[index]
            } else {
                rows.append([index])
                free.append(rowLength - lengths[index])
            }
        }
        return rows.map { $0.sorted() }
    }

    /// Cuts a sequence of examples into passes of at most `passLength` tokens, or of one example.
    static func cut(_ sequence: [Int], lengths: [Int], passLength: Int) -> [[Int]] {
        var passes: [[Int]] = []
        var used = 0
        for index in sequence {
            if let last = passes.indices.last, used + lengths[index] <= passLength {
                passes[last].append(index)
                used += lengths[index]
            } else {
                passes.append([index])
                used = lengths[index]
            }
        }
        return passes
    }
}
