// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// The random name of a store, in its file `store-id`: 32 hexadecimal digits.
///
/// It names the log and the folder of the keys, so that a copied or moved store still finds them.
package enum StoreIdentity {
    private static let byteCount = 16

    /// Makes the name when the store has none yet, or writes the known one again where it was lost.
    package static func create(at root: String, known: String? = nil) throws -> String {
        let path = file(at: root)
        if try isMade(at: root) { return try read(at: root) }
        let name = try known ?? Hex.encode(SecureRandom.bytes(byteCount))
        try Files.replace(path, with: Array("\(name)\n".utf8))
        return try read(at: root)
    }

    /// Whether the store has a name, as every store has once it has a catalog.
    package static func isMade(at root: String) throws -> Bool {
        try Files.entry(at: file(at: root)) != nil
    }

    package static func read(at root: String) throws -> String {
        let path = file(at: root)
        guard try isMade(at: root) else {
            throw WorkspaceError("\(path): missing: run 'ingot init' to finish making the store")
        }
        let text = String(decoding: try Files.read(path, limit: 256), as: UTF8.self)
        let name = text.prefix { $0 != "\n" }
        guard let bytes = Hex.decode(name), bytes.count == byteCount else {
            throw WorkspaceError(
                "\(path): expected 32 hexadecimal digits: remove it and run `ingot init`, which "
                    + "finds the name in the log"
            )
        }
        return String(name)
    }

    private static func file(at root: String) -> String { "\(root)/store-id" }
}
