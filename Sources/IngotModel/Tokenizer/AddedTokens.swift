// SPDX-License-Identifier: Apache-2.0

/// The tokens that are cut out of a text before anything else: special ones such as `<|im_end|>`
/// where the caller allows it, and those that users added to a vocabulary, always.
///
/// At each place the longest token wins, and the leftmost place comes first, as in `tokenizers`.
struct AddedTokens: Sendable {
    struct Entry: Sendable {
        let bytes: [UInt8]
        let id: Int32
        let isSpecial: Bool
    }

    /// By first byte; longest first.
    private var entries: [[Entry]] = Array(repeating: [], count: 256)
    private var hasSpecial = false
    private var hasOrdinary = false

    init(_ added: [Entry]) {
        for entry in added {
            guard let first = entry.bytes.first else { continue }
            entries[Int(first)].append(entry)
            if entry.isSpecial { hasSpecial = true } else { hasOrdinary = true }
        }
        for first in entries.indices {
            entries[first].sort { $0.bytes.count > $1.bytes.count }
        }
    }

    func isEmpty(parsingSpecial: Bool) -> Bool { !hasOrdinary && !(parsingSpecial && hasSpecial) }

    /// The first added token at or after `start`.
    func match(
        in text: Span<UInt8>,
        from start: Int,
        parsingSpecial: Bool
    ) -> (range: Range<Int>, id: Int32)? {
        for position in start..<text.count {
            for entry in entries[Int(text[position])] {
                guard parsingSpecial || !entry.isSpecial,
                    Self.matches(entry.bytes, text, position)
                else { continue }
                return (position..<position + entry.bytes.count, entry.id)
            }
        }
        return nil
    }

    private static func matches(
        _ bytes: [UInt8],
        _ text: Span<UInt8>,
        _ start: Int
    ) -> Bool {
        guard bytes.count <= text.count - start else { return false }
        for offset in 1..<bytes.count where text[start + offset] != bytes[offset] { return false }
        return true
    }
}
