// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotCatalog

/// What `registry/golden/v3` holds besides what v2 does: a removed version that was pushed again
/// and has no number yet, with the times of its links.
extension GoldenStore {
    func fillV3() throws {
        let data = try RepositoryName(parsing: "golden/data")
        let removed = try #require(try catalog.namedDigests().removed.first)
        let link = ManifestLink(
            digest: removed,
            mediaType: .imageManifest,
            artifactType: Kind.dataset.artifactType,
            subject: nil,
            annotations: [:],
            isPushed: true
        )
        let manifest = try store.manifest(removed)
        try catalog.link(
            link,
            blobs: [manifest.config.digest] + manifest.layers.map(\.digest),
            in: data
        )
    }
}
