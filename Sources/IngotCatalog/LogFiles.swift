// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotFiles

/// Owns `log/`: the log as C2SP tiles (c2sp.org/tlog-tiles), a projection of the catalog.
///
///     checkpoint                  the newest signed head
///     tile/<L>/<N>[.p/<W>]        up to 256 hashes of level 8 L, 32 bytes each
///     tile/entries/<N>[.p/<W>]    up to 256 entries, each after its size in two bytes, big-endian
///
/// N is written in groups of three digits, all but the last with an `x` before: `x001/x234/067`. Of
/// the partial tiles only the newest is kept; the catalog can make the others.
struct LogFiles {
    /// Hashes in a full tile.
    static let tileWidth = 256
    /// Levels of the Merkle tree that a tile covers.
    private static let tileHeight = 8

    let directory: String

    private var checkpointPath: String { "\(directory)/checkpoint" }

    /// The signed head that was written last; nil when there is none that can be read.
    func checkpoint() throws -> String? {
        guard try Files.entry(at: checkpointPath) != nil else { return nil }
        return String(
            validating: try Files.read(checkpointPath, limit: 1 << 20),
            as: UTF8.self
        )
    }

    func writeCheckpoint(_ note: String) throws {
        try Files.replace(checkpointPath, with: Array(note.utf8))
    }

    /// Writes the tiles that a log of `newSize` entries has and one of `oldSize` has not.
    func write(from oldSize: Int, to newSize: Int, _ db: Database) throws {
        try Files.makeDirectories(directory)
        try writeTiles("entries", from: oldSize, to: newSize) { range in
            var bundle: [UInt8] = []
            for index in range {
                guard let entry = try LogQueries.entry(index, db) else {
                    throw CatalogError(.unusable, "log entry \(index): it is missing")
                }
                // No overflow: an entry has at most 65,535 bytes.
                bundle += [UInt8(entry.count >> 8), UInt8(entry.count & 0xFF)] + entry
            }
            return bundle
        }
        var level = 0
        while newSize >> (level * Self.tileHeight) > 0 {
            let shift = level * Self.tileHeight
            try writeTiles("\(level)", from: oldSize >> shift, to: newSize >> shift) { range in
                try range.flatMap {
                    try LogQueries.node(MerkleNode(level: shift, index: $0), db).bytes
                }
            }
            level += 1
        }
    }

    private func writeTiles(
        _ kind: String,
        from oldCount: Int,
        to newCount: Int,
        content: (Range<Int>) throws -> [UInt8]
    ) throws {
        guard newCount > oldCount else { return }
        for tile in oldCount / Self.tileWidth...(newCount - 1) / Self.tileWidth {
            let start = tile * Self.tileWidth
            let end = min(start + Self.tileWidth, newCount)
            let path = "\(directory)/tile/\(kind)/\(Self.name(of: tile))"
            let partial = path + ".p"
            let isFull = end - start == Self.tileWidth
            let target = isFull ? path : "\(partial)/\(end - start)"
            if let slash = target.lastIndex(of: "/") {
                try Files.makeDirectories(String(target[..<slash]))
            }
            try Files.replace(target, with: try content(start..<end))
            if isFull {
                try Files.remove(partial)
            } else {
                for name in try Files.names(in: partial) where name != "\(end - start)" {
                    try Files.remove("\(partial)/\(name)")
                }
            }
        }
    }

    /// `x001/x234/067` for tile 1,234,067.
    static func name(of tile: Int) -> String {
        var rest = tile
        var groups: [String] = []
        repeat {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.utf8.count) + digits)
            rest /= 1000
        } while rest > 0
        return groups.reversed().enumerated()
            .map { $0 == groups.count - 1 ? $1 : "x" + $1 }.joined(separator: "/")
    }
}
