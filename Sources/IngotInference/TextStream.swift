// SPDX-License-Identifier: Apache-2.0

/// Turns the bytes of tokens into text that may be sent. Invariants:
///
/// (1) What was given out never has to be taken back: an incomplete UTF-8 character and the
///     possible start of a stop string are held back until more is known.
/// (2) The texts given out, joined, are the bytes before the first stop string; bytes that are
///     not UTF-8 become U+FFFD.
package struct TextStream {
    private let stops: [[UInt8]]
    private var pending: [UInt8] = []
    /// A stop string occurred: nothing more comes out.
    package private(set) var isStopped = false

    package init(stops: [String] = []) { self.stops = stops.map { Array($0.utf8) } }

    /// Takes the bytes of the next token; returns what may be sent now, often nothing.
    package mutating func append(_ bytes: [UInt8]) -> String {
        guard !isStopped else { return "" }
        pending += bytes
        if let end = firstStop() {
            isStopped = true
            return take(end)
        }
        let held = heldByStops()
        return take(pending.count - (held > 0 ? held : Self.incompleteTail(pending)))
    }

    /// What is held back still, at the end.
    package mutating func finish() -> String { isStopped ? "" : take(pending.count) }

    private mutating func take(_ count: Int) -> String {
        guard count > 0 else { return "" }
        let text = String(decoding: pending[..<count], as: UTF8.self)
        pending.removeFirst(count)
        return text
    }

    private func firstStop() -> Int? {
        pending.indices.first { index in
            stops.contains { pending[index...].starts(with: $0) }
        }
    }

    /// The length of the longest end of `pending` that is the start of a stop string.
    private func heldByStops() -> Int {
        let longest = stops.reduce(0) { max($0, $1.count - 1) }
        let first = max(0, pending.count - longest)
        let start = (first..<pending.count).first { index in
            stops.contains { $0.starts(with: pending[index...]) }
        }
        return start.map { pending.count - $0 } ?? 0
    }

    /// The number of bytes at the end that may become a character with those to come.
    static func incompleteTail(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            let needed =
                switch byte {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 0
                }
            if needed > 0 { return length < needed ? length : 0 }
            // Only continuation bytes may lie between the end and the lead byte.
            guard (0x80...0xBF).contains(byte) else { return 0 }
        }
        return 0
    }
}
