// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Finds the pointers that a command without arguments works on.
package enum PointerSearch {
    /// The data of all pointers below an absolute directory, in order of their paths.
    ///
    /// Neither hidden directories nor the data of a pointer are looked into: a dataset of a million
    /// files holds no pointers.
    package static func data(below directory: String) throws -> [DataPath] {
        var found: [DataPath] = []
        try search(directory, workingDirectory: directory, into: &found)
        return found
    }

    private static func search(
        _ directory: String,
        workingDirectory: String,
        into found: inout [DataPath]
    ) throws {
        let names = try Files.names(in: directory)
        let known = Set(names)
        for name in names {
            let path = "\(directory)/\(name)"
            if Pointer.dataPath(of: name) != nil, case .file? = try Files.entry(at: path) {
                found.append(try DataPath(path, workingDirectory: workingDirectory))
                continue
            }
            guard !name.hasPrefix("."), !known.contains(Pointer.path(of: name)),
                try Files.entry(at: path) == .directory
            else { continue }
            try search(path, workingDirectory: workingDirectory, into: &found)
        }
    }
}
