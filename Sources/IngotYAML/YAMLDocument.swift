// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import Yams

/// A YAML text that cannot be read, or says something that a configuration file must not.
package struct YAMLError: IngotError {
    /// 1-based; nil when the fault has no place.
    package let line: Int?
    package let problem: String

    package var message: String { line.map { "line \($0): \(problem)" } ?? problem }
}

/// Reads a YAML configuration file as a JSON value.
///
/// The core schema of YAML 1.2 with limits and without surprises: no duplicate keys, only string
/// keys, no custom tags, few aliases.
package enum YAMLDocument {
    /// 1 MiB: configuration, not data.
    package static let byteLimit = 1 << 20
    /// Bounds what aliases can expand to.
    package static let nodeLimit = 100_000
    package static let depthLimit = 32
    /// Aliases can multiply what they stand for, which the parser hashes before anybody can count
    /// it: this many, however they are laid out, make less than 3^11 of one.
    static let aliasLimit = 32

    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> JSONValue {
        guard bytes.count <= byteLimit else {
            throw YAMLError(
                line: nil,
                problem: "\(bytes.count) bytes exceed the limit of \(byteLimit)"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLError(line: nil, problem: "the file is not valid UTF-8")
        }
        try refuseAliasBombs(in: bytes)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text, .basic)
        } catch let error as YamlError {
            throw YAMLError(line: error.line, problem: error.summary)
        } catch {
            throw YAMLError(line: nil, problem: "\(error)")
        }
        guard let root else { throw YAMLError(line: nil, problem: "the file is empty") }
        var reader = NodeReader()
        return try reader.value(of: root, depth: 0)
    }

    /// Counts everything that could be an alias: a `*` with a name, where a value can begin.
    private static func refuseAliasBombs(in bytes: [UInt8]) throws(YAMLError) {
        var count = 0
        var line = 1
        var previous = UInt8(ascii: "\n")
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "*"), " \t\r\n[{,:?-".utf8.contains(previous),
                index + 1 < bytes.count, bytes[index + 1] > UInt8(ascii: " ")
            {
                count += 1
                guard count <= aliasLimit else {
                    throw YAMLError(line: line, problem: "more than \(aliasLimit) aliases")
                }
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            previous = byte
        }
    }
}

private struct NodeReader {
    private var count = 0

    mutating func value(of node: Node, depth: Int) throws(YAMLError) -> JSONValue {
        count += 1
        guard count <= YAMLDocument.nodeLimit, depth <= YAMLDocument.depthLimit else {
            throw YAMLError(line: node.mark?.line, problem: "too many or too deeply nested values")
        }
        switch node {
        case .sequence, .mapping:
            let tag = node.tag.rawValue
            guard tag == "tag:yaml.org,2002:seq" || tag == "tag:yaml.org,2002:map" else {
                throw YAMLError(line: node.mark?.line, problem: "the tag '\(tag)' is not allowed")
            }
        default: break
        }
        switch node {
        case .scalar(let scalar): return try Self.value(of: scalar, node)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, member) in mapping {
                guard case .scalar(let name) = key else {
                    throw YAMLError(line: key.mark?.line, problem: "a key must be a plain word")
                }
                guard members[name.string] == nil else {
                    throw YAMLError(
                        line: key.mark?.line,
                        problem: "duplicate key '\(name.string)'"
                    )
                }
                members[name.string] = try value(of: member, depth: depth + 1)
            }
            return .object(members)
        case .alias:
            throw YAMLError(line: node.mark?.line, problem: "an alias without its anchor")
        }
    }

    /// Resolves a plain scalar by the core schema of YAML 1.2: `no`, `on` and `1:30` are strings.
    private static func value(
        of scalar: Node.Scalar,
        _ node: Node
    ) throws(YAMLError) -> JSONValue {
        let tag = node.tag.rawValue
        guard tag == "tag:yaml.org,2002:str" else {
            throw YAMLError(line: node.mark?.line, problem: "the tag '\(tag)' is not allowed")
        }
        let text = scalar.string
        guard scalar.style == .plain else { return .string(text) }
        switch text {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        let digits =
            text.utf8.first.map { "+-".utf8.contains($0) } == true
            ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, "0123456789.".utf8.contains(first) else {
            return .string(text)
        }
        if digits.utf8.allSatisfy("0123456789".utf8.contains) {
            guard let number = Int64(text) else {
                throw YAMLError(line: node.mark?.line, problem: "the number \(text) is too large")
            }
            return .integer(number)
        }
        guard digits.utf8.allSatisfy("0123456789.eE+-".utf8.contains), let number = Double(text)
        else { return .string(text) }
        guard number.isFinite else {
            throw YAMLError(line: node.mark?.line, problem: "the number \(text) is too large")
        }
        return .number(number)
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .reader(_, let offset, _, let text):
            offset.map { offset in
                1 + text.utf8.prefix(offset).count { $0 == UInt8(ascii: "\n") }
            }
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _),
            .composer(_, _, let mark, _):
            mark.line
        default: nil
        }
    }

    fileprivate var summary: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
            .composer(_, let problem, _, _):
            problem
        case .reader(let problem, _, _, _): problem
        case .duplicatedKeysInMapping(let duplicates, _):
            "duplicate key \(duplicates.map { "'\($0)'" }.sorted().joined(separator: ", "))"
        default: "not a readable YAML text"
        }
    }
}
