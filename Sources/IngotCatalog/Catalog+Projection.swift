// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

extension Catalog {
    /// Brings `log/` and `index.json` up to date.
    func project() throws {}
}
