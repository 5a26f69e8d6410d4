// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotEvidence

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check every statement about a version: signature, role, digest, log proof.",
        discussion: "Needs no network. Exit status 1 when anything does not hold."
    )

    @Argument(
        help: "A version, such as support-intents:v3; a digest; or an environment.",
        completion: References.completion
    )
    var reference: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let report = try open.ledger.verify(digest)
        let proofs = try open.ledger.proofs(about: digest)
        if json {
            print(Self.json(report, reference, proofs).prettyText)
        } else {
            print("\(reference)  \(digest)")
            for finding in report.findings {
                let who = try finding.verified.map { statement in
                    try open.ledger.keys.trust.owner(ofKey: statement.signer.keyID) ?? "unknown"
                }
                let result = finding.fault.map { "DOES NOT HOLD: \($0)" } ?? "holds"
                print(
                    "  \(finding.time)  log entry \(finding.record.logIndex)  "
                        + "\(finding.record.predicateType) by \(finding.role)"
                        + (who.map { " (\($0))" } ?? "") + ": \(result)"
                        + (proofs[finding.record.envelope]?.remark.map { ", \($0)" } ?? "")
                )
            }
            for fault in report.faults { print("  \(fault)") }
            print(report.isValid ? "every statement holds" : "verification failed")
        }
        guard report.isValid else { throw ExitCode(ExitCodes.failure) }
    }

    private static func json(
        _ report: VerificationReport,
        _ reference: Reference,
        _ proofs: [Digest: StatementProof]
    ) -> JSONValue {
        let statements = report.findings.map { finding in
            JSONValue.object([
                "predicate": .string(finding.record.predicateType),
                "role": .string(finding.role),
                "envelope": .string(finding.record.envelope.description),
                "log_index": .integer(Int64(finding.record.logIndex)),
                "time": .string(finding.time.description),
                "fault": finding.fault.map { .string($0) } ?? .null,
                "proof": (proofs[finding.record.envelope] ?? .noReceipt).json,
            ])
        }
        return [
            "reference": .string(reference.description),
            "digest": .string(report.subject.description), "valid": .bool(report.isValid),
            "statements": .array(statements),
            "faults": .array(report.faults.map { .string($0) }),
        ]
    }
}
