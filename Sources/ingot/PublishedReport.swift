// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotPipeline

/// What a command that made a version says about it.
struct PublishedReport {
    private let published: Published

    init(_ published: Published) { self.published = published }

    var json: JSONValue {
        [
            "reference": .string(published.reference.description),
            "digest": .string(published.digest.description),
            "files": .integer(Int64(published.fileCount)),
            "bytes": .integer(Int64(published.byteCount)),
            "new_bytes": .integer(Int64(published.newByteCount)),
            "is_new": .bool(published.isNew),
        ]
    }

    func print(asJSON: Bool) {
        if asJSON {
            Swift.print(json.prettyText)
            return
        }
        let size = Terminal.size(published.byteCount)
        let files = published.fileCount == 1 ? "1 file" : "\(published.fileCount) files"
        let growth =
            published.isNew
            ? "the store grew by \(Terminal.size(published.newByteCount))" : "already there"
        Swift.print("\(published.reference)  \(published.digest)")
        Swift.print("\(files), \(size); \(growth)")
    }
}
