// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto

@testable import IngotCatalog

extension Catalog {
    /// The size and root of the whole log.
    func treeHead() throws -> TreeHead {
        try read { db in
            let size = try LogQueries.size(db)
            return TreeHead(
                size: size,
                root: try LogQueries.tree(of: size).root { try LogQueries.node($0, db) }
            )
        }
    }
}
