// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// What `ingot-infer` was asked to do.
///
/// Flags win over the environment, so that an image needs no
/// arguments and a person can still change one thing.
package enum ServerCommand: Hashable, Sendable {
    case serve(ServerOptions)
    case health(port: Int)
    case help
    case version

    package static let usage = """
        ingot-infer serves one model over HTTP with OpenAI's API.

        usage: ingot-infer [serve] [--model PATH] [--adapter DIR] [--name NAME]
                           [--host ADDRESS] [--port PORT] [--threads N]
               ingot-infer health [--port PORT]
               ingot-infer --help | --version

          --model PATH     a GGUF file or a Hugging Face directory   (INGOT_MODEL)
          --adapter DIR    a PEFT adapter's directory                (INGOT_ADAPTER)
          --name NAME      the model's name in the API               (INGOT_NAME)
          --host ADDRESS   an IP address; default 0.0.0.0            (INGOT_HOST)
          --port PORT      default 8080                              (INGOT_PORT)
          --threads N      default: one for each processor           (INGOT_THREADS)

        health exits with status 0 when the server on this machine answers well, else 1.
        """

    package init(
        arguments: [String],
        environment: [String: String],
        processorCount: Int
    ) throws(InferenceError) {
        var rest = arguments[...]
        let isHealth = rest.first.map { $0.utf8.elementsEqual("health".utf8) } ?? false
        if isHealth || rest.first == "serve" { rest.removeFirst() }
        var values = Self.values(from: environment)
        while let flag = rest.popFirst() {
            if flag == "--help" || flag == "-h" { self = .help; return }
            if flag == "--version" { self = .version; return }
            let known = isHealth ? ["port"] : Self.names
            guard flag.hasPrefix("--"), known.contains(String(flag.dropFirst(2))) else {
                let hint = Spelling.nearest(to: flag, among: known.map { "--\($0)" })
                throw .usage("\(flag) is not known\(hint.map { ": did you mean \($0)?" } ?? "")")
            }
            guard let value = rest.popFirst() else { throw .usage("\(flag) needs a value") }
            values[String(flag.dropFirst(2))] = value
        }
        let port = try Self.number("port", values, in: 0...65535) ?? 8080
        if isHealth { self = .health(port: port); return }
        guard let model = values["model"] else {
            throw .usage("which model? use --model PATH or INGOT_MODEL")
        }
        let threads = try Self.number("threads", values, in: 1...1024) ?? processorCount
        self = .serve(
            ServerOptions(
                modelPath: model,
                adapterPath: values["adapter"],
                name: values["name"] ?? ServerOptions.name(ofPath: values["adapter"] ?? model),
                host: values["host"] ?? "0.0.0.0",
                port: port,
                threads: threads
            )
        )
    }

    private static let names = ["model", "adapter", "name", "host", "port", "threads"]

    private static func values(from environment: [String: String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            if let value = environment["INGOT_\(name.uppercased())"], !value.isEmpty {
                values[name] = value
            }
        }
        return values
    }

    private static func number(
        _ name: String,
        _ values: [String: String],
        in range: ClosedRange<Int>
    ) throws(InferenceError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .usage(
                "--\(name) \(text): expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }
}

/// How `ingot-infer serve` runs.
package struct ServerOptions: Hashable, Sendable {
    package var modelPath: String
    package var adapterPath: String?
    package var name: String
    package var host: String
    package var port: Int
    package var threads: Int

    /// The last part of a path, without `.gguf`.
    static func name(ofPath path: String) -> String {
        let last = path.split(separator: "/").last.map { String($0) } ?? path
        return last.hasSuffix(".gguf") ? String(last.dropLast(5)) : last
    }
}

extension InferenceError {
    fileprivate static func usage(_ problem: String) -> InferenceError {
        InferenceError(.usage, "\(problem); see ingot-infer --help")
    }
}
