// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Which files of a directory are a model's, and what must not come with them.
extension HuggingFaceDirectory {
    private static let known: Set<String> = [
        configuration, generation, tokenizer, tokenizerConfiguration, chatTemplate, readme,
        "added_tokens.json", "merges.txt", "special_tokens_map.json", "vocab.json", "LICENSE",
        "LICENSE.md", "LICENSE.txt", "NOTICE", "NOTICE.txt", "USE_POLICY.md",
    ]

    private static let pickleSuffixes = [".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"]

    /// The names to keep, sorted by bytes.
    ///
    /// - Throws: `ModelFileError` for a pickle, told by its content or its name.
    func modelFiles() throws -> [String] {
        var names = try Set(weightFiles())
        for name in try Files.names(in: path) {
            let file = "\(path)/\(name)"
            switch try Files.entry(at: file) {
            case .file, .link: break
            default: continue
            }
            // A link to a directory is none of a model's files.
            guard try Files.entry(at: file + "/.") == nil else { continue }
            try refusePickle(file)
            if Self.known.contains(name) { names.insert(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func refusePickle(_ file: String) throws {
        let mapped = try MappedFile(path: file)
        // Safe: a copy of at most four bytes of the file.
        let start = unsafe Array(mapped.bytes.prefix(4))
        let isZip = start == [0x50, 0x4B, 0x03, 0x04]
        // PROTO and its version, with which every pickle of protocol 2 and later starts.
        let isPickle = start.count >= 2 && start[0] == 0x80 && (2...5).contains(start[1])
        guard isZip || isPickle || Self.pickleSuffixes.contains(where: file.hasSuffix) else {
            return
        }
        throw ModelFileError(
            file,
            "is a pickle, which runs code when it is loaded",
            remedy: "keep the safetensors and remove this file"
        )
    }

    /// `license:` in the front matter of the model card.
    func licence() throws -> String? {
        guard try Files.entry(at: "\(path)/\(Self.readme)") != nil else { return nil }
        let text = String(
            decoding: try Files.read("\(path)/\(Self.readme)", limit: 1 << 24),
            as: UTF8.self
        )
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "---" else { return nil }
        for line in lines.dropFirst() {
            if line == "---" { return nil }
            guard line.hasPrefix("license:") else { continue }
            let value = line.dropFirst("license:".count).drop { $0 == " " }
            return value.isEmpty ? nil : String(value)
        }
        return nil
    }
}
