// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The distinct answers of a dataset, for evaluation by choice: `labels.json`.
package struct LabelSet: Sendable, Equatable {
    package struct Label: Sendable, Equatable {
        package let text: String
        /// Examples with this answer in each split.
        package let counts: [Split: Int]
    }

    /// Sorted by UTF-8 bytes.
    package let labels: [Label]

    /// More distinct answers than this are texts, not labels; no `labels.json` is written.
    package static let labelLimit = 1000

    package init(labels: [Label]) { self.labels = labels }

    init(_ splits: [(split: Split, examples: [Example])]) {
        var counts: [String: [Split: Int]] = [:]
        for (split, examples) in splits {
            for example in examples { counts[example.answer, default: [:]][split, default: 0] += 1 }
        }
        labels = counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { Label(text: $0.key, counts: $0.value) }
    }

    /// The commonest answer of a split, the first of equals; nil when the split has none.
    package func majority(in split: Split) -> String? {
        var best: Label?
        for label in labels where label.counts[split] ?? 0 > best?.counts[split] ?? 0 {
            best = label
        }
        return best?.text
    }

    package var json: JSONValue {
        [
            "labels": .array(
                labels.map { label in
                    var members: [String: JSONValue] = ["text": .string(label.text)]
                    for (split, count) in label.counts {
                        members[split.rawValue] = .integer(Int64(count))
                    }
                    return .object(members)
                }
            )
        ]
    }

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        let elements = try reader.require(reader.array("labels"), "labels")
        try reader.finish()
        labels = try elements.enumerated().map { index, element in
            var inner = try FieldReader(element, path: "labels[\(index)]")
            let text = try inner.require(inner.string("text"), "text")
            var counts: [Split: Int] = [:]
            for split in Split.allCases { counts[split] = try inner.integer(split.rawValue) }
            try inner.finish()
            return Label(text: text, counts: counts)
        }
    }
}
