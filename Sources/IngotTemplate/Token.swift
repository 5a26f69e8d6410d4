// SPDX-License-Identifier: Apache-2.0

/// A word of the template language with the line it starts on.
struct Token {
    enum Kind: Equatable {
        /// Text outside of tags, already stripped as the tags around it ask.
        case data
        case variableBegin, variableEnd, blockBegin, blockEnd
        case name, string, integer, float, symbol
        case end
    }

    let kind: Kind
    let text: String
    /// 1-based.
    let line: Int

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }

    func isName(_ name: String) -> Bool { kind == .name && text == name }

    /// How an error message names the token.
    var spelling: String {
        switch kind {
        case .data: "text"
        case .variableBegin: "'{{'"
        case .variableEnd: "'}}'"
        case .blockBegin: "'{%'"
        case .blockEnd: "'%}'"
        case .end: "the end of the template"
        case .name, .integer, .float, .symbol: "'\(text)'"
        case .string: "a string"
        }
    }
}
