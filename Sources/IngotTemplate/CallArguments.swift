// SPDX-License-Identifier: Apache-2.0

/// The values of a call.
struct CallArguments {
    var positional: [TemplateValue] = []
    var keywords: [(name: String, value: TemplateValue)] = []

    init(_ positional: [TemplateValue] = []) { self.positional = positional }

    /// The values in the order of the parameters, nil where none was passed.
    func bound(
        to parameters: String...,
        of function: String,
        required: Int = 0
    ) throws(TemplateFault) -> [TemplateValue?] {
        guard positional.count <= parameters.count else {
            throw .type(
                "\(function) takes \(parameters.count) arguments, not \(positional.count)"
            )
        }
        var values: [TemplateValue?] = positional
        values += Array(repeating: nil, count: parameters.count - positional.count)
        for keyword in keywords {
            guard let place = parameters.firstIndex(of: keyword.name) else {
                throw .type("\(function) has no parameter '\(keyword.name)'; remove it")
            }
            guard values[place] == nil else {
                throw .type("\(function) gets '\(keyword.name)' twice; pass it once")
            }
            values[place] = keyword.value
        }
        for place in 0..<required where values[place] == nil {
            throw .type("\(function) needs '\(parameters[place])'; pass it")
        }
        return values
    }
}
