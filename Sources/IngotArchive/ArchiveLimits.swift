// SPDX-License-Identifier: Apache-2.0

/// What a user's archive may cost before it is refused: bombs stop here, before anything is kept.
package struct ArchiveLimits: Sendable {
    /// Entries of one archive: an image has a handful, a dataset's tar may have many.
    package var entryCount = 1_000_000
    /// Content of all entries together, after decompression: 64 GiB.
    package var byteCount = 64 << 30

    package init(entryCount: Int = 1_000_000, byteCount: Int = 64 << 30) {
        self.entryCount = entryCount
        self.byteCount = byteCount
    }
}
