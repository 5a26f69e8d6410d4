// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotEvaluation
internal import IngotFiles
internal import IngotYAML

/// `environments.yaml`: the environments of a store, each with the gate file in front of it.
package struct EnvironmentFile: Sendable {
    package struct Item: Sendable {
        package let name: String
        package let repository: String
        /// The gate file's bytes.
        package let gate: [UInt8]
    }

    package let items: [Item]

    /// Gate files are looked for beside the file.
    package init(path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        do {
            let bytes = try Files.read(path, limit: YAMLDocument.byteLimit)
            var root = try FieldReader(YAMLDocument.parse(bytes))
            let section = try root.required("environments")
            try root.finish()
            let names = (section.object ?? [:]).keys.sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            var sections = try FieldReader(section, path: "environments")
            var items: [Item] = []
            for name in names {
                guard var reader = try sections.object(name) else { continue }
                let repository = try reader.require(reader.string("repository"), "repository")
                let gate = try reader.require(reader.string("gate"), "gate")
                try reader.finish()
                let gatePath = gate.hasPrefix("/") ? gate : folder + gate
                let gateBytes = try Files.read(gatePath, limit: YAMLDocument.byteLimit)
                _ = try GatePolicy(json: YAMLDocument.parse(gateBytes))
                items.append(Item(name: name, repository: repository, gate: gateBytes))
            }
            guard !items.isEmpty else { throw DeployError("it names no environment") }
            self.items = items
        } catch let error as FileError {
            throw error
        } catch let error as any IngotError {
            throw DeployError("\(path): \(error.message)")
        }
    }
}
