// SPDX-License-Identifier: Apache-2.0

/// A node of the syntax tree that writes text or changes names.
struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case print(Expression)
        /// The first branch whose test holds; `else` is a branch without a test.
        case choice([(test: Expression?, body: [Statement])])
        case loop(Loop)
        case assignment(Target, Expression)
        /// `{% set name %}…{% endset %}`; the filter's innermost operand is `.blockText`.
        case blockAssignment(Target, filter: Expression?, body: [Statement])
        case macro(Macro)
        /// `{% call(…) f() %}…{% endcall %}`; `body` is what `caller()` renders.
        case call(Expression, body: Macro)
        case generation([Statement])
        case scope([(target: Target, value: Expression)], body: [Statement])
        case filterBlock(Expression, body: [Statement])
        case breakLoop
        case continueLoop
    }

    let kind: Kind
    /// 1-based.
    let line: Int
}

/// What an assignment or a loop gives a value to.
indirect enum Target: Sendable {
    case name(String)
    case namespaceAttribute(String, String)
    case tuple([Target])
}

struct Loop: Sendable {
    let target: Target
    let source: Expression
    /// `{% for x in y if test %}`.
    let filter: Expression?
    let body: [Statement]
    /// Rendered when no turn of the body reached its end.
    let otherwise: [Statement]
}

struct Macro: Sendable {
    let name: String
    let parameters: [String]
    /// For the last parameters.
    let defaults: [Expression]
    let body: [Statement]
    /// Whether the body mentions `varargs`, `kwargs` or `caller`, which a call then may pass.
    let takesMorePositional: Bool
    let takesMoreKeywords: Bool
    let takesCaller: Bool
}
