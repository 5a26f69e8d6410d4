// SPDX-License-Identifier: Apache-2.0

/// What a `WWW-Authenticate` header asks for (RFC 9110 §11.6.1, RFC 6750 §3).
enum Challenge: Equatable, Sendable {
    case basic
    case bearer(realm: String, service: String?, scope: String?)

    /// The strongest scheme of all that are offered; nil where none is known here.
    init?(headers: [String]) {
        var found: Challenge?
        for header in headers.prefix(8) where header.utf8.count <= WebAddress.byteLimit {
            for (scheme, parameters) in Self.schemes(in: header) {
                if scheme == "bearer", let realm = parameters["realm"] {
                    self = .bearer(
                        realm: realm,
                        service: parameters["service"],
                        scope: parameters["scope"]
                    )
                    return
                }
                if scheme == "basic" { found = .basic }
            }
        }
        guard let found else { return nil }
        self = found
    }

    private static func schemes(in header: String) -> [(String, [String: String])] {
        var schemes: [(String, [String: String])] = []
        var scanner = Scanner(units: Array(header.utf8))
        while let word = scanner.word() {
            if scanner.skip(UInt8(ascii: "=")) {
                guard let value = scanner.value(), let last = schemes.indices.last else { break }
                schemes[last].1[word.lowercased()] = value
            } else {
                schemes.append((word.lowercased(), [:]))
            }
        }
        return schemes
    }

    private struct Scanner {
        let units: [UInt8]
        var index = 0

        mutating func word() -> String? {
            while index < units.count, [0x20, 0x09, UInt8(ascii: ",")].contains(units[index]) {
                index += 1
            }
            let start = index
            while index < units.count, isToken(units[index]) { index += 1 }
            guard index > start else { return nil }
            return String(decoding: units[start..<index], as: UTF8.self)
        }

        mutating func skip(_ unit: UInt8) -> Bool {
            guard index < units.count, units[index] == unit else { return false }
            index += 1
            return true
        }

        mutating func value() -> String? {
            guard skip(UInt8(ascii: "\"")) else { return word() }
            var value: [UInt8] = []
            while index < units.count {
                var unit = units[index]
                index += 1
                if unit == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
                if unit == UInt8(ascii: "\\"), index < units.count {
                    unit = units[index]
                    index += 1
                }
                value.append(unit)
            }
            return nil
        }

        private func isToken(_ unit: UInt8) -> Bool {
            (0x21...0x7E).contains(unit) && unit != UInt8(ascii: ",") && unit != UInt8(ascii: "=")
                && unit != UInt8(ascii: "\"")
        }
    }
}
