// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotEvidence

@Suite("OpenSSF model signature")
struct ModelSignatureTests {
    private static let files = [
        "adapter_config.json": "{\"r\":8}\n", "adapter_model.safetensors": "abc", "sub-a": "y",
        "sub/t": "x",
    ].map { ModelSignature.File(path: $0.key, digest: Digest.of($0.value)) }
    private static let version = Digest.of("version")

    @Test("has the root that the library prints, whatever order the files come in")
    func root() {
        let statement = ModelSignature.statement(
            name: "adapter",
            files: Self.files,
            version: Self.version
        )
        #expect(
            statement.subject.digest.hex
                == "99dadc0451a93a9d0feae8a62c93712b3c5e58c3da6e9d8e699f0b04cae8bf02"
        )
    }

    @Test("verifies exactly the files that were signed")
    func verify() throws {
        let keys = try Keys()
        let key = try #require(keys.byRole[.trainer])
        let bundle = try ModelSignature.bundle(
            name: "adapter",
            files: Self.files,
            version: Self.version,
            key: key
        )
        let check: ([ModelSignature.File]) throws -> Void = {
            try ModelSignature.verify(
                bundle,
                files: $0,
                version: Self.version,
                trust: keys.trust
            )
        }
        try check(Self.files)
        try check(Self.files.reversed())
        let paths = Self.files.map(\.path)
        let swapped = Self.files.enumerated().map { index, file in
            ModelSignature.File(path: paths[index ^ 1], digest: file.digest)
        }
        let attacks = [
            swapped, Array(Self.files.dropLast()), Self.files + [Self.files[0]],
            Self.files + [ModelSignature.File(path: "extra", digest: Self.version)], [],
        ]
        for files in attacks {
            #expect(throws: EvidenceError.self) { try check(files) }
        }
        #expect(throws: EvidenceError.self) {
            try ModelSignature.verify(
                bundle,
                files: Self.files,
                version: Digest.of("other"),
                trust: keys.trust
            )
        }
        let release = try ModelSignature.bundle(
            name: "adapter",
            files: Self.files,
            version: Self.version,
            key: try #require(keys.byRole[.release])
        )
        #expect(throws: EvidenceError.self) {
            try ModelSignature.verify(
                release,
                files: Self.files,
                version: Self.version,
                trust: keys.trust
            )
        }
    }
}
