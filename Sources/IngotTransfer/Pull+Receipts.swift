// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotEvidence
internal import IngotRemote
internal import IngotStore

/// A receipt that came, or why it did not.
struct ArrivedReceipt: Sendable {
    /// Nil where it was left.
    let manifest: Digest?
    let fault: String?
}

extension Pull {
    /// Brings the receipts about a version.
    ///
    /// A receipt that is not one, not whole or not what it should be is left there: the version stands
    /// by its statements' signatures, and nobody who may push a referrer can keep it from others.
    func receipts(
        about version: Digest,
        among referrers: [Descriptor]
    ) async throws -> [ArrivedReceipt] {
        let all = referrers.filter { $0.artifactType == .receipt }
        let some = Array(all.prefix(Self.referrerLimit))
        let arrived = try await resultsInParallel(of: some) { referrer in
            do {
                return ArrivedReceipt(
                    manifest: try await receipt(referrer.digest, about: version),
                    fault: nil
                )
            } catch let error as any IngotError where Self.isFault(ofReceipt: error) {
                return ArrivedReceipt(
                    manifest: nil,
                    fault: "receipt \(referrer.digest.short): \(error.message)"
                )
            }
        }
        guard all.count > some.count else { return arrived }
        let fault =
            "\(remote.name): \(all.count) receipts: at most \(some.count) are taken in of one version"
        return arrived + [ArrivedReceipt(manifest: nil, fault: fault)]
    }

    /// Whether it is what came that is wrong, and not this disk, or a remote that answers no more.
    private static func isFault(ofReceipt error: any IngotError) -> Bool {
        switch error {
        case let error as RemoteError: [.untrue, .notFound].contains(error.reason)
        case is EvidenceError, is ManifestError: true
        default: false
        }
    }

    private func receipt(_ digest: Digest, about version: Digest) async throws -> Digest {
        guard let bytes = try await remote.manifest(digest, of: repository) else {
            throw RemoteError(.notFound, "\(remote.name): it is listed, but not there")
        }
        for layer in try Receipt.layers(of: bytes, about: version) {
            try await download.blob(layer)
        }
        _ = try store.blobs.put(EmptyConfig.bytes)
        return try store.blobs.put(bytes)
    }
}
