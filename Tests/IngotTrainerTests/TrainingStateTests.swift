// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotModel
import Testing

@testable import IngotTrainer

@Suite struct TrainingStateTests {
    typealias Samples = TrainerSamples

    private static let key = Digest.of("this training")

    private static var settings: TrainingConfiguration {
        var settings = Samples.settings
        settings.length = .steps(14)
        settings.validationInterval = 3
        settings.keepsBest = true
        settings.dropout = 0.1
        return settings
    }

    private func train(
        _ settings: TrainingConfiguration = settings,
        from state: TrainingState? = nil,
        saving: StateSaving? = nil
    ) throws -> TrainingResult {
        var trainer = try Trainer(model: Samples.model, configuration: settings)
        return try trainer.train(
            examples: Samples.examples(24),
            validation: Samples.examples(6, seed: 2),
            from: state,
            saving: saving
        ) { _ in }
    }

    /// The states of a whole training, through their bytes.
    private func states(_ settings: TrainingConfiguration = settings) throws -> [TrainingState] {
        var states: [TrainingState] = []
        _ = try train(
            settings,
            saving: StateSaving(key: Self.key, interval: 1) {
                states.append(try TrainingState(parsing: $0.bytes))
            }
        )
        return states
    }

    @Test("from any step on, a resumed training ends with the same bits, on other threads too")
    func resumes() throws {
        let whole = try train()
        let states = try states()
        #expect(states.map(\.step) == Array(1...13))
        for (index, state) in states.enumerated() {
            var settings = Self.settings
            settings.threads = 1 + index % 3
            settings.tokensAtOnce = [0, 1, 20][index % 3]
            settings.recomputesBlocks = index.isMultiple(of: 2)
            let resumed = try train(settings, from: state)
            #expect(resumed.adapter == whole.adapter)
            #expect(resumed.step == whole.step)
            #expect(resumed.metrics.map(\.loss) == whole.metrics.map(\.loss))
            #expect(resumed.metrics.map(\.validationLoss) == whole.metrics.map(\.validationLoss))
        }
    }

    @Test("a training that is told to end keeps its state and names the step")
    func interruption() throws {
        var asked = 0
        var kept: TrainingState?
        let error = #expect(throws: TrainerError.self) {
            _ = try train(
                saving: StateSaving(
                    key: Self.key,
                    interval: 0,
                    isInterrupted: {
                        asked += 1
                        return asked == 5
                    },
                    save: { kept = $0 }
                )
            )
        }
        #expect(error?.code == .interrupted)
        #expect(error?.message.contains("step 5 of 14") == true)
        #expect(kept?.step == 5 && kept?.key == Self.key)
        #expect(try train(from: kept).adapter == train().adapter)
    }

    @Test("states are saved at the interval alone")
    func interval() throws {
        var steps: [Int] = []
        _ = try train(saving: StateSaving(key: Self.key, interval: 4) { steps.append($0.step) })
        #expect(steps == [4, 8, 12])
    }

    @Test("a loss that cannot be learned from leaves the state of the step before")
    func lastGoodState() throws {
        var settings = Self.settings
        settings.learningRate = 1e30
        settings.warmupSteps = 0
        settings.clipNorm = 0
        settings.validationInterval = 0
        var kept: TrainingState?
        let error = #expect(throws: TrainerError.self) {
            _ = try train(settings, saving: StateSaving(key: Self.key, interval: 0) { kept = $0 })
        }
        #expect(error?.message.contains("step 2") == true)
        #expect(kept?.step == 1)
        #expect(kept?.parameters.allSatisfy(\.isFinite) == true)
    }

    @Test("a loss far above a guess ends the training")
    func explodes() throws {
        var settings = Self.settings
        settings.learningRate = 1
        settings.clipNorm = 0
        settings.examplesPerStep = 1
        settings.warmupSteps = 0
        settings.length = .steps(60)
        let error = #expect(throws: TrainerError.self) { _ = try train(settings) }
        #expect(error?.code == .lossExploded)
        #expect(error?.message.contains("lower the learning rate (1.0)") == true)
    }

    @Test("a state of another shape or length is refused")
    func otherTraining() throws {
        let state = try #require(try states().first)
        for change in [
            { $0.rank = 2 }, { $0.length = .steps(15) },
        ] as [(inout TrainingConfiguration) -> Void] {
            var settings = Self.settings
            change(&settings)
            let error = #expect(throws: TrainerError.self) { _ = try train(settings, from: state) }
            #expect(error?.code == .stateMismatch)
        }
    }

    @Test("bytes that are not a whole state are refused")
    func damaged() throws {
        let bytes = try #require(try states().first).bytes
        var cases = stride(from: 0, to: bytes.count, by: 997).map { Array(bytes[..<$0]) }
        for place in stride(from: 0, to: bytes.count, by: 1501) {
            var changed = bytes
            changed[place] ^= 0x40
            cases.append(changed)
        }
        cases.append(bytes + [0])
        for bytes in cases {
            #expect(throws: TrainerError.self) { _ = try TrainingState(parsing: bytes) }
        }
    }

    @Test("a validation that is no number is kept as one")
    func notANumber() throws {
        for loss in [Double.nan, .infinity, 0.1, nil] {
            let metric = StepMetrics(
                step: 1,
                stepCount: 2,
                loss: 1.0 / 3,
                learningRate: 1e-300,
                gradientNorm: 5e-324,
                tokenCount: 1,
                trainedTokenCount: 1,
                seconds: 0.1,
                validationLoss: loss
            )
            let state = TrainingState(
                key: Self.key,
                metrics: [metric],
                parameters: [1, .nan],
                first: [0, -0.0],
                second: [1e-45, 3],
                best: nil
            )
            let found = try TrainingState(parsing: state.bytes)
            #expect(found.metrics[0].validationLoss?.bitPattern == loss?.bitPattern)
            #expect(found.metrics[0].loss == 1.0 / 3 && found.metrics[0].learningRate == 1e-300)
            #expect(found.second == state.second && found.bytes == state.bytes)
        }
    }

    @Test("lengths in a state's header that its values do not have are refused")
    func hostileHeader() throws {
        for header in [
            #"{"key":"x","count":9223372036854775807,"hasBest":true,"metrics":[]}"#,
            #"{"key":"x","count":-1,"hasBest":false,"metrics":[]}"#,
            #"{"key":"x","count":0,"hasBest":false,"metrics":[[1]]}"#, "[]", "{",
        ] {
            var bytes = Array("INGOTTS1".utf8) + [UInt8(header.utf8.count)]
            bytes += Array(repeating: 0, count: 7) + Array(header.utf8)
            bytes += Digest.of(bytes).bytes
            #expect(throws: (any Error).self) { _ = try TrainingState(parsing: bytes) }
        }
    }
}
