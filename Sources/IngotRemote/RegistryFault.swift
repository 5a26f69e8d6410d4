// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore

/// What an answer that is no success means, in one line.
enum RegistryFault {
    /// The registry's own words where it has some (`errors[].code` and `.message`).
    static func message(status: Int, _ body: [UInt8]) -> String {
        var limits = JSONLimits()
        limits.depth = 16
        var words: [String] = []
        do {
            let json = try JSONValue(parsing: body, limits: limits)
            for error in (json["errors"]?.array ?? []).prefix(3) {
                let parts = [error["code"]?.string, error["message"]?.string].compactMap { $0 }
                if !parts.isEmpty { words.append(parts.joined(separator: ": ")) }
            }
            if words.isEmpty, let text = json["details"]?.string ?? json["message"]?.string {
                words.append(text)
            }
        } catch { return "HTTP \(status)" }
        return words.isEmpty
            ? "HTTP \(status)"
            : RemoteError.line(words.joined(separator: "; ")) + " (HTTP \(status))"
    }

    /// Seconds, or the moment (RFC 9110 §10.2.3) by the clock of who answers where it says what
    /// that is.
    static func retryAfter(_ reply: WebReply) -> Duration? {
        guard let text = reply.header("Retry-After") else { return nil }
        return retryAfter(text, date: reply.header("Date"))
    }

    static func retryAfter(_ text: String, date: String?) -> Duration? {
        if let seconds = Int(text) {
            return seconds < 0 ? nil : .seconds(min(seconds, 1 << 20))
        }
        guard let moment = Timestamp(httpDate: text) else { return nil }
        let now =
            date.flatMap { Timestamp(httpDate: $0) } ?? Timestamp(seconds: Int64(unsafe time(nil)))
        return .seconds(min(max(0, moment.seconds - now.seconds), 1 << 20))
    }

    /// Reads what is left of an answer that is not the one that was hoped for.
    static func error(_ reply: WebReply, doing action: String) async -> any Error {
        let text = "\(action): \(message(status: reply.status, await reply.start()))"
        if RetryPolicy.isTransient(status: reply.status) {
            return TransientFailure(
                error: RemoteError(.failed, text),
                after: retryAfter(reply)
            )
        }
        return switch reply.status {
        case 401, 403: RemoteError(.denied, text)
        case 404: RemoteError(.notFound, text)
        case 412: RemoteError(.conflict, text)
        default: RemoteError(.failed, text)
        }
    }
}
