// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles
internal import IngotStore

/// Held by the process that executes a run: where nobody holds it, the run ended without saying so.
package final class RunLock: Sendable {
    package let run: RunID
    private let path: String
    private let lock: FileLock

    init(_ run: RunID, in layout: StoreLayout) throws {
        self.run = run
        path = Self.path(of: run, in: layout)
        try Files.makeDirectories("\(layout.root)/runs")
        guard let lock = try FileLock(at: path) else {
            throw CatalogError(.conflict, "run \(run): another process executes it")
        }
        self.lock = lock
    }

    deinit { try? Files.remove(path) }

    static func isHeld(_ run: RunID, in layout: StoreLayout) -> Bool {
        FileLock.isHeld(at: path(of: run, in: layout))
    }

    private static func path(of run: RunID, in layout: StoreLayout) -> String {
        "\(layout.root)/runs/\(run).lock"
    }
}
