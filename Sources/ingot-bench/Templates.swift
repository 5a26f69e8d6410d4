// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotFiles
import IngotTemplate

struct Templates: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Render cases and compare the bytes with what jinja2 rendered.",
        discussion: """
            The file holds a JSON object a line: template (a path), case, variables, text (null \
            where jinja2 fails). Exit status 1 when any differs.
            """
    )

    @Argument(help: "The file.")
    var cases: String

    func run() throws {
        var parsed: [String: Result<ChatTemplate, any Error>] = [:]
        var (same, failing, different) = (0, 0, 0)
        for line in try Files.read(cases, limit: 1 << 30).split(separator: 0x0A) {
            guard case .dictionary(let record) = try TemplateValue(parsingJSON: Array(line)),
                let path = record["template"]?.text, let name = record["case"]?.text,
                case .dictionary(let given)? = record["variables"]
            else { throw ValidationError("\(cases): a line has no template, case or variables") }
            let template =
                try parsed[path] ?? Self.parse(String(decoding: Files.read(path), as: UTF8.self))
            parsed[path] = template
            let expected = record["text"]?.text
            var variables: [String: TemplateValue] = [:]
            for (key, value) in zip(given.keys, given.values) { variables[key.text ?? ""] = value }
            let rendered = Result { try template.get().render(variables) { "<\($0)>" } }
            switch (rendered, expected) {
            case (.success(let text), let expected?) where text.utf8.elementsEqual(expected.utf8):
                same += 1
            case (.failure, nil): failing += 1
            default:
                different += 1
                print("differs: \(path), \(name)")
            }
        }
        print(
            "\(parsed.count) templates: \(same) cases the same bytes, \(failing) fail in both, "
                + "\(different) differ"
        )
        if different > 0 { throw ExitCode.failure }
    }

    private static func parse(_ source: String) -> Result<ChatTemplate, any Error> {
        Result { try ChatTemplate(source: source) }
    }
}
