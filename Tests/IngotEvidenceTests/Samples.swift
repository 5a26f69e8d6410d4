// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto

@testable import IngotEvidence

/// One of every predicate, with digests made of their names.
enum Samples {
    static func digest(_ name: String) -> Digest { Digest.of(name) }

    static func resource(_ name: String) -> ResourceRef {
        ResourceRef(name: name, uri: "\(name):v1", digest: digest(name))
    }

    static let context = BuildContext(
        version: "0.1.0",
        execution: Execution(
            runID: "01J0Z3",
            started: Timestamp(seconds: 1_767_323_045),
            finished: Timestamp(seconds: 1_767_323_145)
        ),
        git: GitState(commit: "0123456789abcdef0123456789abcdef01234567", isDirty: true)
    )

    static let all: [Predicate] = [
        .datasetAdded(
            DatasetAddedFacts(
                repository: "catalogue",
                sources: ["data/dump.txt"],
                fileCount: 2,
                byteCount: 12_345,
                git: context.git
            )
        ),
        .baseImported(
            BaseImportedFacts(
                repository: "base",
                format: "gguf",
                file: resource("base.gguf"),
                source: "https://example.org/base.gguf"
            )
        ),
        .runtimeAdded(
            RuntimeAddedFacts(
                repository: "runtime",
                program: resource("ingot-infer"),
                version: "0.1.0",
                platform: "linux/amd64"
            )
        ),
        .tagMoved(
            TagMovedFacts(
                repository: "sections",
                tag: "best",
                from: digest("one"),
                to: digest("two")
            )
        ),
        .removed(RemovedFacts(repository: "sections", digest: digest("two"), tag: "best")),
        .prepared(
            PreparedFacts(
                recipe: resource("recipe"),
                parameters: ["seed": "7", "onePer": "Source"],
                inputs: [resource("catalogue"), resource("extra")],
                base: resource("base"),
                program: resource("program"),
                report: digest("report"),
                splitCounts: ["train": 1024, "validation": 64, "test": 200],
                context: context
            )
        ),
        trained,
        .merged(
            MergedFacts(
                base: resource("base"),
                adapter: resource("adapter"),
                parameters: ["dtype": "f32"],
                internalParameters: ["kernelSet": "portable"],
                program: resource("program"),
                context: context
            )
        ),
        .evaluated(
            EvaluatedFacts(
                candidate: resource("candidate"),
                baselines: [resource("base"), ResourceRef(name: "majority", digest: nil)],
                dataset: resource("dataset"),
                split: resource("test"),
                exampleCount: 200,
                metrics: [
                    MeasuredMetric(
                        name: "exactMatch",
                        model: "candidate",
                        value: "0.565",
                        lower: "0.495",
                        upper: "0.635"
                    ),
                    MeasuredMetric(name: "exactMatch", model: "majority", value: "0.125"),
                ],
                outputs: digest("outputs"),
                form: "unmerged",
                kernelSet: "portable",
                parameters: ["resamples": "2000"],
                program: resource("program"),
                context: context
            )
        ),
        verdict(.passed), verdict(.failed), verdict(.noData),
        .promoted(
            PromotedFacts(
                repository: "sections",
                environment: "production",
                environmentDigest: digest("environment"),
                from: digest("one"),
                to: digest("two"),
                verdict: digest("verdict"),
                approvals: [digest("approval")]
            )
        ),
        .rolledBack(
            RolledBackFacts(
                repository: "sections",
                environment: "production",
                environmentDigest: digest("environment"),
                from: digest("two"),
                to: digest("one"),
                reason: "answers in Latin"
            )
        ),
        .overridden(
            RolledBackFacts(
                repository: "sections",
                environment: "production",
                environmentDigest: digest("environment"),
                from: nil,
                to: digest("two"),
                reason: "the old one leaks"
            )
        ),
        .reproduced(
            ReproducedFacts(
                repository: "sections",
                recipe: digest("recipe"),
                base: digest("base"),
                dataset: digest("dataset"),
                program: digest("program"),
                internalParameters: ["threads": "2"],
                found: digest("another"),
                agrees: false
            )
        ),
        .environmentSet(
            EnvironmentSetFacts(repository: "sections", environment: "production")
        ),
        .imageBuilt(
            ImageBuiltFacts(
                repository: "sections",
                inputs: [resource("runtime"), resource("base"), resource("adapter")],
                evidence: [digest("verdict")],
                platform: "linux/amd64",
                version: "0.1.0"
            )
        ),
    ]

    static let trained = Predicate.trained(
        TrainedFacts(
            recipe: resource("recipe"),
            base: resource("base"),
            dataset: resource("dataset"),
            hyperparameters: ["seed": "7", "rank": "16", "learningRate": "0.001"],
            internalParameters: ["kernelSet": "portable", "threads": "2"],
            program: resource("program"),
            metrics: digest("metrics"),
            context: context
        )
    )

    static func verdict(_ result: VerdictResult) -> Predicate {
        .gateDecided(
            VerdictFacts(
                policy: resource("gate"),
                resource: "sections:v3",
                result: result,
                rules: [
                    RuleFact(
                        rule: "exactMatch >= baseline + 0.15",
                        result: result,
                        values: ["lower": "0.495", "baseline": "0.225"],
                        reason: "0.495 against 0.375"
                    )
                ],
                evidence: [digest("evaluation")],
                environment: resource("production"),
                time: Timestamp(seconds: 1_767_323_245),
                version: "0.1.0"
            )
        )
    }

    static func statement(_ predicate: Predicate) -> Statement {
        Statement(
            subject: Statement.Subject(name: "sections:v3", digest: digest("subject")),
            predicate: predicate
        )
    }
}

/// Keys of every role in memory, and a trust file that lists them.
struct Keys {
    let byRole: [Role: SigningKey]
    let trust: TrustFile

    init() throws {
        var byRole: [Role: SigningKey] = [:]
        for role in Role.allCases where role != .log { byRole[role] = try SigningKey.generate() }
        self.byRole = byRole
        let log = try Ed25519SigningKey.generate().publicKey
        trust = TrustFile(
            storeID: "0123",
            log: try NoteVerifier(name: "ingot.dev/log/0123", key: log),
            entries: byRole.sorted { $0.key < $1.key }.map {
                TrustFile.Entry(role: $0.key, owner: "Ada", key: $0.value.publicKey)
            }
        )
    }
}
