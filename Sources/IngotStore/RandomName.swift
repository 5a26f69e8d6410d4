// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import Synchronization

/// Names of files that no two processes choose alike.
enum RandomName {
    /// Random for each process: a number for each name costs no system call.
    private static let process = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    /// 16 hexadecimal digits.
    static func make() -> String {
        let number = process &+ count.wrappingAdd(1, ordering: .relaxed).newValue
        return Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
    }
}
