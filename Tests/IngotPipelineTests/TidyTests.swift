// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import Testing

/// What a build cannot check: arrows between modules, one importer a heavy dependency, banned
/// calls.
@Suite("Tidy")
struct TidyTests {
    private static let sources =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Sources"

    /// Modules by layer; imports go down, or along the few arrows named beside.
    private static let layers: [[String]] = [
        ["COpenSSL", "CLibArchive", "CZstd", "CIngotKernels"],
        ["IngotCore"],
        [
            "IngotFiles", "IngotCrypto", "IngotArchive", "IngotYAML", "IngotTemplate",
            "IngotTensor", "IngotModel", "IngotHTTP",
        ],
        [
            "IngotStore", "IngotCatalog", "IngotData", "IngotTrainer", "IngotEvaluation",
            "IngotImage",
        ],
        ["IngotWorkspace", "IngotEvidence", "IngotRemote", "IngotDVC"],
        ["IngotDeploy", "IngotPipeline", "IngotAudit", "IngotTransfer"],
        ["IngotInference", "IngotServer"],
        ["ingot", "ingot-infer", "ingot-bench"],
    ]

    private static let arrowsWithinLayers: Set<String> = [
        "IngotModel→IngotTensor", "IngotModel→IngotFiles", "IngotCatalog→IngotStore",
        "IngotEvaluation→IngotData", "IngotPipeline→IngotDeploy",
    ]

    private static let importers = [
        "GRDB": "IngotCatalog", "Yams": "IngotYAML", "COpenSSL": "IngotCrypto",
        "CZstd": "IngotStore", "CLibArchive": "IngotArchive", "AsyncHTTPClient": "IngotRemote",
        "CIngotKernels": "IngotTensor",
    ]

    private static let banned = [
        "fatalError(", "try!", "@unchecked Sendable", "Task.detached", "DispatchQueue",
        "String(format:", "JSONSerialization", "DateFormatter",
    ]

    /// GRDB's rows hold `Data`, Yams's errors come from it.
    private static let foundationModules = ["ingot", "ingot-bench", "IngotCatalog", "IngotYAML"]

    /// Banned calls that a reader has agreed to, by file name.
    private static let agreed = [
        // zstd's contexts: one owner at a time, behind a mutex.
        "ChunkCodec.swift": "@unchecked Sendable"
    ]

    private struct SourceFile {
        let module: String
        let path: String
        let lines: [Substring]

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    private func files() throws -> [SourceFile] {
        var found: [SourceFile] = []
        func walk(_ directory: String, module: String) throws {
            for name in try Files.names(in: directory) {
                let path = "\(directory)/\(name)"
                if try Files.entry(at: path) == .directory {
                    try walk(path, module: module)
                } else if name.hasSuffix(".swift") {
                    let text = String(decoding: try Files.read(path), as: UTF8.self)
                    found.append(
                        SourceFile(
                            module: module,
                            path: path,
                            lines: text.split(separator: "\n", omittingEmptySubsequences: false)
                        )
                    )
                }
            }
        }
        for module in try Files.names(in: Self.sources) {
            try walk("\(Self.sources)/\(module)", module: module)
        }
        return found
    }

    private func imports(_ file: SourceFile) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index < 3, index + 1 < words.count,
                !line.hasPrefix("//"), !line.hasPrefix(" ")
            else { return nil }
            return String(words[index + 1])
        }
    }

    @Test("every arrow between modules points down")
    func arrows() throws {
        func layer(_ module: String) -> Int? {
            Self.layers.firstIndex { $0.contains(module) }
        }
        for file in try files() {
            let own = try #require(layer(file.module), "\(file.module) is in no layer")
            for imported in imports(file) {
                guard let other = layer(imported) else { continue }
                let arrow = "\(file.module)→\(imported)"
                #expect(
                    other < own || Self.arrowsWithinLayers.contains(arrow),
                    "\(file.path) imports \(imported)"
                )
            }
        }
    }

    @Test("every heavy dependency has one importer")
    func oneImporter() throws {
        for file in try files() {
            for imported in imports(file) {
                guard let owner = Self.importers[imported] else { continue }
                #expect(file.module == owner, "\(file.path) imports \(imported)")
            }
        }
    }

    @Test("Foundation stays in the command line")
    func foundation() throws {
        for file in try files() where !Self.foundationModules.contains(file.module) {
            #expect(!imports(file).contains("Foundation"), "\(file.path)")
        }
    }

    @Test("the model server reaches no database, YAML, OpenSSL or Foundation")
    func modelServer() throws {
        let all = try files()
        var reached: Set<String> = []
        var queue = ["ingot-infer"]
        while let module = queue.popLast() {
            guard reached.insert(module).inserted else { continue }
            queue += all.filter { $0.module == module }.flatMap(imports)
        }
        #expect(reached.contains("IngotInference"))
        for heavy in ["GRDB", "Yams", "COpenSSL", "CZstd", "CLibArchive", "Foundation"] {
            #expect(!reached.contains(heavy))
        }
    }

    @Test("no banned call")
    func bannedCalls() throws {
        for file in try files() {
            for (number, line) in file.lines.enumerated() where !line.contains("//") {
                for call in Self.banned where Self.agreed[file.name] != call {
                    #expect(!line.contains(call), "\(file.path):\(number + 1): \(call)")
                }
            }
        }
    }
}
