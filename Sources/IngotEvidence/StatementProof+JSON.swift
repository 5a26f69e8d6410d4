// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension StatementProof {
    /// The one form in which documents say it; its members follow from `state`.
    package var json: JSONValue {
        let state: String
        var members: [String: JSONValue] = [:]
        switch self {
        case .ownLog: state = "ownLog"
        case .receipt(let log, let index):
            state = "receipt"
            members = ["log": .string(log), "log_index": .integer(Int64(index))]
        case .logNotTrusted(let log):
            state = "logNotTrusted"
            members = ["log": .string(log)]
        case .wrong(let fault):
            state = "wrongReceipt"
            members = ["fault": .string(fault)]
        case .noReceipt: state = "noReceipt"
        }
        members["state"] = .string(state)
        return .object(members)
    }
}
