// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore

/// Structured log lines: one JSON object each, with `time`, `level` and `event` in all of them.
package struct ServerLog: Sendable {
    private let write: @Sendable (String) -> Void

    package init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// One `write` a line, so that lines of several threads do not mix.
    package static let standardError = ServerLog { line in
        let bytes = Array((line + "\n").utf8)
        // Safe: the pointer and the count describe the array. A log that cannot be written is
        // nothing that anybody could be told.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }

    package func info(_ event: String, _ fields: [String: JSONValue] = [:]) {
        log("info", event, fields)
    }

    package func error(_ event: String, _ fields: [String: JSONValue] = [:]) {
        log("error", event, fields)
    }

    private func log(_ level: String, _ event: String, _ fields: [String: JSONValue]) {
        var members = fields
        members["time"] = .string(Self.timestamp(of: time(nil)))
        members["level"] = .string(level)
        members["event"] = .string(event)
        write(JSONValue.object(members).canonicalText)
    }

    /// RFC 3339, UTC.
    static func timestamp(of seconds: time_t) -> String {
        var seconds = seconds
        var parts = unsafe tm()
        // Safe: both pointers are valid for the call.
        unsafe gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map(two)
        let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two)
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "Z"
    }
}
