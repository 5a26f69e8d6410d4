// SPDX-License-Identifier: Apache-2.0

/// A node of the syntax tree that has a value.
struct Expression: Sendable {
    indirect enum Kind: Sendable {
        case constant(TemplateValue)
        case name(String)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, Arguments)
        case filter(Expression, String, Arguments)
        case test(Expression, String, Arguments)
        case not(Expression)
        case negative(Expression)
        case positive(Expression)
        case arithmetic(ArithmeticOperator, Expression, Expression)
        case concatenation([Expression])
        case comparison(Expression, [(symbol: ComparisonOperator, operand: Expression)])
        case and(Expression, Expression)
        case or(Expression, Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
        /// The text of the block that a block filter is applied to.
        case blockText
    }

    let kind: Kind
    /// 1-based.
    let line: Int
    /// Levels of nodes below and including this one, at most `TemplateLimits.nestingDepth`.
    let depth: Int
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
}

/// What stands between the parentheses of a call.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var keywords: [(name: String, value: Expression)] = []
    /// `*values`.
    var spreadList: Expression?
    /// `**values`.
    var spreadDictionary: Expression?

    var depth: Int {
        var depth = max(spreadList?.depth ?? 0, spreadDictionary?.depth ?? 0)
        for expression in positional { depth = max(depth, expression.depth) }
        for keyword in keywords { depth = max(depth, keyword.value.depth) }
        return depth
    }
}
