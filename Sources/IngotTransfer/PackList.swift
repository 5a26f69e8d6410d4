// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// The manifest beside a version that says in which packs its chunks lie, `registry/FORMAT.md` §6.
///
/// Nobody signs it: every chunk proves itself.
struct PackList {
    /// In the order of their digests.
    let packs: [Descriptor]

    /// More packs than any version has: 64 TiB of them.
    static let packLimit = 1 << 20

    static let emptyConfig: [UInt8] = Array("{}".utf8)
    static let emptyDescriptor = Descriptor(
        mediaType: .emptyConfig,
        digest: Digest.of(emptyConfig),
        byteCount: emptyConfig.count
    )

    init(_ packs: [Digest: Int]) {
        self.packs = packs.sorted { $0.key < $1.key }.map {
            Descriptor(mediaType: .pack, digest: $0.key, byteCount: $0.value)
        }
    }

    /// - Throws: `TransferError` when the manifest is no pack list of this version.
    init(parsing bytes: [UInt8], of version: Digest) throws {
        let manifest = try Manifest(parsing: bytes)
        guard manifest.artifactType == .packList, manifest.subject?.digest == version,
            manifest.layers.count <= Self.packLimit,
            manifest.layers.allSatisfy({ $0.mediaType == .pack })
        else { throw TransferError("version \(version): its pack list is not one") }
        packs = manifest.layers
    }

    func manifest(of version: Descriptor) -> [UInt8] {
        Manifest(
            artifactType: .packList,
            config: Self.emptyDescriptor,
            layers: packs,
            subject: version
        ).canonicalBytes
    }
}
