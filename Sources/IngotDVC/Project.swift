// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles
internal import IngotYAML

/// A DVC project: what it tracks, by its `.dvc` files and its `dvc.lock` files.
package struct Project: Sendable {
    package let directory: String
    /// In order of their paths; each path once.
    package let outputs: [TrackedOutput]
    let configuration: ProjectConfiguration

    private static let skippedDirectories: Set = [".dvc", ".git", ".ingot"]
    private static let depthLimit = 128

    /// - Throws: `DVCError` when the directory is no project, or one of its files cannot be
    ///   understood.
    package init(directory: String) throws {
        guard try Files.entry(at: "\(directory)/.dvc") == .directory else {
            throw DVCError("\(directory): no DVC project: it has no directory '.dvc'")
        }
        self.directory = directory
        configuration = try ProjectConfiguration(project: directory)
        var names: [String] = []
        try Self.collect(directory, prefix: "", depth: 0) { names.append($0) }
        // From the top down: what lies in a tracked directory is data, whatever its name says.
        var outputs: [TrackedOutput] = []
        var tracked = Set<String>()
        for name in names.sorted(by: Self.isHigher)
        where !ProjectPath.parents(of: name).contains(where: tracked.contains) {
            let path = "\(directory)/\(name)"
            let found =
                name.hasSuffix(".dvc")
                ? try Self.pointer(path, named: name) : try Self.lock(path, named: name)
            outputs += found
            tracked.formUnion(found.map(\.path))
        }
        self.outputs = outputs.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for (left, right) in zip(self.outputs, self.outputs.dropFirst())
        where left.path.utf8.elementsEqual(right.path.utf8) {
            throw DVCError(
                "\(directory): '\(left.path)' is tracked twice: by \(left.pointer) and "
                    + "\(right.pointer)"
            )
        }
    }

    /// Directories with a `.dvc` of their own are other projects; links are not followed.
    private static func collect(
        _ directory: String,
        prefix: String,
        depth: Int,
        found: (String) -> Void
    ) throws {
        guard depth <= depthLimit else {
            throw DVCError("\(directory): more than \(depthLimit) directories deep")
        }
        for name in try Files.names(in: directory) {
            let path = "\(directory)/\(name)"
            switch try Files.entry(at: path) {
            case .directory where skippedDirectories.contains(name): continue
            case .directory:
                if try Files.entry(at: "\(path)/.dvc") == .directory { continue }
                try collect(path, prefix: "\(prefix)\(name)/", depth: depth + 1, found: found)
            case .file where name.hasSuffix(".dvc") || name == "dvc.lock": found(prefix + name)
            default: continue
            }
        }
    }

    private static func isHigher(_ left: String, _ right: String) -> Bool {
        let depths = [left, right].map { $0.utf8.count { $0 == UInt8(ascii: "/") } }
        return depths[0] == depths[1]
            ? left.utf8.lexicographicallyPrecedes(right.utf8) : depths[0] < depths[1]
    }

    private static func read(_ path: String) throws -> JSONValue {
        do {
            return try YAMLDocument.parse(Files.read(path, limit: YAMLDocument.byteLimit))
        } catch let error as YAMLError {
            throw DVCError("\(path): \(error.message)")
        }
    }

    private static func list(
        _ value: JSONValue?,
        _ name: String,
        in path: String
    ) throws(DVCError) -> [JSONValue] {
        guard let value, value != .null else { return [] }
        guard let list = value.array else { throw DVCError("\(path): \(name): expected a list") }
        return list
    }

    /// The outputs of a `.dvc` file.
    private static func pointer(_ path: String, named name: String) throws -> [TrackedOutput] {
        let file = try read(path)
        let directory = try ProjectPath.join(
            ProjectPath.parent(of: name),
            file["wdir"]?.string ?? ".",
            pointer: name
        )
        return try list(file["outs"], "outs", in: path).compactMap {
            try TrackedOutput($0, directory: directory, pointer: name)
        }
    }

    /// The outputs of the stages of a lock file.
    ///
    /// The definition beside it, `dvc.yaml`, says what the lock leaves out: the directory that a
    /// stage works in, and the outputs that are not in the cache.
    private static func lock(_ path: String, named name: String) throws -> [TrackedOutput] {
        let file = try read(path)
        let stages = (file["schema"] == nil ? file : file["stages"])?.object ?? [:]
        let directory = ProjectPath.parent(of: name)
        let definition = "\(path.dropLast("dvc.lock".utf8.count))dvc.yaml"
        let known: JSONValue =
            try Files.entry(at: definition) == nil ? .null : read(definition)
        var outputs: [TrackedOutput] = []
        for (stage, value) in stages {
            // The stages that `foreach` and `matrix` make are called `name@item`.
            let base = String(stage.prefix { $0 != "@" })
            let rule = known["stages"]?[stage] ?? known["stages"]?[base]
            let details = rule?["do"] ?? rule
            let folder = try ProjectPath.join(
                directory,
                details?["wdir"]?.string ?? ".",
                pointer: name
            )
            let kept = uncached(details)
            for item in try list(value["outs"], "outs of \(stage)", in: path) {
                if let path = item["path"]?.string, kept.contains(path) { continue }
                if let output = try TrackedOutput(item, directory: folder, pointer: name) {
                    outputs.append(output)
                }
            }
        }
        return outputs
    }

    /// The paths that a stage declares with `cache: false`: metrics that live in Git.
    private static func uncached(_ stage: JSONValue?) -> Set<String> {
        var paths = Set<String>()
        for key in ["outs", "metrics", "plots"] {
            for item in stage?[key]?.array ?? [] {
                for (path, options) in item.object ?? [:] where options["cache"] == false {
                    paths.insert(path)
                }
            }
        }
        return paths
    }
}
