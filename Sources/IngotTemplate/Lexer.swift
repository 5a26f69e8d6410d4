// SPDX-License-Identifier: Apache-2.0

/// Cuts a template's source into tokens, with `trim_blocks` and `lstrip_blocks` on.
///
/// Follows the regular expressions of Jinja 3.1 `lexer.py`: line ends become `\n`, one line end at
/// the end of the source is dropped, `-` strips white space through line ends, `+` keeps it, a
/// newline after a block or comment is dropped, blanks before one are dropped when nothing else
/// precedes it on its line.
struct Lexer {
    private enum Sign { case strip, keep, unmarked }

    private let source: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var tokens: [Token] = []
    /// Whether what was read last ended a line, so that blanks at `index` indent a tag.
    private var startsLine = true

    static func tokens(of text: String) throws(TemplateError) -> [Token] {
        var lexer = Lexer(text)
        try lexer.readDocument()
        return lexer.tokens
    }

    private init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        for position in scalars.indices where scalars[position] == "\r" {
            scalars[position] = "\n"
        }
        if scalars.last == "\n" { scalars.removeLast() }
        source = scalars
    }

    // MARK: Outside of tags

    private mutating func readDocument() throws(TemplateError) {
        while index < source.count {
            guard let start = nextTagStart() else {
                emitData(index..<source.count)
                advance(to: source.count)
                break
            }
            let kind = source[start + 1]
            if kind == "%", let body = rawBodyStart(at: start) {
                emitData(index..<start, before: sign(at: start + 2), isBlock: true)
                advance(to: body)
                try readRaw()
                continue
            }
            let mark = sign(at: start + 2)
            emitData(index..<start, before: mark, isBlock: kind != "{")
            let tagLine = line + newlineCount(index..<start)
            advance(to: start + 2 + (mark == .unmarked ? 0 : 1))
            switch kind {
            case "#": try skipComment()
            case "%":
                tokens.append(Token(kind: .blockBegin, text: "", line: tagLine))
                try readTag(closing: "%", as: .blockEnd)
            default:
                tokens.append(Token(kind: .variableBegin, text: "", line: tagLine))
                try readTag(closing: "}", as: .variableEnd)
            }
        }
        tokens.append(Token(kind: .end, text: "", line: line))
    }

    private func nextTagStart() -> Int? {
        var position = index
        while position + 1 < source.count {
            if source[position] == "{" {
                let next = source[position + 1]
                if next == "%" || next == "{" || next == "#" { return position }
            }
            position += 1
        }
        return nil
    }

    private func sign(at position: Int) -> Sign {
        guard position < source.count else { return .unmarked }
        return switch source[position] {
        case "-": .strip
        case "+": .keep
        default: .unmarked
        }
    }

    private mutating func emitData(
        _ range: Range<Int>,
        before sign: Sign = .keep,
        isBlock: Bool = false
    ) {
        var end = range.upperBound
        if sign == .strip {
            while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        } else if sign == .unmarked, isBlock {
            var blank = end
            while blank > range.lowerBound, source[blank - 1] != "\n",
                source[blank - 1].isPythonSpace
            {
                blank -= 1
            }
            let isAtLineStart =
                blank > range.lowerBound ? source[blank - 1] == "\n" : startsLine
            if isAtLineStart { end = blank }
        }
        guard end > range.lowerBound else { return }
        tokens.append(Token(kind: .data, text: text(range.lowerBound..<end), line: line))
    }

    /// The end of `{% raw %}` when such a tag starts at `start`.
    private func rawBodyStart(at start: Int) -> Int? {
        var position = start + 2
        if sign(at: position) != .unmarked { position += 1 }
        position = skippingSpace(position)
        guard matches("raw", at: position) else { return nil }
        position = skippingSpace(position + 3)
        if matches("-%}", at: position) { return skippingSpace(position + 3) }
        return matches("%}", at: position) ? position + 2 : nil
    }

    private mutating func readRaw() throws(TemplateError) {
        let opening = line
        // As in Jinja, a tag that ends the source may stay open.
        guard index < source.count else { return }
        var start = index
        while start < source.count {
            if matches("{%", at: start) {
                let mark = sign(at: start + 2)
                let word = skippingSpace(start + 2 + (mark == .unmarked ? 0 : 1))
                if matches("endraw", at: word),
                    let end = endOfTag(at: skippingSpace(word + 6), closing: "%", trims: true)
                {
                    emitData(index..<start, before: mark, isBlock: true)
                    advance(to: end)
                    return
                }
            }
            start += 1
        }
        throw TemplateError(
            code: .syntax,
            line: opening,
            problem: "'raw' is never closed; add '{% endraw %}'"
        )
    }

    private mutating func skipComment() throws(TemplateError) {
        let opening = line
        // As in Jinja, a tag that ends the source may stay open.
        guard index < source.count else { return }
        var position = index
        while position < source.count {
            if let end = endOfTag(at: position, closing: "#", trims: true) {
                advance(to: end)
                return
            }
            position += 1
        }
        throw TemplateError(
            code: .syntax,
            line: opening,
            problem: "the comment is never closed; add '#}'"
        )
    }

    // MARK: Inside of tags

    private mutating func readTag(
        closing: Unicode.Scalar,
        as kind: Token.Kind
    ) throws(TemplateError) {
        let opening = line
        var brackets: [Unicode.Scalar] = []
        while index < source.count {
            if brackets.isEmpty,
                let end = endOfTag(at: index, closing: closing, trims: kind == .blockEnd)
            {
                tokens.append(Token(kind: kind, text: "", line: line))
                advance(to: end)
                return
            }
            let scalar = source[index]
            if scalar.isPythonSpace {
                advance(to: skippingSpace(index))
            } else if scalar.isDigit {
                try readNumber()
            } else if scalar.isWord {
                let end = endOfWord(index)
                emit(.name, upTo: end)
            } else if scalar == "'" || scalar == "\"" {
                try readString(quote: scalar)
            } else {
                try readSymbol(&brackets)
            }
        }
        throw TemplateError(
            code: .syntax,
            line: opening,
            problem: "the tag is never closed; add '\(closing)}'"
        )
    }

    /// The end of a closing tag with its sign and the white space it swallows.
    private func endOfTag(at position: Int, closing: Unicode.Scalar, trims: Bool) -> Int? {
        guard position + 1 < source.count else { return nil }
        if source[position] == closing, source[position + 1] == "}" {
            let end = position + 2
            return trims && end < source.count && source[end] == "\n" ? end + 1 : end
        }
        guard position + 2 < source.count, source[position + 1] == closing,
            source[position + 2] == "}"
        else { return nil }
        if source[position] == "-" { return skippingSpace(position + 3) }
        return source[position] == "+" && trims ? position + 3 : nil
    }

    private mutating func readNumber() throws(TemplateError) {
        let start = index
        if source[start] == "0", start + 1 < source.count,
            let radix = Self.radices[source[start + 1]]
        {
            let end = endOfWord(start)
            let digits = text(start + 2..<end).filter { $0 != "_" }
            guard let value = Int(digits, radix: radix) else {
                throw fault("'\(text(start..<end))' is not a 64-bit number")
            }
            append(.integer, text: String(value), upTo: end)
            return
        }
        var end = skippingDigits(start)
        var isInteger = true
        if end + 1 < source.count, source[end] == ".", source[end + 1].isDigit,
            start == 0 || source[start - 1] != "."
        {
            isInteger = false
            end = skippingDigits(end + 1)
        }
        if end < source.count, source[end] == "e" || source[end] == "E" {
            var exponent = end + 1
            if exponent < source.count, source[exponent] == "+" || source[exponent] == "-" {
                exponent += 1
            }
            if exponent < source.count, source[exponent].isDigit {
                isInteger = false
                end = skippingDigits(exponent)
            }
        }
        let digits = text(start..<end).filter { $0 != "_" }
        append(isInteger ? .integer : .float, text: digits, upTo: end)
    }

    private static let radices: [Unicode.Scalar: Int] = [
        "x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2,
    ]

    private mutating func readString(quote: Unicode.Scalar) throws(TemplateError) {
        var end = index + 1
        while end < source.count, source[end] != quote {
            end += source[end] == "\\" ? 2 : 1
        }
        guard end < source.count else { throw fault("the string is never closed; add \(quote)") }
        let value: String
        do {
            value = try StringLiteral.value(of: source[index + 1..<end])
        } catch {
            throw fault(error.problem)
        }
        append(.string, text: value, upTo: end + 1)
    }

    private static let longSymbols = ["//", "**", "==", "!=", ">=", "<="]
    private static let symbols = Set("+-/*%~[](){}<>=.:|,;".unicodeScalars)

    private mutating func readSymbol(_ brackets: inout [Unicode.Scalar]) throws(TemplateError) {
        for symbol in Self.longSymbols where matches(symbol, at: index) {
            emit(.symbol, upTo: index + 2)
            return
        }
        let scalar = source[index]
        guard Self.symbols.contains(scalar) else {
            throw fault("unexpected character '\(scalar)'; remove it or put it into a string")
        }
        switch scalar {
        case "{": brackets.append("}")
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "}", ")", "]":
            guard let expected = brackets.popLast() else {
                throw fault("'\(scalar)' closes nothing; remove it")
            }
            guard expected == scalar else {
                throw fault("'\(scalar)' stands where '\(expected)' is expected")
            }
        default: break
        }
        emit(.symbol, upTo: index + 1)
    }

    // MARK: Places

    private mutating func emit(_ kind: Token.Kind, upTo end: Int) {
        append(kind, text: text(index..<end), upTo: end)
    }

    private mutating func append(_ kind: Token.Kind, text: String, upTo end: Int) {
        tokens.append(Token(kind: kind, text: text, line: line))
        advance(to: end)
    }

    private mutating func advance(to end: Int) {
        line += newlineCount(index..<end)
        if end > index { startsLine = source[end - 1] == "\n" }
        index = end
    }

    private func newlineCount(_ range: Range<Int>) -> Int { source[range].count { $0 == "\n" } }

    private func text(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[range])
        return String(text)
    }

    private func matches(_ word: String, at position: Int) -> Bool {
        position <= source.count && source[position...].starts(with: word.unicodeScalars)
    }

    private func skippingSpace(_ position: Int) -> Int {
        var end = position
        while end < source.count, source[end].isPythonSpace { end += 1 }
        return end
    }

    private func skippingDigits(_ position: Int) -> Int {
        var end = position
        while end < source.count, source[end].isDigit || source[end] == "_" { end += 1 }
        return end
    }

    private func endOfWord(_ position: Int) -> Int {
        var end = position
        while end < source.count, source[end].isWord { end += 1 }
        return end
    }

    private func fault(_ problem: String) -> TemplateError {
        TemplateError(code: .syntax, line: line, problem: problem)
    }
}
