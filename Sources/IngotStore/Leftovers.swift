// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles

extension Store {
    /// Removes what killed writers of these files left beside them.
    ///
    /// What somebody still writes is locked, and stays.
    package func removeLeftovers(beside entries: [TreeEntry], in directory: String) throws {
        var folders: Set<String> = [directory]
        for entry in entries {
            for parent in TreePath.parents(of: entry.path) {
                folders.insert("\(directory)/\(parent)")
            }
        }
        for folder in folders where try Files.entry(at: folder) == .directory {
            for name in try Files.names(in: folder, skippingUnreadable: true)
            where Checkout.isTemporary(name) {
                try FileHandle.removeAbandoned("\(folder)/\(name)")
            }
        }
    }
}

extension FileHandle {
    /// Locks what a writer has just made, so that nobody takes it for that of a killed one.
    ///
    /// Where somebody did, before it was locked, it is made once more.
    static func holding(_ make: () throws -> FileHandle) throws -> FileHandle {
        while true {
            let handle = try make()
            do {
                if try handle.tryLock(), try handle.status().linkCount > 0 { return handle }
            } catch is FileError {
                // A file system without locks: nobody can take it for abandoned there.
                return handle
            }
        }
    }

    /// Removes what nobody holds, if it has its name still: another's may have it by now.
    func removeAbandoned() throws {
        if try tryLock(), try hasName() { try Files.remove(path) }
    }

    fileprivate static func removeAbandoned(_ path: String) throws {
        switch try Files.entry(at: path) {
        case .file, .directory: break
        default: return
        }
        do {
            try reading(path).removeAbandoned()
        } catch is FileError {
            // Gone by itself, or somebody else's: in nobody's way.
        }
    }
}
