// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotCrypto

/// The OpenSSF model signature of a directory of files, which stock `model_signing verify key`
/// accepts.
///
/// It names no directory: whoever holds the files can check them without Ingot.
///
/// The format's root digest does not cover file names. That is why it is never an identity here,
/// and why `verify` compares the whole list.
package enum ModelSignature {
    /// A file by its path in the directory, POSIX and relative.
    package struct File: Hashable, Sendable {
        package let path: String
        package let digest: Digest

        package init(path: String, digest: Digest) {
            self.path = path
            self.digest = digest
        }
    }

    /// The file's usual name beside the model's files.
    package static let fileName = "model.sig"

    /// Signs the files of a version.
    ///
    /// - Returns: the bytes of a Sigstore bundle.
    package static func bundle(
        name: String,
        files: [File],
        version: Digest,
        key: SigningKey
    ) throws(CryptoError) -> [UInt8] {
        try Bundle(
            signing: statement(name: name, files: files, version: version),
            with: key
        ).canonicalBytes
    }

    static func statement(name: String, files: [File], version: Digest) -> Statement {
        let sorted = files.sorted(by: precedes)
        return Statement(
            subject: Statement.Subject(name: name, digest: root(of: sorted)),
            predicateType: PredicateKind.modelSignature.type,
            predicate: [
                "serialization": [
                    "method": "files", "hash_type": "sha256", "allow_symlinks": false,
                ],
                "resources": .array(
                    sorted.map {
                        [
                            "name": .string($0.path), "algorithm": "sha256",
                            "digest": .string($0.digest.hex),
                        ]
                    }
                ),
                "ingot": ["version": .string(version.description)],
            ]
        )
    }

    /// Checks that a trusted key signed exactly these files of this version.
    @discardableResult
    package static func verify(
        _ bundle: [UInt8],
        files: [File],
        version: Digest,
        trust: TrustFile
    ) throws(EvidenceError) -> VerifiedStatement {
        let verified = try trust.verify(bundle)
        guard verified.kind == .modelSignature else {
            throw EvidenceError("model signature: the statement is of another type")
        }
        let statement = statement(
            name: verified.statement.subject.name,
            files: files,
            version: version
        )
        guard statement.subject.digest == verified.statement.subject.digest,
            statement.predicate == verified.statement.predicate
        else {
            throw EvidenceError(
                "model signature: it is for other files than those of \(version): a file was "
                    + "changed, renamed, added or removed"
            )
        }
        return verified
    }

    /// SHA-256 of the raw digests one after the other, in the order of the resources.
    private static func root(of files: [File]) -> Digest {
        Digest.of(files.flatMap(\.digest.bytes))
    }

    /// The library's own order: by path components, each as Unicode code points, which UTF-8 keeps.
    private static func precedes(_ left: File, _ right: File) -> Bool {
        let leftParts = left.path.utf8.split(separator: UInt8(ascii: "/"))
        let rightParts = right.path.utf8.split(separator: UInt8(ascii: "/"))
        for (leftPart, rightPart) in zip(leftParts, rightParts)
        where !leftPart.elementsEqual(rightPart) {
            return leftPart.lexicographicallyPrecedes(rightPart)
        }
        return leftParts.count < rightParts.count
    }
}
