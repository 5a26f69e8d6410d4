// SPDX-License-Identifier: Apache-2.0

/// Which of the usable rows are kept.
extension Preparation {
    mutating func dropDuplicates() {
        if configuration.dropsExactDuplicates {
            dropExactDuplicates()
            endStage("exact_duplicates")
        }
        if let threshold = configuration.nearThreshold {
            dropNearDuplicates(threshold: threshold)
            endStage("near_duplicates")
        }
    }

    private mutating func dropExactDuplicates() {
        var first: [ArraySlice<Message>: Int] = [:]
        var kept: [Row] = []
        for row in rows {
            guard let index = first[row.example.prompt] else {
                first[row.example.prompt] = kept.count
                kept.append(row)
                continue
            }
            let survivor = kept[index].example
            let agrees = survivor.answer == row.example.answer
            drop(
                row,
                agrees ? .duplicate : .conflict,
                agrees
                    ? "of \(survivor.id)"
                    : "of \(survivor.id), which answers '\(Self.excerpt(survivor.answer))'"
            )
        }
        rows = kept
    }

    private mutating func dropNearDuplicates(threshold: Double) {
        var index = NearDuplicates(threshold: threshold)
        var kept: [Row] = []
        for row in rows {
            guard let match = index.insert(row.shingles, name: kept.count) else {
                kept.append(row)
                continue
            }
            let survivor = kept[match.survivor].example
            drop(row, .nearDuplicate, Self.describe(match.similarity, survivor))
        }
        rows = kept
    }

    static func describe(_ similarity: Double, _ other: Example) -> String {
        let percent = Int((similarity * 100).rounded(.down))
        return "\(percent) % like \(other.id)"
    }

    private static func excerpt(_ text: String) -> String {
        let prefix = text.prefix(40)
        return prefix.endIndex == text.endIndex ? text : prefix + "…"
    }

    /// Keeps the row of each group that the seed puts first.
    mutating func keepOnePerGroup() {
        guard configuration.keepsOnePerGroup else { return }
        let order = SeededOrder(purpose: "one-per-group", seed: configuration.seed)
        let keys = rows.map { order.key($0.example.id) }
        var best: [String: Int] = [:]
        for (index, row) in rows.enumerated() {
            if let other = best[row.example.group], (keys[other], other) < (keys[index], index) {
                continue
            }
            best[row.example.group] = index
        }
        let rows = rows
        keep("one_per_group") { index, row in
            let chosen = best[row.example.group] ?? index
            return chosen == index
                ? nil
                : Rejection(.groupTaken, "'\(row.example.group)' has \(rows[chosen].example.id)")
        }
    }

    mutating func applyLimit() {
        guard let limit = configuration.limit, limit < rows.count else { return }
        let order = SeededOrder(purpose: "limit", seed: configuration.seed)
        let keys = rows.map { order.key($0.example.id) }
        let ranked = rows.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        let chosen = Set(ranked.prefix(limit))
        keep("limit") { index, _ in
            chosen.contains(index) ? nil : Rejection(.notChosen, "beyond the limit of \(limit)")
        }
    }

    private mutating func keep(_ stage: String, _ reject: (Int, Row) -> Rejection?) {
        var kept: [Row] = []
        for (index, row) in rows.enumerated() {
            if let rejection = reject(index, row) {
                drop(row, rejection.reason, rejection.detail)
            } else {
                kept.append(row)
            }
        }
        rows = kept
        endStage(stage)
    }
}
