// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

extension Preparation {
    /// Deals the rows out into splits and checks that none of the held-out ones leaks.
    mutating func split() throws -> PreparedDataset {
        var members: [String: [Int]] = [:]
        var groups: [String] = []
        for (index, row) in rows.enumerated() {
            if members[row.example.group] == nil { groups.append(row.example.group) }
            members[row.example.group, default: []].append(index)
        }
        var filling = SplitFilling(
            rows: rows,
            leakageThreshold: configuration.leakageThreshold
        )
        let assignment = SplitAssignment(
            plan: configuration.split,
            groups: groups,
            seed: configuration.seed
        )
        assignment.deal { group, split, room in
            filling.place(members[group] ?? [], in: split, room: room)
        }
        let chosen = filling.chosen
        for (row, rejection) in filling.rejected {
            drop(rows[row], rejection.reason, rejection.detail)
        }
        try checkSizes(chosen)
        let splits = configuration.split.shares.map { share in
            (split: share.split, examples: (chosen[share.split] ?? []).map { rows[$0].example })
        }
        return finish(splits)
    }

    private func checkSizes(_ chosen: [Split: [Int]]) throws {
        for (split, share) in configuration.split.shares {
            let count = chosen[split]?.count ?? 0
            let place = "prepare.split.\(split.rawValue)"
            guard count > 0 else {
                throw DataError(
                    "\(place): the split would be empty: \(rows.count) rows in "
                        + "\(Set(rows.map(\.example.group)).count) groups were left to divide: "
                        + "add data, ask for more, or leave the split out"
                )
            }
            if case .count(let wanted) = share, count < wanted {
                throw DataError(
                    "\(place): asked for \(wanted) examples, but only \(count) are left: "
                        + "ask for fewer\(split == .train ? ", or say 'rest'" : "")"
                )
            }
        }
    }

    private func finish(_ splits: [(split: Split, examples: [Example])]) -> PreparedDataset {
        let labels = LabelSet(splits)
        let ordered = dropped.enumerated().sorted { left, right in
            (left.element.input, left.element.row.line, left.offset)
                < (right.element.input, right.element.row.line, right.offset)
        }
        let count = splits.reduce(0) { $0 + $1.examples.count }
        let report = PrepareReport(
            inputs: inputs,
            stages: stages + [.init(name: "split", rowCount: count)],
            dropCounts: dropCounts,
            splits: splits.map { split, examples in
                .init(
                    split: split,
                    exampleCount: examples.count,
                    groupCount: Set(examples.map(\.group)).count,
                    distinctAnswerCount: Set(examples.map(\.answer)).count,
                    promptLengths: .init(
                        examples.map { Self.length(of: $0.prompt) }
                    ),
                    answerLengths: .init(examples.map { $0.answer.unicodeScalars.count })
                )
            },
            leakageThreshold: configuration.leakageThreshold,
            seed: configuration.seed
        )
        return PreparedDataset(
            splits: splits,
            labels: labels.labels.count <= LabelSet.labelLimit ? labels : nil,
            report: report,
            dropped: ordered.map(\.element.row)
        )
    }
}
