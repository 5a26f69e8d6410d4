// SPDX-License-Identifier: Apache-2.0

/// Text being made, which stops growing at the limit instead of filling memory.
struct TextWriter {
    private(set) var text = ""
    private let byteLimit: Int

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    var byteCount: Int { text.utf8.count }

    mutating func write(_ more: String) throws(TemplateFault) {
        guard more.utf8.count <= byteLimit - byteCount else {
            throw TemplateFault(
                code: .limit,
                problem: "the text exceeds \(byteLimit) bytes; shorten the messages"
            )
        }
        text += more
    }
}

/// An error that does not know its line yet; the interpreter adds it.
struct TemplateFault: Error {
    let code: TemplateError.Code
    let problem: String

    static func type(_ problem: String) -> TemplateFault {
        TemplateFault(code: .type, problem: problem)
    }

    static func undefined(_ reason: UndefinedReason) -> TemplateFault {
        let problem =
            switch reason {
            case .name(let name): "'\(name)' is undefined; pass it or test it with 'is defined'"
            case .attribute(let name, let kind):
                "\(kind) has no '\(name)'; add it to the messages or test it with 'is defined'"
            case .item(let kind): "\(kind) has no such item; test it with 'is defined'"
            case .unsafe(let name): "'\(name)' is not allowed in a template; remove it"
            case .other(let text): text
            }
        return TemplateFault(code: .undefined, problem: problem)
    }
}
