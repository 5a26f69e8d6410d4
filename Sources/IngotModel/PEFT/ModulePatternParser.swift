// SPDX-License-Identifier: Apache-2.0

/// Reads the operators that Python's `re` and every other dialect share: literals, `.`, classes,
/// groups, `|`, `* + ? {m,n}`, `^ $`, and escapes of punctuation, `\d` and `\w`.
struct ModulePatternParser {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    private static let lengthLimit = 512
    private static let depthLimit = 16
    /// Module names are shorter.
    private static let countLimit = 256

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() throws(ModulePatternError) -> ModulePattern.Node {
        guard !bytes.isEmpty, bytes.count <= Self.lengthLimit else {
            throw ModulePatternError(problem: "expected 1 to \(Self.lengthLimit) bytes")
        }
        let node = try alternatives()
        guard offset == bytes.count else { throw failure("')' closes nothing") }
        return node
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func alternatives() throws(ModulePatternError) -> ModulePattern.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw failure("more than 16 groups in each other") }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(ModulePatternError) -> ModulePattern.Node {
        var nodes: [ModulePattern.Node] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            nodes.append(try quantified(try atom()))
        }
        return .sequence(nodes)
    }

    private mutating func atom() throws(ModulePatternError) -> ModulePattern.Node {
        guard let byte = next else { throw failure("the pattern ends too early") }
        offset += 1
        switch byte {
        case UInt8(ascii: "("):
            if take("?"), !take(":") { throw failure("'(?' is understood as '(?:' alone") }
            let inner = try alternatives()
            guard take(")") else { throw failure("a group is not closed") }
            return inner
        case UInt8(ascii: "["): return try set()
        case UInt8(ascii: "."): return .bytes(Self.all)
        case UInt8(ascii: "^"): return .start
        case UInt8(ascii: "$"): return .end
        case UInt8(ascii: "\\"): return .bytes(try escape())
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw failure("nothing to repeat")
        default:
            guard byte < 0x80 else { throw failure("not ASCII") }
            return .bytes([byte])
        }
    }

    private mutating func quantified(
        _ node: ModulePattern.Node
    ) throws(ModulePatternError) -> ModulePattern.Node {
        var counts: ClosedRange<Int>
        if take("*") {
            counts = 0...Self.countLimit
        } else if take("+") {
            counts = 1...Self.countLimit
        } else if take("?") {
            counts = 0...1
        } else if take("{") {
            counts = try braces()
        } else {
            return node
        }
        // Lazy or greedy decides which match is found, not whether there is one.
        _ = take("?")
        guard !["*", "+", "{"].contains(next.map { Unicode.Scalar($0) }) else {
            throw failure("a repetition is repeated")
        }
        return .repeated(node, counts)
    }

    private mutating func braces() throws(ModulePatternError) -> ClosedRange<Int> {
        let low = number()
        let isRange = take(",")
        let high = isRange ? number() ?? Self.countLimit : low
        guard let high, take("}"), low ?? 0 <= high, high <= Self.countLimit else {
            throw failure("expected {m}, {m,} or {m,n} with at most \(Self.countLimit)")
        }
        return (low ?? 0)...high
    }

    private mutating func number() -> Int? {
        let start = offset
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte),
            offset - start < 4
        {
            offset += 1
        }
        return Int(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    /// After `[`.
    private mutating func set() throws(ModulePatternError) -> ModulePattern.Node {
        let isNegated = take("^")
        var found: Set<UInt8> = []
        var isFirst = true
        while isFirst || next != UInt8(ascii: "]") {
            isFirst = false
            guard let low = next, low < 0x80 else { throw failure("a class is not closed") }
            offset += 1
            if low == UInt8(ascii: "\\") {
                found.formUnion(try escape())
                continue
            }
            guard next == UInt8(ascii: "-"), offset + 1 < bytes.count,
                bytes[offset + 1] != UInt8(ascii: "]")
            else {
                found.insert(low)
                continue
            }
            let high = bytes[offset + 1]
            offset += 2
            guard low <= high, high < 0x80, high != UInt8(ascii: "\\") else {
                throw failure("a range of a class runs backwards")
            }
            found.formUnion(low...high)
        }
        offset += 1
        return .bytes(isNegated ? Self.all.subtracting(found) : found)
    }

    /// After `\`.
    private mutating func escape() throws(ModulePatternError) -> Set<UInt8> {
        guard let byte = next else { throw failure("the pattern ends too early") }
        offset += 1
        let digits = Set(UInt8(ascii: "0")...UInt8(ascii: "9"))
        let letters = Set(UInt8(ascii: "a")...UInt8(ascii: "z"))
            .union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        switch byte {
        case UInt8(ascii: "d"): return digits
        case UInt8(ascii: "w"): return letters.union(digits).union([UInt8(ascii: "_")])
        default:
            guard byte < 0x80, !letters.contains(byte), !digits.contains(byte) else {
                throw failure("an escape that is not understood")
            }
            return [byte]
        }
    }

    private func failure(_ problem: String) -> ModulePatternError {
        ModulePatternError(problem: "byte \(offset): \(problem)")
    }

    /// `.` of `re`: everything but a newline.
    private static let all = Set(UInt8(0)...UInt8(0x7F)).subtracting([0x0A])
}
