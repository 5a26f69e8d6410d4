// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotFiles
internal import IngotTrainer

/// Owns `training/` under a store's root: the states of trainings that have not ended.
///
/// (1) A state's file is named by the key of its step, so that no other training finds it.
/// (2) It is replaced at once, after its bytes are on disk.
/// (3) It goes when its adapter has a name, and is never part of a version.
struct TrainingStateFiles {
    private let directory: String

    init(root: String) { directory = "\(root)/training" }

    private static let suffix = ".state"
    private static let byteLimit = 1 << 36

    private func path(_ key: StepKey) -> String { "\(directory)/\(key.digest.hex)\(Self.suffix)" }

    /// Nil where there is none.
    ///
    /// - Throws: `TrainerError` for a file that is no state, or another training's.
    func read(_ key: StepKey) throws -> TrainingState? {
        let path = path(key)
        guard try Files.entry(at: path) != nil else { return nil }
        let state = try TrainingState(parsing: Files.read(path, limit: Self.byteLimit))
        guard state.key == key.digest else {
            throw PipelineError(
                "\(path): the state of another training, \(state.key.short): remove the file"
            )
        }
        return state
    }

    /// Of trainings with another recipe, other inputs or another program.
    func otherCount(than key: StepKey) throws -> Int {
        guard try Files.entry(at: directory) != nil else { return 0 }
        let own = key.digest.hex + Self.suffix
        return try Files.names(in: directory).count { $0.hasSuffix(Self.suffix) && $0 != own }
    }

    func write(_ state: TrainingState, _ key: StepKey) throws {
        try Files.makeDirectories(directory)
        try Files.replace(path(key), with: state.bytes)
    }

    func remove(_ key: StepKey) throws {
        guard try Files.entry(at: path(key)) != nil else { return }
        try Files.remove(path(key))
    }
}
