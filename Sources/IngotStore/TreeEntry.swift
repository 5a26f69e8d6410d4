// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A chunk of a file: its digest and its size.
package struct ChunkReference: Sendable, Hashable {
    package let digest: Digest
    package let byteCount: Int

    package init(digest: Digest, byteCount: Int) {
        self.digest = digest
        self.byteCount = byteCount
    }
}

/// One file of a version.
package struct TreeEntry: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// In order; none for an empty file.
        case chunks([ChunkReference])
        /// The whole file is the blob of this digest.
        case raw(Digest)
    }

    /// Relative, valid by `TreePath`.
    package let path: String
    package let isExecutable: Bool
    package let byteCount: Int
    /// SHA-256 of the whole content.
    package let digest: Digest
    package let content: Content

    package init(
        path: String,
        isExecutable: Bool,
        byteCount: Int,
        digest: Digest,
        content: Content
    ) {
        self.path = path
        self.isExecutable = isExecutable
        self.byteCount = byteCount
        self.digest = digest
        self.content = content
    }
}

/// A file to be added to a version.
package struct FileSource: Sendable {
    package enum Content: Sendable {
        case file(path: String)
        case bytes([UInt8])
    }

    /// The path inside the version.
    package let path: String
    package let isExecutable: Bool
    package let content: Content

    package init(path: String, isExecutable: Bool = false, content: Content) {
        self.path = path
        self.isExecutable = isExecutable
        self.content = content
    }
}
