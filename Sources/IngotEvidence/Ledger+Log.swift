// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto

/// What checking a whole log came to.
package struct LogReport: Sendable {
    /// Entries of the log.
    package let size: Int
    /// The newest signed head.
    package let head: String?
    /// Signed heads that were checked.
    package let headCount: Int
    /// What does not hold, in one line each, the earliest first.
    package let faults: [String]

    package var isValid: Bool { faults.isEmpty }
}

extension Ledger {
    /// Recomputes the whole log: every entry's form, the tree, every signed head, and heads that
    /// somebody held outside.
    ///
    /// Afterwards the tables are compared with a replay.
    ///
    /// - Parameter heldHeads: signed heads from receipts, auditors or witnesses.
    /// - Returns: what was checked and what does not hold.
    /// - Throws: when the catalog cannot be read.
    package func verifyLog(heldHeads: [String] = []) throws -> LogReport {
        let key = try keys.trustForJudging.log
        var faults: [String] = []
        var held: [Int: [LogHead]] = [:]
        for note in heldHeads {
            do throws(EvidenceError) {
                let head = try LogHead(verifying: note, with: key)
                held[head.size, default: []].append(head)
            } catch { faults.append("held \(error.message)") }
        }
        let size = try catalog.logSize()
        var tree = GrowingTree()
        var headCount = 0
        for index in 0..<size {
            let bytes = try catalog.logEntryBytes(index)
            do {
                _ = try LogEntry(parsing: bytes)
            } catch let error as any IngotError {
                faults.append("log entry \(index): \(error.message)")
            }
            tree.append(MerkleHash.sha256.leaf(bytes))
            let note = try catalog.signedHead(ofSize: tree.size)
            guard note != nil || held[tree.size] != nil else { continue }
            let root = tree.root
            if let note {
                headCount += 1
                if let fault = headFault(note, by: key, size: tree.size, root: root) {
                    faults.append(fault)
                }
            }
            for head in held.removeValue(forKey: tree.size) ?? [] where head.root != root {
                faults.append(
                    "held log head of \(head.size) entries: this log had another root then: "
                        + "history was rewritten since that head was signed"
                )
            }
        }
        for head in held.values.joined().sorted(by: { $0.size < $1.size }) where head.size > 0 {
            faults.append(
                "held log head of \(head.size) entries: this log has only \(size): it shrank"
            )
        }
        let head = try catalog.signedHead()
        if size > 0, try catalog.signedHead(ofSize: size) == nil {
            faults.append("log of \(size) entries: its newest entry has no signed head")
        }
        for difference in try catalog.replay() { faults.append("catalog: \(difference)") }
        return LogReport(size: size, head: head, headCount: headCount, faults: faults)
    }

    private func headFault(
        _ note: String,
        by key: NoteVerifier,
        size: Int,
        root: Digest
    ) -> String? {
        do throws(EvidenceError) {
            let head = try LogHead(verifying: note, with: key)
            guard head.size == size, head.root == root else {
                return "log head of \(size) entries: the entries have another root: an entry "
                    + "before it was edited after it was signed"
            }
            return nil
        } catch { return "size \(size): \(error.message)" }
    }
}

/// A Merkle tree that is built once, leaf by leaf: it keeps one hash a level.
struct GrowingTree {
    private(set) var size = 0
    /// The newest full subtree of each level.
    private var newest: [(index: Int, hash: Digest)] = []

    private var tree: MerkleTree { MerkleTree(size: size, hash: .sha256) }

    mutating func append(_ leafHash: Digest) {
        for (node, hash) in tree.nodes(appending: leafHash, lookup: lookup) {
            if node.level == newest.count {
                newest.append((node.index, hash))
            } else {
                newest[node.level] = (node.index, hash)
            }
        }
        size += 1
    }

    var root: Digest { tree.root(lookup: lookup) }

    /// What appending and the root ask for is always the newest node of its level.
    private func lookup(_ node: MerkleNode) -> Digest {
        precondition(newest[node.level].index == node.index, "an older node than is kept")
        return newest[node.level].hash
    }
}
