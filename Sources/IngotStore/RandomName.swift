// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Names of files that two processes must not choose alike.
enum RandomName {
    /// 16 hexadecimal digits.
    static func make() -> String {
        Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
    }
}
