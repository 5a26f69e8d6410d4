// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Manifest")
struct ManifestTests {
    private func sample() -> Manifest {
        let zero = Digest(bytes: [UInt8](repeating: 0, count: 32))
        let config = Descriptor(mediaType: Kind.dataset.configType, digest: zero, byteCount: 2)
        let layer = Descriptor(
            mediaType: .tree,
            digest: zero,
            byteCount: 7,
            annotations: ["b": "2", "a": "1"]
        )
        return Manifest(
            artifactType: Kind.dataset.artifactType,
            config: config,
            layers: [layer]
        )
    }

    @Test("survives its own bytes")
    func roundTrip() throws {
        let manifest = sample()
        let parsed = try Manifest(parsing: manifest.canonicalBytes)
        #expect(parsed == manifest)
        #expect(parsed.kind == .dataset)
    }

    @Test(
        "refuses other documents",
        arguments: [
            "[]", "{}", #"{"schemaVersion":2}"#,
            #"{"schemaVersion":1,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#,
        ]
    )
    func refusal(text: String) {
        #expect(throws: ManifestError.self) { try Manifest(parsing: Array(text.utf8)) }
    }
}
