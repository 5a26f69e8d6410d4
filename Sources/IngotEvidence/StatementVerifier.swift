// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotCrypto

/// A statement whose every signature is by a key that may say what it says.
package struct VerifiedStatement: Hashable, Sendable {
    package let statement: Statement
    package let kind: PredicateKind
    package let role: Role
    /// The keys that signed, in the order of the signatures.
    package let signers: [PublicKey]

    package var signer: PublicKey { signers[0] }
}

extension TrustFile {
    /// Checks a bundle: form, every signature, the signer's role together with the predicate's
    /// type, and, when given, the subject.
    ///
    /// - Throws: `EvidenceError` naming the first of these that does not hold.
    package func verify(
        _ bytes: [UInt8],
        about subject: Digest? = nil
    ) throws(EvidenceError) -> VerifiedStatement {
        let bundle = try Bundle(parsing: bytes)
        let statement = try bundle.statement()
        guard let kind = PredicateKind(type: statement.predicateType) else {
            throw EvidenceError(
                "statement: predicate type '\(statement.predicateType)' is not known: no role may "
                    + "sign it"
            )
        }
        let signedBytes = bundle.envelope.signedBytes
        var signers: [PublicKey] = []
        var common = Set(kind.roles)
        for (index, signature) in bundle.envelope.signatures.enumerated() {
            let signed = entries.filter { $0.key.verifies(signature, of: signedBytes) }
            guard let signer = signed.first?.key else {
                throw EvidenceError(
                    "signature \(index + 1): it is not by any key in the trust file, or the "
                        + "statement was changed"
                )
            }
            let roles = Set(signed.map(\.role))
            guard !roles.isDisjoint(with: kind.roles) else {
                let found = roles.sorted().map(\.rawValue).joined(separator: ", ")
                let needed = kind.roles.map(\.rawValue).joined(separator: " or ")
                throw EvidenceError(
                    "signature \(index + 1): a key of the role \(found) must not sign "
                        + "\(statement.predicateType); that is for \(needed)"
                )
            }
            common.formIntersection(roles)
            signers.append(signer)
        }
        if let hint = bundle.hint, !signers.contains(where: { $0.keyID == hint }) {
            throw EvidenceError("bundle: its key hint names another key than the one that signed")
        }
        guard let role = kind.roles.first(where: common.contains) else {
            throw EvidenceError("bundle: its signatures are by keys of different roles")
        }
        if let subject, statement.subject.digest != subject {
            throw EvidenceError(
                "statement: it is about \(statement.subject.digest), not about \(subject)"
            )
        }
        return VerifiedStatement(statement: statement, kind: kind, role: role, signers: signers)
    }
}
