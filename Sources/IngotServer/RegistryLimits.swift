// SPDX-License-Identifier: Apache-2.0

/// What one client may ask of the server.
package struct RegistryLimits: Sendable {
    /// 8 KiB of path and query: ten tags and a state in a query fit many times.
    package var targetByteCount = 8 << 10
    /// 32 KiB of header names and values.
    package var headerByteCount = 32 << 10
    /// Open connections.
    package var connectionCount = 1024
    /// Uploads that were begun and neither ended nor given up.
    package var uploadCount = 1000
    /// An upload nobody wrote to for this long is closed; its client can still go on with it.
    package var uploadIdle: Duration = .seconds(3600)
    /// Between two requests, and until the head of a request is there.
    package var idle: Duration = .seconds(120)
    /// Without a byte of a body, in either direction.
    package var stall: Duration = .seconds(60)
    /// Bytes of a body in memory before no more are read from the connection.
    package var pendingByteCount = 4 << 20
    /// Entries of a list that come in one answer.
    package var pageCount = 1000

    package init() {}
}
