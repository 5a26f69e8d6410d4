// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotData
internal import IngotEvaluation
internal import IngotFiles
internal import IngotYAML

extension Recipe {
    /// Reads a recipe and the gate file it names, which is looked for beside it.
    ///
    /// - Throws: `PipelineError` that names the file, the key and the nearest known key.
    package init(path: String) throws {
        let bytes = try Files.read(path, limit: YAMLDocument.byteLimit)
        try self.init(bytes: bytes, path: path) { name in
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            let gatePath = name.hasPrefix("/") ? name : folder + name
            return (gatePath, try Files.read(gatePath, limit: YAMLDocument.byteLimit))
        }
    }

    package init(
        bytes: [UInt8],
        path: String,
        gateFile: (String) throws -> (path: String, bytes: [UInt8])
    ) throws {
        self.bytes = bytes
        do {
            var root = try FieldReader(YAMLDocument.parse(bytes))
            name = try root.require(root.string("name"), "name")
            base = try Self.reference("base", &root)
            data = try Self.reference("data", &root)
            if let trainer = try root.string("trainer"), trainer != "embedded" {
                throw PipelineError(
                    "trainer: '\(trainer)' is reserved for later; leave it out or say 'embedded'"
                )
            }
            prepare = try Self.prepare(&root)
            train = try Self.train(&root)
            evaluate = try Self.evaluate(&root)
            let gateName = try root.require(root.string("gate"), "gate")
            let (gatePath, gateBytes) = try gateFile(gateName)
            gate = try Self.gate(gateBytes, path: gatePath)
            promote = try Self.promote(&root)
            image = try Self.image(&root)
            try root.finish()
        } catch let error as FileError {
            throw error
        } catch let error as any IngotError {
            throw PipelineError("\(path): \(error.message)")
        }
    }

    /// What a training reads of a recipe whose bytes alone are there: the base that it names, and its
    /// train section.
    static func training(bytes: [UInt8]) throws -> (base: Reference, train: Train) {
        var root = try FieldReader(YAMLDocument.parse(bytes))
        return (try reference("base", &root), try train(&root))
    }

    private static func reference(
        _ name: String,
        _ reader: inout FieldReader
    ) throws -> Reference {
        try Reference(parsing: reader.require(reader.string(name), name))
    }

    private static func repository(_ reader: inout FieldReader) throws -> RepositoryName {
        try RepositoryName(parsing: reader.require(reader.string("repository"), "repository"))
    }

    private static func prepare(_ root: inout FieldReader) throws -> Prepare {
        let part = try root.required("prepare")
        guard var members = part.object, let name = members.removeValue(forKey: "repository") else {
            throw FieldError("prepare.repository is missing")
        }
        guard let text = name.string else {
            throw FieldError("prepare.repository: expected text")
        }
        return Prepare(
            repository: try RepositoryName(parsing: text),
            configuration: try PrepareConfiguration(json: .object(members)),
            part: part
        )
    }

    private static func train(_ root: inout FieldReader) throws -> Train {
        let part = try root.required("train")
        var reader = try FieldReader(part, path: "train")
        let repository = try repository(&reader)
        let settings = try TrainingSettings(&reader)
        try reader.finish()
        return Train(repository: repository, settings: settings, part: part)
    }

    private static func evaluate(_ root: inout FieldReader) throws -> Evaluate {
        let part = root.value("evaluate") ?? .object([:])
        var reader = try FieldReader(part, path: "evaluate")
        let split = try reader.string("split") ?? "test"
        guard split == "test" || split == "validation" else {
            throw FieldError("evaluate.split: '\(split)' is neither test nor validation")
        }
        let limit = try reader.integer("answer_tokens") ?? 16
        guard (1...4096).contains(limit) else {
            throw FieldError("evaluate.answer_tokens: expected 1 to 4096")
        }
        let seed = try reader.integer("seed") ?? 0
        try reader.finish()
        return Evaluate(
            split: split,
            answerTokenLimit: limit,
            seed: UInt64(bitPattern: Int64(seed)),
            part: part
        )
    }

    private static func gate(_ bytes: [UInt8], path: String) throws -> Gate {
        do {
            return Gate(bytes: bytes, policy: try GatePolicy(json: YAMLDocument.parse(bytes)))
        } catch let error as any IngotError {
            throw PipelineError("gate \(path): \(error.message)")
        }
    }

    private static func promote(_ root: inout FieldReader) throws -> Promote? {
        guard var reader = try root.object("promote") else { return nil }
        let environment = try reader.require(reader.string("environment"), "environment")
        try reader.finish()
        return Promote(environment: environment)
    }

    private static func image(_ root: inout FieldReader) throws -> Image? {
        guard var reader = try root.object("image") else { return nil }
        let repository = try repository(&reader)
        let output = try reader.require(reader.string("output"), "output")
        try reader.finish()
        return Image(repository: repository, output: output)
    }
}
