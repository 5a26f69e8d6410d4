// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A training that cannot begin or go on: what, where and what to do about it.
package struct TrainerError: IngotError, Equatable {
    package enum Code: Sendable, Equatable {
        case badConfiguration
        case noExamples
        case exampleTooLong
        case tokenOutOfRange
        case adapterMismatch
        case lossNotFinite
        case lossExploded
        case stateMismatch
        case interrupted
        case notEnoughMemory
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
