// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles

/// The files of a model directory in Hugging Face's layout, and which of them are a model's.
struct HuggingFaceDirectory {
    let path: String

    init(_ path: String) { self.path = path }

    static let configuration = "config.json"
    static let generation = "generation_config.json"
    static let weights = "model.safetensors"
    static let index = "model.safetensors.index.json"
    static let tokenizer = "tokenizer.json"
    static let tokenizerConfiguration = "tokenizer_config.json"
    static let chatTemplate = "chat_template.jinja"
    static let readme = "README.md"

    /// A 405B model has 191 shards.
    static let shardLimit = 4096

    /// All tensors of the weights, whatever files they are in.
    func tensors() throws -> [StoredTensor] { try BitsAndBytes.tensors(of: entries()) }

    private func entries() throws -> [SafetensorsEntry] {
        // `from_pretrained` takes the single file when both are there.
        if try exists(Self.weights) { return try open(Self.weights).entries }
        guard let index = try JSONFields.read("\(path)/\(Self.index)", limit: 1 << 26) else {
            throw ModelFileError(
                path,
                "has neither \(Self.weights) nor \(Self.index)",
                remedy: "convert the weights to safetensors"
            )
        }
        return try shards(index)
    }

    /// The names of the files that hold the weights.
    func weightFiles() throws -> [String] {
        if try exists(Self.weights) { return [Self.weights] }
        guard let index = try JSONFields.read("\(path)/\(Self.index)", limit: 1 << 26) else {
            return []
        }
        return try places(index).files + [Self.index]
    }

    private func exists(_ name: String) throws -> Bool {
        switch try Files.entry(at: "\(path)/\(name)") {
        case .file, .link: true
        default: false
        }
    }

    private func open(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(MappedFile(path: "\(path)/\(name)"))
    }

    private func shards(_ index: JSONFields) throws -> [SafetensorsEntry] {
        let places = try places(index)
        var tensors: [SafetensorsEntry] = []
        for name in places.files {
            for tensor in try open(name).entries {
                guard places.fileOf[tensor.name] == name else {
                    throw ModelFileError(
                        tensor.file.path,
                        place: "tensor \(tensor.name)",
                        "is not in this file according to \(Self.index)",
                        remedy: "index and shards are of different models: fetch them again"
                    )
                }
                tensors.append(tensor)
            }
        }
        // Every tensor found is in the index, and names are unique in a file: counts decide.
        guard tensors.count == places.fileOf.count else {
            let found = Set(tensors.map(\.name))
            let missing = places.fileOf.keys.filter { !found.contains($0) }
                .min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            throw ModelFileError(
                index.file,
                place: "tensor \(missing ?? "")",
                "is in no shard",
                remedy: "a shard is incomplete: fetch it again"
            )
        }
        return tensors
    }

    /// Tensor → file, and the files in the order of their names.
    private func places(
        _ index: JSONFields
    ) throws(ModelFileError) -> (fileOf: [String: String], files: [String]) {
        guard let map = try index.object("weight_map") else {
            throw index.failure("weight_map", "is missing")
        }
        var fileOf: [String: String] = [:]
        for (tensor, value) in map.members {
            guard let name = value.string, Self.isShardName(name) else {
                throw index.failure(
                    "weight_map",
                    "'\(value.string ?? "…")' is not the name of a shard beside it"
                )
            }
            fileOf[tensor] = name
        }
        let files = Set(fileOf.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !files.isEmpty, files.count <= Self.shardLimit else {
            throw index.failure("weight_map", "names \(files.count) files")
        }
        return (fileOf, files)
    }

    /// A plain name: no directory can be left and no other kind of file opened.
    static func isShardName(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 >= 0x20 && $0 < 0x7F }
    }
}
