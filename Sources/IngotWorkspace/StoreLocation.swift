// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Where a store is: `--store`, else `INGOT_STORE`, else the nearest `.ingot/` on the way up from
/// the working directory.
package struct StoreLocation: Sendable, Equatable {
    /// The store's own directory, `.ingot` unless it was named otherwise.
    package let root: String

    package static let directoryName = ".ingot"

    package init(root: String) { self.root = root }

    /// Finds the store that `named` (what `--store` or `INGOT_STORE` says) means, else the nearest
    /// one above the absolute path `workingDirectory`.
    package static func find(
        named: String?,
        workingDirectory: String
    ) throws -> StoreLocation {
        if let named {
            for candidate in [named, "\(named)/\(directoryName)"] where try isStore(candidate) {
                return StoreLocation(root: candidate)
            }
            throw WorkspaceError("\(named): no store there: make one with 'ingot init \(named)'")
        }
        var directory = workingDirectory
        while true {
            let candidate =
                directory == "/" ? "/\(directoryName)" : "\(directory)/\(directoryName)"
            if try isStore(candidate) { return StoreLocation(root: candidate) }
            guard directory != "/", let slash = directory.lastIndex(of: "/") else {
                throw WorkspaceError(
                    "no store in \(workingDirectory) or above: make one with 'ingot init', or name "
                        + "one with --store or INGOT_STORE"
                )
            }
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        }
    }

    /// A directory is a store when it says so in the file that every OCI layout has.
    package static func isStore(_ path: String) throws -> Bool {
        try Files.entry(at: "\(path)/oci-layout") != nil
    }
}
