// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A dataset ready for training: its splits, its labels, and the account of what was left out.
package struct PreparedDataset: Sendable {
    /// In the order train, validation, test; only the splits that were asked for, none empty.
    package let splits: [(split: Split, examples: [Example])]
    /// Nil when the answers are free text.
    package let labels: LabelSet?
    package let report: PrepareReport
    /// In the order of the inputs.
    package let dropped: [DroppedRow]

    package subscript(split: Split) -> [Example] {
        splits.first { $0.split == split }?.examples ?? []
    }

    /// Names of the files beside the splits.
    package enum FileName {
        package static let report = "report.json"
        package static let dropped = "dropped.jsonl"
        package static let labels = "labels.json"
    }

    /// The dataset as files, sorted by name: the same inputs and configuration give the same bytes.
    package var files: [(name: String, bytes: [UInt8])] {
        var files = splits.map { split, examples in
            (name: split.fileName, bytes: Self.lines(examples.lazy.map(\.json)))
        }
        if let labels {
            files.append((FileName.labels, labels.json.canonicalBytes + [0x0A]))
        }
        files.append((FileName.dropped, Self.lines(dropped.lazy.map(\.json))))
        files.append((FileName.report, Array(report.json.prettyText.utf8) + [0x0A]))
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func lines(_ values: some Sequence<JSONValue>) -> [UInt8] {
        var output: [UInt8] = []
        for value in values {
            output += value.canonicalBytes
            output.append(0x0A)
        }
        return output
    }
}
