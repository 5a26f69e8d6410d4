// SPDX-License-Identifier: Apache-2.0

/// A curve in one line of eighth blocks.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// At most `width` characters: values are averaged into that many buckets.
    static func draw(_ values: [Double], width: Int = 48) -> String {
        let finite = values.filter(\.isFinite)
        guard let lowest = finite.min(), let highest = finite.max() else { return "" }
        let count = min(width, values.count)
        return String(
            (0..<count).map { bucket in
                let start = bucket * values.count / count
                let end = max(start + 1, (bucket + 1) * values.count / count)
                let part = values[start..<end].filter(\.isFinite)
                guard !part.isEmpty else { return Character("·") }
                let mean = part.reduce(0, +) / Double(part.count)
                let range = highest - lowest
                let level = range > 0 ? (mean - lowest) / range : 0
                return blocks[min(7, Int(level * 8))]
            }
        )
    }
}
