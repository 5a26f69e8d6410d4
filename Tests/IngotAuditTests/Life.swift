// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotFiles
import IngotStore

@testable import IngotAudit

/// A small model's whole life in a real store: data, base, training, evaluation, verdict, promotion
/// and image, with a clock that ticks a minute at each act.
final class Life {
    let directory: String
    let blobs: BlobStore
    let catalog: Catalog
    let store: Store
    let ledger: Ledger

    static let start: Int64 = 1_767_323_045
    static let owner = "Ada"
    private(set) var digests: [String: Digest] = [:]

    init() throws {
        directory = "/tmp/ingot-audit-\(UInt64.random(in: .min ... .max))"
        let root = "\(directory)/.ingot"
        try Files.makeDirectories(root)
        blobs = try BlobStore.create(at: root)
        catalog = try Catalog.create(at: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        let keys = try KeyRing.create(
            at: "\(directory)/keys",
            storeID: "ab12",
            owner: Self.owner
        )
        let log = catalog
        ledger = Ledger(blobs: blobs, catalog: catalog, keys: keys) {
            do {
                return Timestamp(seconds: Self.start + 60 * Int64(try log.logSize()))
            } catch { return Timestamp(seconds: Self.start) }
        }
        try ledger.recordCreation()
    }

    deinit {
        do { try Files.remove(directory) } catch { print("left behind: \(error)") }
    }

    var audit: Audit { Audit(ledger: ledger) }

    func digest(_ name: String) -> Digest { digests[name] ?? Digest.of("unknown \(name)") }

    func resource(_ name: String, _ uri: String? = nil) -> ResourceRef {
        ResourceRef(name: name, uri: uri, digest: digest(name))
    }

    func blob(_ name: String, _ content: String) throws {
        digests[name] = try blobs.put(Array(content.utf8))
    }

    /// Stores a version and names it with a statement.
    func add(
        _ name: String,
        _ kind: Kind,
        _ content: String,
        act: Act,
        predicate: Predicate
    ) throws {
        let digest = try kind == .image ? image(content) : version(kind, content)
        digests[name] = digest
        try ledger.record(
            predicate,
            act: act,
            subject: Statement.Subject(name: name, digest: digest),
            changes: [
                .version(
                    repository: RepositoryName(parsing: name),
                    digest: digest,
                    kind: kind
                )
            ]
        )
    }

    private func version(_ kind: Kind, _ content: String) throws -> Digest {
        try store.writeVersion(
            kind: kind,
            config: [:],
            files: [FileSource(path: "file", content: .bytes(Array(content.utf8)))]
        ).manifestDigest
    }

    /// An image has layers and no tree; what is in them does not matter here.
    private func image(_ content: String) throws -> Digest {
        let config = Array("{}".utf8)
        let manifest = Manifest(
            artifactType: nil,
            config: Descriptor(
                mediaType: .imageConfig,
                digest: try blobs.put(config),
                byteCount: config.count
            ),
            layers: [
                Descriptor(
                    mediaType: .imageLayer,
                    digest: Digest.of(content),
                    byteCount: content.utf8.count
                )
            ]
        )
        return try blobs.put(manifest.canonicalBytes)
    }

    func context(_ run: String) -> BuildContext {
        BuildContext(
            version: "0.1.0",
            execution: Execution(
                runID: run,
                started: Timestamp(seconds: Self.start),
                finished: Timestamp(seconds: Self.start + 30)
            ),
            git: GitState(commit: String(repeating: "c", count: 40), isDirty: false)
        )
    }

    /// Everything up to a trained adapter.
    func train() throws {
        try blob("recipe", "steps: …")
        try blob("report", "{\"dropped\":{\"duplicate\":3}}")
        try blob("metrics", "{}\n")
        try add(
            "catalogue",
            .dataset,
            "raw rows",
            act: .datasetAdded,
            predicate: .datasetAdded(
                DatasetAddedFacts(
                    repository: "catalogue",
                    sources: ["dump.txt"],
                    fileCount: 1,
                    byteCount: 8
                )
            )
        )
        try add(
            "base",
            .checkpoint,
            "weights",
            act: .baseImported,
            predicate: .baseImported(
                BaseImportedFacts(
                    repository: "base",
                    format: "gguf",
                    file: ResourceRef(name: "base.gguf", digest: Digest.of("weights")),
                    source: "https://example.org/base.gguf"
                )
            )
        )
        try add(
            "prepared",
            .dataset,
            "examples",
            act: .datasetPrepared,
            predicate: .prepared(
                PreparedFacts(
                    recipe: resource("recipe"),
                    parameters: ["onePer": "Source"],
                    inputs: [resource("catalogue", "catalogue:v1")],
                    base: resource("base"),
                    program: ResourceRef(name: "ingot", digest: Digest.of("program")),
                    report: digest("report"),
                    splitCounts: ["train": 1024, "test": 200],
                    context: context("run-1")
                )
            )
        )
        try add(
            "sections",
            .adapter,
            "adapter",
            act: .adapterTrained,
            predicate: .trained(
                TrainedFacts(
                    recipe: resource("recipe"),
                    base: resource("base", "base:v1"),
                    dataset: resource("prepared", "prepared:v1"),
                    hyperparameters: ["rank": "16", "seed": "7"],
                    internalParameters: ["kernelSet": "portable"],
                    program: ResourceRef(name: "ingot", digest: Digest.of("program")),
                    metrics: digest("metrics"),
                    context: context("run-1")
                )
            )
        )
    }

    func evaluate() throws {
        try blob("outputs", "[]")
        let facts = EvaluatedFacts(
            candidate: resource("sections"),
            baselines: [resource("base"), ResourceRef(name: "majority", digest: nil)],
            dataset: resource("prepared", "prepared:v1"),
            split: ResourceRef(name: "test", digest: Digest.of("test rows")),
            exampleCount: 200,
            metrics: [
                MeasuredMetric(
                    name: "exact_match",
                    model: "candidate",
                    value: "0.565",
                    lower: "0.495",
                    upper: "0.635"
                ),
                MeasuredMetric(name: "exact_match", model: "majority", value: "0.125"),
            ],
            outputs: digest("outputs"),
            form: "unmerged",
            kernelSet: "portable",
            parameters: [:],
            program: ResourceRef(name: "ingot", digest: Digest.of("program")),
            context: context("run-1")
        )
        digests["evaluation"] = try state(.evaluated(facts), .evaluated, about: "sections")
    }

    func decide(_ result: VerdictResult) throws {
        try blob("policy", "rules: …")
        let facts = VerdictFacts(
            policy: resource("policy", "gate.yaml"),
            resource: "sections:v1",
            result: result,
            rules: [
                RuleFact(
                    rule: "exact_match lower >= best baseline + 0.15",
                    result: result,
                    values: ["lower": "0.495"],
                    reason: "0.495 against 0.275"
                )
            ],
            evidence: [digest("evaluation")],
            environment: ResourceRef(name: "production", digest: environmentDigest),
            time: Timestamp(seconds: Self.start + 600),
            version: "0.1.0"
        )
        digests["verdict"] = try state(.gateDecided(facts), .gateDecided, about: "sections")
    }

    static let definition: JSONValue = ["repository": "sections", "gate": "gate.yaml"]
    var environmentDigest: Digest { Digest.of(Self.definition.canonicalBytes) }

    func setEnvironment() throws {
        try ledger.setEnvironment(name: "production", definition: Self.definition)
    }

    func promote(_ name: String = "sections", from: Digest? = nil) throws {
        let facts = PromotedFacts(
            repository: "sections",
            environment: "production",
            environmentDigest: environmentDigest,
            from: from,
            to: digest(name),
            verdict: digest("verdict")
        )
        try state(.promoted(facts), .promoted, about: name, changes: [move(from, digest(name))])
    }

    func move(_ from: Digest?, _ to: Digest) throws -> Change {
        .tag(
            repository: try RepositoryName(parsing: "sections"),
            tag: try Tag(parsing: "production"),
            from: from,
            to: to
        )
    }

    func buildImage(base: String = "base") throws {
        try add(
            "server",
            .runtime,
            "program",
            act: .runtimeAdded,
            predicate: .runtimeAdded(
                RuntimeAddedFacts(
                    repository: "server",
                    program: ResourceRef(name: "ingot-infer", digest: Digest.of("program")),
                    version: "0.1.0",
                    platform: "linux/amd64"
                )
            )
        )
        try add(
            "image",
            .image,
            "layers",
            act: .imageBuilt,
            predicate: .imageBuilt(
                ImageBuiltFacts(
                    repository: "image",
                    inputs: [
                        ResourceRef(name: "runtime", digest: digest("server")),
                        ResourceRef(name: "base", digest: digest(base)),
                        ResourceRef(name: "adapter", digest: digest("sections")),
                    ],
                    evidence: [digest("verdict"), digest("evaluation")],
                    platform: "linux/amd64",
                    version: "0.1.0"
                )
            )
        )
    }

    @discardableResult
    func state(
        _ predicate: Predicate,
        _ act: Act,
        about name: String,
        changes: [Change] = []
    ) throws -> Digest {
        let recorded = try ledger.record(
            predicate,
            act: act,
            subject: Statement.Subject(name: name, digest: digest(name)),
            changes: changes
        )
        return recorded.statement ?? digest(name)
    }

    func whole() throws {
        try train()
        try evaluate()
        try setEnvironment()
        try decide(.passed)
        try promote()
        try buildImage()
    }
}
