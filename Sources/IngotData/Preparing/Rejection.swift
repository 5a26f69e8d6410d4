// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Why a row of raw data is not in the prepared dataset.
package enum DropReason: String, CaseIterable, Sendable {
    /// A field that a template names is absent or empty.
    case missingField = "missing_field"
    /// Not a conversation that ends with an answer.
    case wrongShape = "wrong_shape"
    /// A value that `filter.exclude` lists.
    case excluded
    case empty
    case tooShort = "too_short"
    case tooLong = "too_long"
    /// The same prompt and the same answer as an earlier row.
    case duplicate
    /// The same prompt as an earlier row with another answer.
    case conflict
    case nearDuplicate = "near_duplicate"
    /// Another row of the group was kept.
    case groupTaken = "group_taken"
    /// Too similar to a row of a held-out split.
    case leak
    /// Beyond the number of examples asked for.
    case notChosen = "not_chosen"
}

/// One reason, with what it refers to.
struct Rejection: Error {
    let reason: DropReason
    let detail: String

    init(_ reason: DropReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

/// A row that was left out.
package struct DroppedRow: Sendable {
    package let file: String
    /// 1-based.
    package let line: Int
    package let reason: DropReason
    package let detail: String

    package var json: JSONValue {
        [
            "file": .string(file), "line": .integer(Int64(line)),
            "reason": .string(reason.rawValue), "detail": .string(detail),
        ]
    }
}
