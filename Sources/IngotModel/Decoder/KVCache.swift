// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Keys and values of the positions a decoder has seen, fp32, for every block.
///
/// A value: copies share memory until one of them is extended.
package struct KVCache: Sendable {
    private var keys: [Matrix]
    private var values: [Matrix]
    private var owner = Owner()
    private var allocated: Int
    /// Positions that are filled.
    package private(set) var count = 0
    /// Positions that may be filled.
    package let capacity: Int

    /// Tells whether the memory has one owner.
    private final class Owner: Sendable {}

    private static let smallestAllocation = 64

    init(configuration: ModelConfiguration, capacity: Int) {
        self.capacity = capacity
        allocated = min(capacity, Self.smallestAllocation)
        let rows = allocated
        let empty = { Matrix(rows: rows, columns: configuration.keyValueWidth) }
        keys = (0..<configuration.layerCount).map { _ in empty() }
        values = (0..<configuration.layerCount).map { _ in empty() }
    }

    /// Positions that are left.
    package var remaining: Int { capacity - count }

    /// Forgets the positions from `newCount` on.
    package mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count, "truncation of a cache")
        count = newCount
    }

    /// Makes room for `extra` positions in memory of its own.
    mutating func reserve(_ extra: Int) {
        precondition(extra <= remaining, "a cache of \(capacity) positions is full")
        let needed = count + extra
        guard needed > allocated || !isKnownUniquelyReferenced(&owner) else { return }
        allocated = min(capacity, max(needed, needed > allocated ? 2 * allocated : allocated))
        owner = Owner()
        keys = keys.map(grown)
        values = values.map(grown)
    }

    private func grown(_ matrix: Matrix) -> Matrix {
        let larger = Matrix(rows: allocated, columns: matrix.columns)
        larger.copyRows(from: matrix.rows(0..<count))
        return larger
    }

    /// What block `layer` has seen.
    func run(_ layer: Int) -> KeyValueRun {
        KeyValueRun(keys: keys[layer].rows(0..<count), values: values[layer].rows(0..<count))
    }

    /// Writes the rows of block `layer` behind the filled part, which `advance` then extends.
    func write(_ layer: Int, keys newKeys: Matrix, values newValues: Matrix) {
        let rows = count..<count + newKeys.rows
        keys[layer].rows(rows).copyRows(from: newKeys)
        values[layer].rows(rows).copyRows(from: newValues)
    }

    mutating func advance(_ rows: Int) { count += rows }
}
