// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotRemote
import IngotStore
import Testing

@testable import IngotTransfer

/// What anybody who may push can put beside a version.
@Suite struct ForeignReferrerTests {
    @Test("lists and bundles that are none keep a version from nobody")
    func tolerated() async throws {
        let (source, target) = (try Site(storeID: "ab12"), try Site(storeID: "cd34"))
        let remote = MemoryRemote()
        let version = try source.add([.bytes("file", [1, 2, 3])])
        try await source.push(version, to: remote)
        let subject = Descriptor(
            mediaType: .imageManifest,
            digest: version.digest,
            byteCount: try source.store.blobs.byteCount(of: version.digest)
        )
        let missingPack = PackList([Digest.of("nowhere"): 5000]).manifest(of: subject)
        for (type, bytes) in [
            (MediaType.packList, Array("garbage".utf8)),
            (.packList, missingPack.canonicalBytes),
            (.sigstoreBundle, Array("garbage".utf8)),
        ] {
            var referrer = Descriptor(
                mediaType: .imageManifest,
                digest: Digest.of(bytes),
                byteCount: bytes.count
            )
            referrer.artifactType = type
            remote.with { [referrer] state in
                state.manifests[referrer.digest] = bytes
                state.referrers[version.digest, default: []].insert(referrer, at: 0)
            }
        }
        let pulled = try await target.pull(version.digest, from: remote)
        #expect(pulled.statements.count == 1)
        #expect(try target.contents(of: version.digest) == ["file": [1, 2, 3]])
    }
}
