// SPDX-License-Identifier: Apache-2.0

/// Whether a path matches a pattern: `*` stands for anything within a folder, `**` for anything.
struct Glob {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    func matches(_ path: String) -> Bool {
        let text = Array(path.utf8)
        // Positions in the pattern that the text so far can have reached.
        var reached = closure(of: [0])
        for unit in text {
            var next = Set<Int>()
            for position in reached where position < pattern.count {
                if pattern[position] == UInt8(ascii: "*") {
                    if isDeep(position) || unit != UInt8(ascii: "/") { next.insert(position) }
                } else if pattern[position] == unit {
                    next.insert(position + 1)
                }
            }
            reached = closure(of: next)
        }
        return reached.contains(pattern.count)
    }

    /// Adds the positions after stars, which may stand for nothing.
    private func closure(of positions: Set<Int>) -> Set<Int> {
        var result = positions
        var waiting = Array(positions)
        while let position = waiting.popLast() {
            guard position < pattern.count, pattern[position] == UInt8(ascii: "*") else { continue }
            let after = position + (isDeep(position) ? 2 : 1)
            if result.insert(after).inserted { waiting.append(after) }
        }
        return result
    }

    private func isDeep(_ position: Int) -> Bool {
        position + 1 < pattern.count && pattern[position + 1] == UInt8(ascii: "*")
    }
}
