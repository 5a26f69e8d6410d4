// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore

extension NoteVerifier {
    /// The change that adds the key to a log.
    func change(detail: JSONValue) throws -> Change {
        .key(role: Role.log.rawValue, keyID: try keyID(), pem: try key.pem(), detail: detail)
    }
}
