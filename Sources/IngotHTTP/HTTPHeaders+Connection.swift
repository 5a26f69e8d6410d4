// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1

extension HTTPHeaders {
    /// Says whether the connection stays open after an answer.
    ///
    /// An HTTP/1.0 client that asked to keep it must be told that it is kept: it waits for the end
    /// of the connection otherwise.
    package mutating func addConnection(isLast: Bool, to version: HTTPVersion) {
        if isLast {
            add(name: "Connection", value: "close")
        } else if version == .http1_0 {
            add(name: "Connection", value: "keep-alive")
        }
    }
}
