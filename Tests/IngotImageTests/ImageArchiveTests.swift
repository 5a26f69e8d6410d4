// SPDX-License-Identifier: Apache-2.0

import IngotArchive
import IngotCore
import IngotCrypto
import IngotFiles
import Synchronization
import Testing

@testable import IngotImage

@Suite struct ImageArchiveTests {
    @Test("two builds write the same bytes, and reading gives back the image")
    func roundTrip() throws {
        let scratch = try Scratch()
        let plan = try sampleImage().plan()
        try plan.writeArchive(to: ArchiveFile(creating: scratch.file("1.tar")), name: sampleName())
        try sampleImage().plan().writeArchive(
            to: ArchiveFile(creating: scratch.file("2.tar")),
            name: sampleName()
        )
        let bytes = try Files.read(scratch.file("1.tar"))
        #expect(try bytes == Files.read(scratch.file("2.tar")))
        #expect(try Files.names(in: scratch.path) == ["1.tar", "2.tar"])

        let archive = try ImageArchive(reading: scratch.file("1.tar"))
        #expect(archive.digest == plan.digest)
        #expect(archive.manifestBytes == plan.manifestBytes)
        #expect(archive.tag == "v7")
        #expect(archive.config["architecture"] == "amd64")
        let evidence = try archive.files(inLayer: ServingImage.evidenceLayer)
        #expect(evidence.map(\.path) == ["evidence/verdict.json"])
        #expect(evidence.map(\.bytes) == [Array("{\"a\":1}".utf8)])
        #expect(try archive.files(inLayer: "other").isEmpty)
    }

    @Test("the metadata comes before the blobs")
    func order() throws {
        let scratch = try Scratch()
        try sampleImage().plan().writeArchive(
            to: ArchiveFile(creating: scratch.file("1.tar")),
            name: sampleName()
        )
        let reader = try ArchiveReader(path: scratch.file("1.tar"))
        var paths: [String] = []
        while let entry = try reader.next() { paths.append(entry.path) }
        #expect(
            paths.prefix(5)
                == ["oci-layout", "index.json", "manifest.json", "blobs", "blobs/sha256"]
        )
        #expect(paths.count == 5 + 2 + 4)
    }

    @Test("index.json and manifest.json name the image for containerd, skopeo and Docker")
    func names() throws {
        let scratch = try Scratch()
        let plan = try sampleImage().plan()
        try plan.writeArchive(to: ArchiveFile(creating: scratch.file("1.tar")), name: sampleName())
        let reader = try ArchiveReader(path: scratch.file("1.tar"))
        var files: [String: JSONValue] = [:]
        while let entry = try reader.next() {
            guard entry.path.hasSuffix(".json") else { continue }
            files[entry.path] = try JSONValue(parsing: reader.readContent(limit: 1 << 20))
        }
        let annotations = files["index.json"]?["manifests"]?.array?.first?["annotations"]
        #expect(annotations?["org.opencontainers.image.ref.name"] == "v7")
        #expect(
            annotations?["io.containerd.image.name"] == "docker.io/library/support-intents:v7"
        )
        let docker = files["manifest.json"]?.array?.first
        #expect(docker?["RepoTags"] == ["support-intents:v7"])
        #expect(docker?["Config"] == .string("blobs/sha256/\(plan.manifest.config.digest.hex)"))
        #expect(docker?["Layers"]?.array?.count == 4)
    }

    @Test("two equal layers are one blob")
    func equalLayers() throws {
        let scratch = try Scratch()
        let files = [LayerFile(path: "a", content: .bytes([1]))]
        let plan = try ImagePlan(
            layers: [ImageLayer(name: "x", files: files), ImageLayer(name: "y", files: files)],
            settings: ImageSettings()
        )
        try plan.writeArchive(to: ArchiveFile(creating: scratch.file("1.tar")), name: sampleName())
        #expect(try ImageArchive(reading: scratch.file("1.tar")).manifest.layers.count == 2)
    }

    @Test("a file that changes between hashing and writing fails the build and leaves nothing")
    func changedFile() throws {
        let scratch = try Scratch()
        var image = sampleImage()
        let calls = Mutex(0)
        image.base = [
            LayerFile(
                path: "model.gguf",
                content: .stream(byteCount: 1) { sink in
                    let call = calls.withLock { count in
                        count += 1
                        return count
                    }
                    try sink([UInt8(call)].span)
                }
            )
        ]
        let plan = try image.plan()
        #expect(throws: ImageError.self) {
            try plan.writeArchive(
                to: ArchiveFile(creating: scratch.file("1.tar")),
                name: sampleName()
            )
        }
        #expect(try Files.names(in: scratch.path).isEmpty)
    }

    @Test("a file that grew or shrank since it was measured fails the build", arguments: [4, 6])
    func resizedFile(byteCount: Int) throws {
        let scratch = try Scratch()
        try Files.replace(scratch.file("model.gguf"), with: [UInt8](repeating: 1, count: 5))
        var image = sampleImage()
        image.base = [
            try LayerFile(path: "model.gguf", copying: scratch.file("model.gguf"))
        ]
        try Files.replace(
            scratch.file("model.gguf"),
            with: [UInt8](repeating: 1, count: byteCount)
        )
        #expect(throws: ArchiveError.self) { try image.plan() }
    }

    @Test("a changed byte in any blob is found")
    func damagedBlob() throws {
        let scratch = try Scratch()
        let path = scratch.file("1.tar")
        try sampleImage().plan().writeArchive(to: ArchiveFile(creating: path), name: sampleName())
        let bytes = try Files.read(path)
        // The last file of the last layer lies before four zero blocks.
        for text in ["weights", "program", "\"a\":1", "diff_ids"] {
            let pattern = Array(text.utf8)
            let place = try #require(
                bytes.indices.first { bytes[$0...].starts(with: pattern) }
            )
            var damaged = bytes
            damaged[place] ^= 1
            try Files.replace(path, with: damaged)
            #expect(throws: ImageError.self, "\(text)") { try ImageArchive(reading: path) }
        }
    }

    @Test("archives that are not one whole image are refused")
    func incomplete() throws {
        let scratch = try Scratch()
        let path = scratch.file("1.tar")
        try sampleImage().plan().writeArchive(to: ArchiveFile(creating: path), name: sampleName())
        let reader = try ArchiveReader(path: path)
        var entries: [(path: String, bytes: [UInt8])] = []
        while let entry = try reader.next(), !entry.isDirectory {
            entries.append((entry.path, try reader.readContent(limit: 1 << 20)))
        }
        #expect(entries.count == 3)
        try refuse(entries, at: path)
        try refuse([], at: path)
        try refuse([("index.json", Array("{".utf8))], at: path)
        try refuse([("index.json", Array("{\"manifests\":[]}".utf8))], at: path)
        try refuse([("blobs/sha256/short", [1])], at: path)
    }

    private func refuse(_ entries: [(path: String, bytes: [UInt8])], at path: String) throws {
        let output = Mutex([UInt8]())
        let writer = TarWriter { piece in
            output.withLock { for index in piece.indices { $0.append(piece[index]) } }
        }
        for entry in entries { try writer.add(path: entry.path, bytes: entry.bytes) }
        try writer.finish()
        try Files.replace(path, with: output.withLock { $0 })
        #expect(throws: ImageError.self) { try ImageArchive(reading: path) }
    }
}
