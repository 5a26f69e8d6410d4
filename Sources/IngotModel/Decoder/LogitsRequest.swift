// SPDX-License-Identifier: Apache-2.0

/// Rows of logits that a pass is asked for; the head is computed for no others.
package enum LogitsRequest: Sendable, Equatable {
    /// No row.
    case none
    /// The last row.
    case last
    /// Every row.
    case all
    /// Rows by index, in this order.
    case at([Int])

    func rows(of count: Int) -> [Int] {
        switch self {
        case .none: []
        case .last: count > 0 ? [count - 1] : []
        case .all: Array(0..<count)
        case .at(let rows): rows
        }
    }
}
