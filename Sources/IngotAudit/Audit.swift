// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence

/// Answers, from statements that hold and nothing else, where a version came from and who let it
/// through.
package struct Audit: Sendable {
    /// What is asked about.
    package enum Target: Sendable {
        case version(Digest)
        case environment(EnvironmentRecord)
    }

    let ledger: Ledger

    package init(ledger: Ledger) { self.ledger = ledger }

    /// Finds what a text means: an environment (`production`, `sections:production`), a reference
    /// (`sections:v3`, `sections@sha256:…`), or a digest.
    ///
    /// - Throws: an error that says what there is instead.
    package func target(_ text: String) throws -> Target {
        if text.utf8.starts(with: "sha256:".utf8) {
            return .version(try Digest(parsing: text))
        }
        let environments = try ledger.catalog.environments()
        if environments.contains(where: {
            $0.name == text || "\($0.repository):\($0.name)" == text
        }) {
            return .environment(try ledger.catalog.environment(named: text))
        }
        guard text.utf8.contains(UInt8(ascii: ":")) || text.utf8.contains(UInt8(ascii: "@")) else {
            let names = environments.map { "\($0.repository):\($0.name)" }
            throw AuditError(
                "'\(text)': no environment of that name"
                    + (names.isEmpty ? "" : " (there are \(names.joined(separator: ", ")))")
                    + "; a version is written repository:v3 or repository@sha256:…"
            )
        }
        return .version(try ledger.catalog.resolve(Reference(parsing: text)))
    }

    /// Audits what a text means, as for `target`.
    package func report(on text: String) throws -> AuditReport {
        try report(on: target(text), question: text)
    }

    /// Audits a version by its digest: also the manifest of an image archive.
    package func report(on digest: Digest, question: String) throws -> AuditReport {
        try report(on: .version(digest), question: question)
    }

    package func report(on target: Target, question: String) throws -> AuditReport {
        let reader = try NodeReader(
            ledger: ledger,
            preferring: try? Reference(parsing: question).repository
        )
        let environment: EnvironmentAnswer?
        let subject: Digest
        switch target {
        case .version(let digest): (environment, subject) = (nil, digest)
        case .environment(let record):
            let answer = try EnvironmentAnswer(record, reader: reader)
            guard let current = answer.current else {
                throw AuditError(
                    "\(answer.name): nothing was ever promoted to it, so it runs nothing"
                )
            }
            (environment, subject) = (answer, current.record.digest)
        }
        let lineage = try Lineage(of: subject, node: reader.node)
        guard
            lineage.nodes.count > 1 || !lineage.subject.names.isEmpty
                || !lineage.subject.statements.isEmpty
        else {
            throw AuditError(
                "\(question): \(subject) is not in this store, and nothing is stated "
                    + "about it here: open the store that made it, or pull it"
            )
        }
        return AuditReport(
            question: question,
            subject: subject,
            time: ledger.now(),
            log: try log(),
            environment: environment,
            lineage: lineage,
            preparations: try preparations(in: lineage)
        )
    }

    private func log() throws -> AuditReport.Log {
        let key = try ledger.keys.trust.log
        guard let note = try ledger.catalog.signedHead() else {
            return AuditReport.Log(
                origin: key.name,
                size: 0,
                root: nil,
                fault: "the log has no signed head"
            )
        }
        do throws(EvidenceError) {
            let head = try LogHead(verifying: note, with: key)
            return AuditReport.Log(
                origin: head.origin,
                size: head.size,
                root: head.root,
                fault: nil
            )
        } catch {
            return AuditReport.Log(
                origin: key.name,
                size: try ledger.catalog.logSize(),
                root: nil,
                fault: error.message
            )
        }
    }

    /// The quality reports that preparation statements name and that are here.
    private func preparations(in lineage: Lineage) throws -> [Digest: JSONValue] {
        var reports: [Digest: JSONValue] = [:]
        for (_, _, facts) in lineage.facts(\.prepared)
        where ledger.blobs.contains(facts.report) {
            let bytes = try ledger.blobs.read(facts.report, limit: 64 << 20)
            reports[facts.report] = try JSONValue(parsing: bytes)
        }
        return reports
    }
}
