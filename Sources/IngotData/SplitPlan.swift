// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A part of a prepared dataset.
package enum Split: String, CaseIterable, Sendable {
    case train, validation, test

    package var fileName: String { rawValue + ".jsonl" }
}

/// How many examples each split gets.
package struct SplitPlan: Sendable {
    package enum Share: Sendable, Equatable {
        case count(Int)
        /// Of the groups, between 0 and 1.
        case fraction(Double)
        /// What the other splits leave; for `train` with counts.
        case rest
    }

    /// In the order train, validation, test; only the splits that are asked for, train always.
    package let shares: [(split: Split, share: Share)]

    package var usesFractions: Bool {
        shares.contains { if case .fraction = $0.share { true } else { false } }
    }

    init(_ reader: inout FieldReader) throws {
        guard var inner = try reader.object("split") else {
            shares = [
                (.train, .fraction(0.9)), (.validation, .fraction(0.05)), (.test, .fraction(0.05)),
            ]
            return
        }
        var shares: [(split: Split, share: Share)] = []
        for split in Split.allCases {
            let path = inner.place(split.rawValue)
            guard let value = inner.value(split.rawValue) else { continue }
            shares.append((split, try Self.share(value, split: split, path: path)))
        }
        try inner.finish()
        self.shares = shares
        try check(path: inner.path)
    }

    private static func share(_ value: JSONValue, split: Split, path: String) throws -> Share {
        if let count = value.integer, count > 0 { return .count(count) }
        if case .number(let fraction) = value, fraction > 0, fraction <= 1 {
            return .fraction(fraction)
        }
        if value == "rest", split == .train { return .rest }
        let rest = split == .train ? ", or 'rest'" : ""
        throw FieldError(
            "\(path): expected a number of examples such as 200, or a fraction such as 0.1\(rest)"
        )
    }

    private func check(path: String) throws {
        guard shares.contains(where: { $0.split == .train }) else {
            throw FieldError("\(path).train is missing")
        }
        let fractions = shares.compactMap {
            if case .fraction(let value) = $0.share { value } else { nil }
        }
        guard fractions.isEmpty || fractions.count == shares.count else {
            throw FieldError("\(path): give counts for all splits, or fractions for all")
        }
        guard fractions.reduce(0, +) <= 1 + 1e-9 else {
            throw FieldError("\(path): the fractions add up to more than 1")
        }
    }
}
