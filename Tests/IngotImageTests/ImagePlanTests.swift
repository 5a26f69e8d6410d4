// SPDX-License-Identifier: Apache-2.0

import IngotArchive
import IngotCore
import IngotCrypto
import IngotFiles
import Synchronization
import Testing

@testable import IngotImage

/// A directory that goes when the test does.
final class Scratch: Sendable {
    let path = "/tmp/ingot-image-\(UInt64.random(in: .min ... .max))"

    init() throws { try Files.makeDirectories(path) }

    deinit { try? Files.remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A serving image of made-up small files.
func sampleImage() -> ServingImage {
    ServingImage(
        server: .bytes(Array("program".utf8)),
        base: [LayerFile(path: "model.gguf", content: .bytes(Array("weights".utf8)))],
        adapter: [
            LayerFile(path: "adapter_config.json", content: .bytes(Array("{}".utf8))),
            LayerFile(
                path: "adapter_model.safetensors",
                content: .stream(byteCount: 3000) { sink in
                    for _ in 0..<3 { try sink([UInt8](repeating: 9, count: 1000).span) }
                }
            ),
        ],
        evidence: [LayerFile(path: "verdict.json", content: .bytes(Array("{\"a\":1}".utf8)))],
        modelName: "support-intents",
        labels: ["org.opencontainers.image.title": "support-intents"]
    )
}

func sampleName() throws -> ImageName {
    ImageName(
        repository: try RepositoryName(parsing: "support-intents"),
        tag: try Tag(parsing: "v7")
    )
}

@Suite struct ImagePlanTests {
    @Test("the digest is pinned: it may change only with the format")
    func pinnedDigest() throws {
        let plan = try sampleImage().plan()
        #expect(
            plan.digest.description
                == "sha256:bb7b8fe403d38def8e2f409ed7a7bf54ea1baa85ff82901aece7d1507aed7cf9"
        )
        #expect(plan.digest == .of(plan.manifestBytes))
    }

    @Test("layers go from runtime to evidence, and each diff_id is the layer's own digest")
    func layers() throws {
        let plan = try sampleImage().plan()
        #expect(
            plan.manifest.layers.map { $0.annotations["dev.ingot.layer"] }
                == ["runtime", "base", "adapter", "evidence"]
        )
        let config = try JSONValue(parsing: plan.configBytes)
        #expect(
            config["rootfs"]?["diff_ids"]?.array?.compactMap(\.string)
                == plan.manifest.layers.map(\.digest.description)
        )
        #expect(plan.manifest.config.digest == .of(plan.configBytes))
    }

    @Test("a container runs the server as user 65532 with the paths of the layout")
    func settings() throws {
        let config = try JSONValue(parsing: sampleImage().plan().configBytes)["config"]
        #expect(config?["User"] == "65532:65532")
        #expect(config?["Entrypoint"] == ["/ingot-infer"])
        #expect(config?["Cmd"] == ["serve"])
        #expect(config?["ExposedPorts"] == ["8080/tcp": [:]])
        #expect(
            config?["Env"] == [
                "INGOT_ADAPTER=/models/adapter", "INGOT_MODEL=/models/base/model.gguf",
                "INGOT_NAME=support-intents",
            ]
        )
        #expect(config?["Healthcheck"]?["Test"] == ["CMD", "/ingot-infer", "health"])
    }

    @Test("a checkpoint without adapter and evidence has two layers and serves the directory")
    func checkpointAlone() throws {
        var image = sampleImage()
        image.base = [
            LayerFile(path: "model.safetensors", content: .bytes([1])),
            LayerFile(path: "config.json", content: .bytes([2])),
        ]
        image.adapter = []
        image.evidence = []
        let plan = try image.plan()
        #expect(plan.manifest.layers.count == 2)
        #expect(plan.settings.environment["INGOT_MODEL"] == "/models/base")
        #expect(plan.settings.environment["INGOT_ADAPTER"] == nil)
    }

    @Test("the order in which files are given changes nothing")
    func orderOfFiles() throws {
        var image = sampleImage()
        image.adapter.reverse()
        #expect(try image.plan().digest == sampleImage().plan().digest)
    }

    @Test("a layer's tar lists the directories above its files, each before its content")
    func directories() throws {
        let layer = ImageLayer(
            name: "base",
            files: [
                LayerFile(path: "models/base/a/b.bin", content: .bytes([1])),
                LayerFile(path: "models/base/a.bin", content: .bytes([2])),
            ]
        )
        let output = Mutex([UInt8]())
        try layer.write { piece in
            output.withLock { for index in piece.indices { $0.append(piece[index]) } }
        }
        let reader = try ArchiveReader(bytes: output.withLock { $0 }, name: "layer")
        var paths: [String] = []
        while let entry = try reader.next() { paths.append(entry.path) }
        #expect(
            paths == [
                "models", "models/base", "models/base/a", "models/base/a.bin",
                "models/base/a/b.bin",
            ]
        )
    }

    @Test("refuses an image without base, with two models, or with one path twice")
    func impossibleImages() {
        var image = sampleImage()
        image.base = []
        #expect(throws: ImageError.self) { try image.plan() }
        image.base = ["a.gguf", "b.gguf"].map { LayerFile(path: $0, content: .bytes([1])) }
        #expect(throws: ImageError.self) { try image.plan() }
        image.base = ["a", "a"].map { LayerFile(path: $0, content: .bytes([1])) }
        #expect(throws: ArchiveError.self) { try image.plan() }
        image.base = ["a", "a/b"].map { LayerFile(path: $0, content: .bytes([1])) }
        #expect(throws: ArchiveError.self) { try image.plan() }
        #expect(throws: ImageError.self) { try LayerFile(path: "a", copying: "/tmp") }
    }
}
