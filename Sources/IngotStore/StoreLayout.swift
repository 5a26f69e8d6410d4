// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The names inside a store's directory, which is called `.ingot` in a workspace.
package struct StoreLayout: Sendable, Hashable {
    package let root: String

    package init(root: String) { self.root = root }

    /// The name of a store's directory in a workspace.
    package static let directoryName = ".ingot"

    /// OCI image layout 1.0.0, so that other tools can read a store's blobs.
    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    var markerFile: String { "\(root)/oci-layout" }
    package var blobs: String { "\(root)/blobs/sha256" }
    var incoming: String { "\(root)/incoming" }
    /// What clients of a registry have sent of blobs that are not whole yet.
    var uploads: String { "\(root)/uploads" }
    /// One locked file for each operation under way.
    var leases: String { "\(root)/leases" }
    /// Blobs that a collection took out of `blobs` and has not removed yet.
    var condemned: String { "\(root)/condemned" }
    /// Locked with `flock` by the one collection that runs.
    var collectionLock: String { "\(root)/gc.lock" }
    package var log: String { "\(root)/log" }
    package var index: String { "\(root)/index.json" }
    package var catalog: String { "\(root)/catalog.sqlite" }
    /// Locked with `flock` by whoever writes projections.
    package var lock: String { "\(root)/lock" }

    package func blob(_ digest: Digest) -> String { "\(blobs)/\(digest.hex)" }

    func condemned(_ digest: Digest) -> String { "\(condemned)/\(digest.hex)" }
}
