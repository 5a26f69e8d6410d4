// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles
package import IngotStore

/// The files of a tracked output, every MD5 checked, ready to be stored.
package struct CheckedOutput: Sendable {
    package let output: TrackedOutput
    package let files: [FileSource]
    fileprivate let objects: [ObjectFile]

    /// To be called after the files were stored and before the version has a name.
    ///
    /// - Throws: `DVCError` when a file may not be the one whose MD5 was checked.
    package func requireUnchanged() throws {
        for object in objects { try object.requireUnchanged() }
    }
}

/// Finds the objects of a project in its cache or its remote, and checks them.
///
/// DVC trusts its cache; here each object's MD5 is computed, and one that is damaged ends the
/// import, even when another copy is elsewhere.
package struct ProjectReader {
    private let project: Project
    private var checked: [ObjectName: ObjectFile] = [:]
    private let report: (_ byteCount: Int) throws -> Void

    /// `report` is told of the bytes that were checked, piece by piece.
    package init(_ project: Project, report: @escaping (_ byteCount: Int) throws -> Void) {
        self.project = project
        self.report = report
    }

    /// Finds and checks all files of an output.
    package mutating func check(_ output: TrackedOutput) throws -> CheckedOutput {
        guard output.object.isDirectory else {
            let object = try file(output.object, of: output)
            let name = output.path.split(separator: "/").last.map(String.init) ?? output.path
            let source = FileSource(
                path: name,
                isExecutable: output.isExecutable,
                content: .file(path: object.path)
            )
            return CheckedOutput(output: output, files: [source], objects: [object])
        }
        let list = try directory(output)
        var files: [FileSource] = []
        var objects: [ObjectFile] = []
        for entry in list.entries {
            guard let name = ObjectName(entry.md5) else { continue }
            let object = try file(name, of: output)
            files.append(FileSource(path: entry.path, content: .file(path: object.path)))
            objects.append(object)
        }
        return CheckedOutput(output: output, files: files, objects: objects)
    }

    private func directory(_ output: TrackedOutput) throws -> DirectoryObject {
        let path = try place(of: output.object, output)
        let bytes = try ObjectFile.content(of: path, limit: DirectoryObject.byteLimit)
        let found = try ObjectFile.md5(of: bytes)
        guard found == output.object.md5 else {
            throw damaged(path, found: found, output.object, output)
        }
        do {
            return try DirectoryObject(parsing: bytes)
        } catch {
            throw DVCError("\(path): \(error.message)")
        }
    }

    private mutating func file(
        _ name: ObjectName,
        of output: TrackedOutput
    ) throws -> ObjectFile {
        if let known = checked[name] { return known }
        let path = try place(of: name, output)
        let object = try ObjectFile.reading(path) { try report($0) }
        guard object.md5 == name.md5 else {
            throw damaged(path, found: object.md5, name, output)
        }
        checked[name] = object
        return object
    }

    private func damaged(
        _ path: String,
        found: String,
        _ name: ObjectName,
        _ output: TrackedOutput
    ) -> DVCError {
        let what = "\(path): its MD5 is \(found), not \(name.md5)"
        guard output.isLegacy else {
            return DVCError(
                "\(what): '\(output.path)' is damaged: remove the file and run 'dvc fetch'"
            )
        }
        return DVCError(
            "\(what): '\(output.path)' is damaged, or a text with line ends that DVC 2 turned: run "
                + "'dvc cache migrate --dvc-files' there first"
        )
    }

    /// Where an object is: the cache, else the output's remote.
    private func place(of name: ObjectName, _ output: TrackedOutput) throws -> String {
        let configuration = project.configuration
        if let path = try Self.find(name, in: configuration.cache) { return path }
        let missing = "\(project.directory): \(name) of '\(output.path)' is not in the cache"
        guard let remote = output.remote ?? configuration.defaultRemote else {
            throw DVCError(
                "\(missing), and there is no default remote: run 'dvc fetch' there first"
            )
        }
        guard let url = configuration.remotes[remote] else {
            throw DVCError("\(missing), and the remote '\(remote)' is not in .dvc/config")
        }
        guard let directory = configuration.directory(ofRemote: url) else {
            throw DVCError(
                "\(missing), and the remote '\(remote)' (\(url)) is no directory: run 'dvc fetch' "
                    + "there first"
            )
        }
        if let path = try Self.find(name, in: directory) { return path }
        throw DVCError(
            "\(missing) and not in the remote '\(remote)' (\(directory)): run 'dvc push' where the "
                + "data is"
        )
    }

    private static func find(_ name: ObjectName, in directory: String) throws -> String? {
        for path in [name.path, name.legacyPath] {
            let place = "\(directory)/\(path)"
            if try Files.entry(at: place) != nil { return place }
        }
        return nil
    }
}
