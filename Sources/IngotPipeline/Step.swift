// SPDX-License-Identifier: Apache-2.0

/// A part of a recipe that a run executes, in this order.
package enum Step: String, CaseIterable, Sendable, Comparable {
    case prepare, train, evaluate, gate, promote, image

    package static func < (left: Step, right: Step) -> Bool {
        left.position < right.position
    }

    private var position: Int { Step.allCases.firstIndex(of: self) ?? 0 }
}
