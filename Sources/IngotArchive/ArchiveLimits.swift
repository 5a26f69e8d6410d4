// SPDX-License-Identifier: Apache-2.0

/// What a user's archive may cost before it is refused: bombs stop here, before anything is kept.
package struct ArchiveLimits: Sendable {
    /// Entries of one archive: an image has a handful, a dataset's tar may have many.
    package var entryCount = 1_000_000
    /// Content of all entries together, after decompression: 64 GiB.
    package var byteCount = 64 << 30
    /// Content of all entries together, as a multiple of the archive's own size.
    ///
    /// Counts for content of more than `ratioFreeByteCount`. Nil for no such limit.
    package var ratio: Int?

    /// Text in many equal lines shrinks about a hundredfold; bombs are a thousandfold and more.
    package static let defaultRatio = 250
    /// 16 MiB: a small archive of zeros harms nobody.
    package static let ratioFreeByteCount = 16 << 20

    package init(
        entryCount: Int = 1_000_000,
        byteCount: Int = 64 << 30,
        ratio: Int? = nil
    ) {
        self.entryCount = entryCount
        self.byteCount = byteCount
        self.ratio = ratio
    }
}
