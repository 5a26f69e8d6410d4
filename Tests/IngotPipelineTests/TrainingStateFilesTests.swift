// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotModel
import IngotTensor
import IngotTestSupport
import IngotTrainer
import Testing

@testable import IngotPipeline

@Suite struct TrainingStateFilesTests {
    private static func key(_ part: JSONValue) -> StepKey {
        StepKey(
            .train,
            inputs: [:],
            part: part,
            program: PipelineContext.Program(
                version: "1",
                digest: Digest(bytes: Array(repeating: 7, count: 32))
            )
        )
    }

    /// The state that a training of one step out of two leaves.
    private static func state(_ key: StepKey) throws -> TrainingState {
        let shape = ModelConfiguration(
            layerCount: 1,
            hiddenSize: 8,
            feedForwardSize: 8,
            headCount: 1,
            keyValueHeadCount: 1,
            headSize: 8,
            vocabularySize: 9,
            contextLength: 16
        )
        func weights(_ rows: Int, _ columns: Int) -> WeightMatrix {
            let values = (0..<rows * columns).map { Float($0 % 5) / 10 }
            return WeightMatrix(rows: rows, columns: columns, values: values)
        }
        let ones = [Float](repeating: 1, count: 8)
        let model = Model(
            configuration: shape,
            embedding: weights(9, 8),
            blocks: [
                Block(attentionNorm: ones, feedForwardNorm: ones) { role in
                    weights(shape.shape(of: role).rows, shape.shape(of: role).columns)
                }
            ],
            finalNorm: ones,
            head: nil
        )
        var configuration = TrainingConfiguration()
        configuration.rank = 2
        configuration.length = .steps(2)
        var trainer = try Trainer(model: model, configuration: configuration)
        var kept: TrainingState?
        _ = try trainer.train(
            examples: [TrainingExample(tokens: [1, 2, 3], isTrained: [false, true, true])],
            saving: StateSaving(key: key.digest, interval: 1) { kept = $0 }
        ) { _ in }
        return try #require(kept)
    }

    @Test("a state is found by its own training alone, and goes when it is removed")
    func ownKey() throws {
        let root = try TemporaryDirectory()
        let files = TrainingStateFiles(root: root.path)
        let (one, other) = (Self.key(["steps": 1]), Self.key(["steps": 2]))
        #expect(try files.read(one) == nil && files.otherCount(than: one) == 0)
        try files.remove(one)
        let state = try Self.state(one)
        try files.write(state, one)
        #expect(try files.read(one) == state)
        #expect(try files.read(other) == nil && files.otherCount(than: other) == 1)
        try files.remove(one)
        #expect(try files.read(one) == nil && Files.names(in: root.path + "/training").isEmpty)
    }

    @Test("a file with another training's state, or with anything else, is refused by name")
    func foreign() throws {
        let root = try TemporaryDirectory()
        let files = TrainingStateFiles(root: root.path)
        let (one, other) = (Self.key(["steps": 1]), Self.key(["steps": 2]))
        try files.write(Self.state(one), other)
        #expect {
            _ = try files.read(other)
        } throws: {
            "\($0)".contains("another training")
        }
        try root.write("INGOTTS1 and no more", to: "training/\(one.digest.hex).state")
        #expect(throws: TrainerError.self) { _ = try files.read(one) }
    }

    @Test("a signal is seen while it is watched for, and not before")
    func signals() {
        let seen = InterruptSignals.watch { isInterrupted in
            let before = isInterrupted()
            // To the process: this thread may be one that signals pass by.
            kill(getpid(), SIGTERM)
            let limit = ContinuousClock.now + .seconds(30)
            while !isInterrupted(), .now < limit { sched_yield() }
            return [before, isInterrupted()]
        }
        #expect(seen == [false, true])
        #expect(InterruptSignals.watch { $0() } == false)
    }
}
