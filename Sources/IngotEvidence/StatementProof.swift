// SPDX-License-Identifier: Apache-2.0

/// In which log a statement about a version is, as far as that is proved here.
package enum StatementProof: Hashable, Sendable {
    /// It was signed here: its proof is that of this store's log.
    case ownLog
    /// A receipt proves it under the key of a log that counts here.
    case receipt(log: String, index: Int)
    /// A receipt is there, of a log whose key does not count here.
    case logNotTrusted(log: String)
    /// A receipt is there that proves nothing, and why.
    case wrong(String)
    /// It came from elsewhere without a receipt.
    case noReceipt

    /// What is to be said of a statement that was signed elsewhere; nil for one that was signed here.
    package var remark: String? {
        switch self {
        case .ownLog: nil
        case .receipt(let log, let index): "proved to be entry \(index) of \(log)"
        case .logNotTrusted(let log): "log not trusted: \(log)"
        case .wrong(let fault): "unproved: \(fault)"
        case .noReceipt: "without a receipt"
        }
    }

    package var isProved: Bool { rank >= Self.receiptRank }

    private static let receiptRank = 3

    /// Of several receipts about one statement the better counts.
    var rank: Int {
        switch self {
        case .noReceipt: 0
        case .wrong: 1
        case .logNotTrusted: 2
        case .receipt: Self.receiptRank
        case .ownLog: 4
        }
    }
}
