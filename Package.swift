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
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
        swiftSettings: settings)
}

let package = Package(
    name: "ingot",
    targets: [
        // Every arrow points down; ARCHITECTURE.md draws the map.
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // L0 values
        module("IngotCore"),
        // L1 tools
        module("IngotFiles", ["IngotCore"]),
        module("IngotCrypto", ["IngotCore", "COpenSSL"]),

        tests("IngotCore"),
    ],
    swiftLanguageModes: [.v6]
)
