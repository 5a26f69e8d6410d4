// SPDX-License-Identifier: Apache-2.0

/// Finds what somebody probably meant.
package enum Spelling {
    /// The known word nearest to `word`, if any is near: at most a third of its letters differ.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let ranked = known.map { (distance: distance(word, $0), word: $0) }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let ranked, ranked.distance <= max(2, word.utf8.count / 3) else { return nil }
        return ranked.word
    }

    /// Levenshtein distance over bytes.
    static func distance(_ left: String, _ right: String) -> Int {
        let target = Array(right.utf8)
        var previous = Array(0...target.count)
        for (row, unit) in left.utf8.enumerated() {
            var current = [row + 1]
            for (column, other) in target.enumerated() {
                let substituted = previous[column] + (unit == other ? 0 : 1)
                current.append(min(substituted, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[target.count]
    }
}
