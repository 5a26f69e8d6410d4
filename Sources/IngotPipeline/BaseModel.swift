// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore
internal import IngotFiles
package import IngotModel
internal import IngotStore

/// A checkpoint version opened for computing: weights mapped in place, tokenizer, chat format.
package struct BaseModel: Sendable {
    package let digest: Digest
    package let model: Model
    package let tokenizer: Tokenizer
    package let chat: ChatFormat
}

extension PipelineContext {
    /// Opens a checkpoint version.
    ///
    /// Its raw files are mapped from the store; a checkpoint in Hugging Face's layout is linked
    /// into a scratch directory while it is loaded.
    package func openBase(_ digest: Digest) throws -> BaseModel {
        let manifest = try store.manifest(digest)
        guard manifest.kind == .checkpoint else {
            let kind = manifest.kind?.rawValue ?? "something else"
            throw PipelineError("\(digest): a checkpoint is expected, this is \(kind)")
        }
        let loaded = try withDirectory(of: store.readTree(of: digest)) {
            try LoadedModel.load(at: $0)
        }
        return BaseModel(
            digest: digest,
            model: loaded.model,
            tokenizer: loaded.tokenizer,
            chat: try ChatFormat(tokenizer: loaded.tokenizer)
        )
    }

    /// A scratch directory that looks like the version: links to raw blobs, copies of the rest.
    ///
    /// Mappings made inside outlive it.
    private func withDirectory<Result>(
        of entries: [TreeEntry],
        _ body: (String) throws -> Result
    ) throws -> Result {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let directory = "\(base)/ingot-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(directory)
        let result: Swift.Result<Result, any Error>
        do {
            for entry in entries {
                let path = "\(directory)/\(entry.path)"
                if let slash = path.lastIndex(of: "/") {
                    try Files.makeDirectories(String(path[..<slash]))
                }
                if let raw = store.rawPath(entry) {
                    guard symlink(raw, path) == 0 else { throw FileError.last("link", path) }
                } else {
                    try Files.replace(path, with: store.readFile(entry))
                }
            }
            result = .success(try body(directory))
        } catch { result = .failure(error) }
        try Files.remove(directory)
        return try result.get()
    }

    /// The adapter of a version, for the base that it was trained on.
    ///
    /// - Throws: `PipelineError` where it is another base's, `ModelFileError` for other shapes.
    package func openAdapter(_ digest: Digest, for base: BaseModel) throws -> Adapter {
        if let named = try store.config(of: store.manifest(digest))["base"]?.string,
            named != base.digest.description
        {
            throw PipelineError(
                "\(digest): the adapter was trained on the base \(named), this is \(base.digest)"
            )
        }
        let entries = try store.readTree(of: digest)
        func bytes(_ name: String) throws -> [UInt8] {
            guard let entry = entries.first(where: { $0.path == name }) else {
                throw PipelineError("\(digest): it has no \(name), so it is no adapter")
            }
            return try store.readFile(entry)
        }
        return try Adapter(
            directoryFiles: bytes(Adapter.configurationFileName),
            weights: bytes(Adapter.weightsFileName),
            for: base.model.configuration
        )
    }
}
