// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The one layout of Ingot's serving images, which their environment tells `ingot-infer`.
///
/// ```
/// /ingot-infer            the static model server               layer runtime
/// /etc/passwd, /etc/group the user 65532                        layer runtime
/// /models/base/…          model.gguf, or Hugging Face's files   layer base
/// /models/adapter/…       PEFT's two files; absent for a bare checkpoint   layer adapter
/// /evidence/…             envelopes of the verdict              layer evidence
/// ```
///
/// Layers go from what changes least to what changes most, so that a promotion ships the adapter.
package struct ServingImage: Sendable {
    /// The model server's program.
    package var server: LayerFile.Content
    /// Paths relative to `/models/base`.
    package var base: [LayerFile]
    /// Paths relative to `/models/adapter`; empty for a checkpoint without an adapter.
    package var adapter: [LayerFile]
    /// Paths relative to `/evidence`; empty when there is none.
    package var evidence: [LayerFile]
    /// The model's name in the API.
    package var modelName: String
    /// Added to the image's labels and to its manifest's annotations.
    package var labels: [String: String]

    /// The program's name, beside `ingot` and in images.
    package static let serverName = "ingot-infer"
    package static let serverPath = "/\(serverName)"
    /// What the server is built for.
    package static let platform = "linux/\(ImageSettings.architectureOfServer)"
    package static let basePath = "/models/base"
    package static let adapterPath = "/models/adapter"
    package static let evidencePath = "/evidence"
    package static let evidenceLayer = "evidence"

    package init(
        server: LayerFile.Content,
        base: [LayerFile],
        adapter: [LayerFile] = [],
        evidence: [LayerFile] = [],
        modelName: String,
        labels: [String: String] = [:]
    ) {
        self.server = server
        self.base = base
        self.adapter = adapter
        self.evidence = evidence
        self.modelName = modelName
        self.labels = labels
    }

    /// Reads every file once, to hash it; blocking.
    package func plan() throws -> ImagePlan {
        guard let model = try modelPath() else {
            throw ImageError("image of \(modelName): the base has no files")
        }
        var layers = [
            ImageLayer(name: "runtime", files: runtimeFiles),
            ImageLayer(name: "base", files: Self.moved(base, to: Self.basePath)),
        ]
        var settings = ImageSettings()
        settings.environment = ["INGOT_MODEL": model, "INGOT_NAME": modelName]
        settings.labels = labels
        if !adapter.isEmpty {
            layers.append(
                ImageLayer(name: "adapter", files: Self.moved(adapter, to: Self.adapterPath))
            )
            settings.environment["INGOT_ADAPTER"] = Self.adapterPath
        }
        if !evidence.isEmpty {
            layers.append(
                ImageLayer(
                    name: Self.evidenceLayer,
                    files: Self.moved(evidence, to: Self.evidencePath)
                )
            )
        }
        return try ImagePlan(layers: layers, settings: settings, annotations: labels)
    }

    /// The base's only GGUF, else the directory of its Hugging Face files.
    private func modelPath() throws -> String? {
        let ggufs = base.filter { $0.path.utf8.suffix(5).elementsEqual(".gguf".utf8) }
        guard ggufs.count < 2 else {
            throw ImageError(
                "image of \(modelName): the base has \(ggufs.count) GGUF files; one can be served"
            )
        }
        if let gguf = ggufs.first { return "\(Self.basePath)/\(gguf.path)" }
        return base.isEmpty ? nil : Self.basePath
    }

    private var runtimeFiles: [LayerFile] {
        [
            LayerFile(path: Self.serverName, isExecutable: true, content: server),
            LayerFile(
                path: "etc/passwd",
                content: .bytes(Array("ingot:x:65532:65532::/:/sbin/nologin\n".utf8))
            ),
            LayerFile(path: "etc/group", content: .bytes(Array("ingot:x:65532:\n".utf8))),
        ]
    }

    private static func moved(_ files: [LayerFile], to directory: String) -> [LayerFile] {
        files.map {
            LayerFile(
                path: "\(directory.dropFirst())/\($0.path)",
                isExecutable: $0.isExecutable,
                content: $0.content
            )
        }
    }
}
