// SPDX-License-Identifier: Apache-2.0

/// Byte-pair encoding of one piece of text: the pair of lowest rank is merged first, the leftmost
/// of equals.
///
/// A heap of candidate pairs makes it O(n log n), so that a megabyte without a space is no attack.
/// Holds scratch memory: one merger serves many pieces, one at a time.
struct PairMerger {
    private var ids: [Int32] = []
    /// Positions of the neighbours, -1 at the ends; a position that was merged away has id -1.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// A binary heap of rank << 32 | left position.
    private var heap: [UInt64] = []

    /// Appends the tokens of `text[range]` to `output`.
    ///
    /// A byte without a token (-1) is left out and its neighbours may merge, as in `tokenizers`.
    mutating func encode(
        _ text: Span<UInt8>,
        _ range: Range<Int>,
        byteTokens: [Int32],
        merges: MergeTable,
        into output: inout [Int32]
    ) {
        ids.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for position in range {
            let token = byteTokens[Int(text[position])]
            if token >= 0 { ids.append(token) }
        }
        let count = ids.count
        guard count > 0 else { return }
        for position in 0..<count {
            next.append(position + 1 < count ? Int32(position + 1) : -1)
            previous.append(Int32(position - 1))
        }
        for position in 0..<count { offer(position, merges) }
        while let candidate = pop() {
            let left = Int(candidate & 0xFFFF_FFFF)
            guard ids[left] >= 0, next[left] >= 0 else { continue }
            let right = Int(next[left])
            let merge = merges.merge(ids[left], ids[right])
            // Ranks are unique: an equal one is the pair that was offered.
            guard merge >> 32 == candidate >> 32 else { continue }
            ids[left] = Int32(truncatingIfNeeded: merge & 0xFFFF_FFFF)
            ids[right] = -1
            next[left] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
            offer(left, merges)
            if previous[left] >= 0 { offer(Int(previous[left]), merges) }
        }
        var position = 0
        while position >= 0 {
            output.append(ids[position])
            position = Int(next[position])
        }
    }

    /// Puts the pair that starts at `left` into the heap when it can merge.
    private mutating func offer(_ left: Int, _ merges: MergeTable) {
        guard next[left] >= 0 else { return }
        let merge = merges.merge(ids[left], ids[Int(next[left])])
        guard merge != MergeTable.none else { return }
        push(merge & 0xFFFF_FFFF_0000_0000 | UInt64(left))
    }

    private mutating func push(_ value: UInt64) {
        heap.append(value)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard value < heap[parent] else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = value
    }

    private mutating func pop() -> UInt64? {
        guard let least = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return least }
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return least
    }
}
