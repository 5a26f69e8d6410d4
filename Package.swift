// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name)] + dependencies,
        swiftSettings: settings
    )
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

/// What the registry's server and its tests speak HTTP with.
let registry: [Target.Dependency] =
    nio + [.product(name: "NIOSSL", package: "swift-nio-ssl")]

/// What tests on real stores are made of.
let store: [Target.Dependency] = [
    "IngotCore", "IngotCrypto", "IngotFiles", "IngotStore", "IngotTestSupport",
]

let package = Package(
    name: "ingot",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: [
        // Every arrow points down; ARCHITECTURE.md draws the map.
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CLibArchive",
            pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"])]
        ),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "CIngotKernels",
            // SwiftPM compiles C without optimisation in debug builds; contraction would make the
            // bits depend on the compiler.
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]
        ),

        // L0 values
        module("IngotCore"),

        // L1 tools
        module("IngotFiles", ["IngotCore"]),
        module("IngotCrypto", ["IngotCore", "COpenSSL"]),
        module("IngotArchive", ["IngotCore", "CLibArchive"]),
        module("IngotYAML", ["IngotCore", .product(name: "Yams", package: "Yams")]),
        module("IngotTemplate", ["IngotCore"]),
        module("IngotTensor", ["CIngotKernels"]),
        module("IngotModel", ["IngotCore", "IngotFiles", "IngotTensor"]),

        module("IngotHTTP", nio),

        // L2 engines
        module("IngotStore", ["IngotCore", "IngotCrypto", "IngotFiles", "CZstd"]),
        module(
            "IngotCatalog",
            [
                "IngotCore", "IngotCrypto", "IngotFiles", "IngotStore",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        module("IngotData", ["IngotCore", "IngotCrypto"]),
        module("IngotTrainer", ["IngotCore", "IngotCrypto", "IngotModel", "IngotTensor"]),
        module("IngotEvaluation", ["IngotCore", "IngotCrypto", "IngotData"]),
        module("IngotImage", ["IngotArchive", "IngotCore", "IngotCrypto", "IngotFiles"]),

        // L3 on store
        module(
            "IngotWorkspace",
            ["IngotCore", "IngotCrypto", "IngotFiles", "IngotStore", "IngotYAML"]
        ),
        module(
            "IngotEvidence",
            ["IngotCatalog", "IngotCore", "IngotCrypto", "IngotFiles", "IngotStore"]
        ),

        module(
            "IngotRemote",
            [
                "IngotCore", "IngotCrypto", "IngotFiles",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio
        ),
        module(
            "IngotDVC",
            ["IngotCore", "IngotCrypto", "IngotFiles", "IngotStore", "IngotYAML"]
        ),

        // L4 services
        module(
            "IngotTransfer",
            [
                "IngotCatalog", "IngotCore", "IngotCrypto", "IngotEvidence", "IngotRemote",
                "IngotStore",
            ]
        ),
        module(
            "IngotAudit",
            ["IngotCatalog", "IngotCore", "IngotCrypto", "IngotEvidence", "IngotStore"]
        ),
        module(
            "IngotDeploy",
            [
                "IngotCatalog", "IngotCore", "IngotCrypto", "IngotEvaluation", "IngotEvidence",
                "IngotFiles", "IngotImage", "IngotStore", "IngotYAML",
            ]
        ),
        module(
            "IngotPipeline",
            [
                "IngotCatalog", "IngotCore", "IngotCrypto", "IngotData", "IngotDeploy",
                "IngotEvaluation", "IngotEvidence", "IngotFiles", "IngotImage", "IngotModel",
                "IngotStore", "IngotTemplate", "IngotTensor", "IngotTrainer", "IngotYAML",
            ]
        ),

        // L5 edges
        module(
            "IngotInference",
            [
                "IngotCore", "IngotFiles", "IngotHTTP", "IngotModel", "IngotTemplate",
            ] + nio
        ),
        module(
            "IngotServer",
            [
                "IngotCatalog", "IngotCore", "IngotCrypto", "IngotEvidence", "IngotFiles",
                "IngotHTTP", "IngotStore", "IngotYAML",
            ] + registry
        ),

        // L6 programs
        .executableTarget(
            name: "ingot",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "IngotArchive", "IngotAudit", "IngotCatalog", "IngotCore", "IngotCrypto",
                "IngotDVC", "IngotDeploy", "IngotEvaluation", "IngotEvidence", "IngotFiles",
                "IngotHTTP", "IngotImage", "IngotModel", "IngotPipeline", "IngotRemote",
                "IngotServer",
                "IngotStore", "IngotTransfer", "IngotWorkspace", "IngotYAML",
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ingot-infer",
            dependencies: ["IngotCore", "IngotFiles", "IngotHTTP", "IngotInference"],
            swiftSettings: settings,
            // Nothing else is in an image: no C library, no loader, no shell.
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"])]
        ),

        .executableTarget(
            name: "ingot-bench",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "IngotCore", "IngotCrypto", "IngotFiles", "IngotModel", "IngotRemote",
                "IngotTemplate", "IngotTensor", "IngotTrainer",
            ],
            swiftSettings: settings
        ),

        .target(
            name: "IngotTestSupport",
            dependencies: ["IngotCore", "IngotFiles", "IngotStore"],
            path: "Tests/IngotTestSupport",
            swiftSettings: settings
        ),
        tests("IngotArchive"),
        tests("IngotAudit", store + ["IngotCatalog", "IngotEvidence"]),
        tests("IngotCatalog", store + [.product(name: "GRDB", package: "GRDB.swift")]),
        tests("IngotCore"),
        tests("IngotCrypto", ["IngotCore"]),
        tests("IngotData", ["IngotCore", "IngotCrypto", "IngotFiles"]),
        tests("IngotDVC", store),
        tests("IngotDeploy", ["IngotCatalog", "IngotCore", "IngotFiles"]),
        tests("IngotEvaluation", ["IngotCore", "IngotCrypto", "IngotData", "IngotFiles"]),
        tests("IngotEvidence", store + ["IngotCatalog"]),
        tests("IngotFiles", ["IngotTestSupport"]),
        tests("IngotImage", ["IngotArchive", "IngotCore", "IngotCrypto", "IngotFiles"]),
        tests(
            "IngotInference",
            ["IngotCore", "IngotModel", "IngotTemplate", "IngotTensor"] + nio
        ),
        tests("IngotModel", ["IngotCore", "IngotFiles", "IngotTensor"]),
        tests(
            "IngotPipeline",
            [
                "IngotCore", "IngotDeploy", "IngotFiles", "IngotModel", "IngotTensor",
                "IngotTestSupport", "IngotTrainer",
            ]
        ),
        .testTarget(
            name: "IngotRemoteTests",
            dependencies: [
                "IngotCore", "IngotCrypto", "IngotFiles", "IngotRemote", "IngotTestSupport",
            ] + nio,
            exclude: ["S3SignatureCases.json"],
            swiftSettings: settings
        ),
        tests("IngotServer", store + ["IngotCatalog", "IngotEvidence"] + registry),
        tests("IngotStore", ["IngotCore", "IngotCrypto", "IngotFiles", "IngotTestSupport"]),
        tests("IngotTemplate", ["IngotCore"]),
        tests("IngotTensor"),
        tests("IngotTrainer", ["IngotCore", "IngotCrypto", "IngotModel", "IngotTensor"]),
        tests("IngotTransfer", store + ["IngotCatalog", "IngotEvidence", "IngotRemote"]),
        tests("IngotWorkspace", store),
        tests("IngotYAML", ["IngotCore"]),
    ],
    swiftLanguageModes: [.v6]
)
