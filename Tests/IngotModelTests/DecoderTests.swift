// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotModel
import IngotTensor
import Testing

@Suite struct DecoderTests {
    let model = DecoderSamples.model()
    let adapter = DecoderSamples.adapter()

    @Test(
        "logits agree with the textbook, with an adapter and without, tied head and separate",
        arguments: [true, false],
        [true, false]
    )
    func logits(_ hasAdapter: Bool, _ isTied: Bool) {
        var configuration = DecoderSamples.configuration
        configuration.hasTiedHead = isTied
        let model = DecoderSamples.model(configuration)
        let adapter = hasAdapter ? adapter : nil
        let tokens = DecoderSamples.tokens(19)
        let expected = DecoderReference(model: model, adapter: adapter).logits(tokens).flatMap(
            \.self
        )
        let decoder = Decoder(model: model, adapter: adapter, threads: 2)
        var cache = decoder.makeCache(capacity: 19)
        let logits = decoder.forward(tokens, cache: &cache, logits: .all)
        let error =
            zip(logits, expected).map { (ours: Float, theirs: Double) -> Double in
                abs(Double(ours) - theirs)
            }.max() ?? 1
        #expect(error < 1e-4)
        #expect(logits.count == expected.count)
    }

    @Test(
        "every architecture agrees with the textbook, whole and scored in a tree",
        arguments: DecoderSamples.variants
    )
    func architectures(_ configuration: ModelConfiguration) {
        let model = DecoderSamples.model(configuration)
        let tokens = DecoderSamples.tokens(29)
        let rows = DecoderReference(model: model, adapter: adapter).logits(tokens)
        let decoder = Decoder(model: model, adapter: adapter, threads: 2)
        var cache = decoder.makeCache(capacity: 29)
        let logits = decoder.forward(tokens, cache: &cache, logits: .all)
        let error =
            zip(logits, rows.joined()).map { (ours: Float, theirs: Double) -> Double in
                abs(Double(ours) - theirs)
            }.max() ?? 1
        #expect(error < 1e-4)
        // Two continuations that share a beginning: the second sees the first's in a run of its own.
        let scores = decoder.scoreContinuations(
            prefix: Array(tokens[..<12]),
            continuations: [Array(tokens[12..<20]) + [1], Array(tokens[12...])]
        )
        let expected = (12..<29).reduce(0.0) { sum, index in
            let row = rows[index - 1]
            return sum + row[Int(tokens[index])] - log(row.reduce(0) { $0 + exp($1) })
        }
        #expect(abs(scores[1] - expected) < 1e-4)
    }

    @Test(
        "token by token, in pieces, at once, with any threads and level: the same bits",
        arguments: DecoderSamples.variants
    )
    func invariance(_ configuration: ModelConfiguration) {
        let model = DecoderSamples.model(configuration)
        let tokens = DecoderSamples.tokens(40)
        let decoder = Decoder(model: model, adapter: adapter, threads: 2)
        var cache = decoder.makeCache(capacity: 64)
        let whole = decoder.forward(tokens, cache: &cache, logits: .all)
        for (threads, level) in zip([1, 2, 3], KernelLevel.allCases) {
            let other = Decoder(
                model: model,
                adapter: adapter,
                compute: Compute(threads: threads, level: level)
            )
            for size in [1, 7, 40] {
                var cache = other.makeCache(capacity: 64)
                var rows: [Float] = []
                for first in stride(from: 0, to: 40, by: size) {
                    rows += other.forward(
                        Array(tokens[first..<min(40, first + size)]),
                        cache: &cache,
                        logits: .all
                    )
                }
                #expect(rows.map(\.bitPattern) == whole.map(\.bitPattern))
            }
        }
    }

    @Test("a quantised model decodes with the bits of prefill", arguments: Quantisation.allCases)
    func quantised(_ quantisation: Quantisation) throws {
        var configuration = DecoderSamples.configuration
        configuration.hiddenSize = 64
        configuration.feedForwardSize = 128
        configuration.headCount = 8
        let model = try DecoderSamples.model(configuration).quantised(
            quantisation,
            threads: 2,
            base: "base"
        )
        #expect(model.blocks[2].down.type == quantisation.type)
        let tokens = DecoderSamples.tokens(23)
        let rows = DecoderReference(model: model, adapter: nil).logits(tokens)
        let decoder = Decoder(model: model, threads: 2)
        var (cache, other) = (decoder.makeCache(capacity: 23), decoder.makeCache(capacity: 23))
        let whole = decoder.forward(tokens, cache: &cache, logits: .all)
        let pieces = tokens.flatMap { decoder.forward([$0], cache: &other, logits: .last) }
        #expect(whole.map(\.bitPattern) == pieces.map(\.bitPattern))
        #expect(zip(whole, rows.joined()).allSatisfy { abs(Double($0) - $1) < 1e-4 })
        let again = message { _ = try model.quantised(.nf4, threads: 1, base: "base") }
        #expect(again.contains("base: block 0 q_proj: is quantised already"))
    }

    @Test("only the rows that are asked for come back, in their order")
    func requests() {
        let tokens = DecoderSamples.tokens(9)
        let decoder = Decoder(model: model, threads: 1)
        let width = model.configuration.vocabularySize
        func rows(_ request: LogitsRequest) -> [Float] {
            var cache = decoder.makeCache(capacity: 9)
            return decoder.forward(tokens, cache: &cache, logits: request)
        }
        let all = rows(.all)
        #expect(rows(.none).isEmpty)
        #expect(rows(.last) == Array(all.suffix(width)))
        #expect(
            rows(.at([5, 2])) == Array(all[5 * width..<6 * width] + all[2 * width..<3 * width])
        )
    }

    @Test("a forked and a truncated cache do not see each other's tokens")
    func caches() {
        let tokens = DecoderSamples.tokens(12)
        let decoder = Decoder(model: model, threads: 1)
        func fresh(_ tokens: [Int32]) -> [Float] {
            var cache = decoder.makeCache(capacity: 64)
            return decoder.forward(tokens, cache: &cache, logits: .last)
        }
        var cache = decoder.makeCache(capacity: 64)
        _ = decoder.forward(Array(tokens[..<8]), cache: &cache, logits: .none)
        var fork = cache
        fork.truncate(to: 5)
        let forked = decoder.forward([tokens[9]], cache: &fork, logits: .last)
        #expect(forked == fresh(Array(tokens[..<5]) + [tokens[9]]))
        let continued = decoder.forward([tokens[8]], cache: &cache, logits: .last)
        #expect(continued == fresh(Array(tokens[...8])))
        #expect(cache.count == 9 && fork.count == 6 && fork.remaining == 58)
    }

    @Test("a continuation's score is the sum of its tokens' log probabilities, however batched")
    func scores() {
        let decoder = Decoder(model: model, adapter: adapter, threads: 2)
        let queries: [Decoder.ScoreQuery] = (0..<4).map { index in
            let prefix = DecoderSamples.tokens(6) + DecoderSamples.tokens(index, seed: 9)
            let ends: [[Int32]] = [[1, 2], [1, 3, 4, 5], [1, 2], [8], [], [1, 2, 7]]
            return (prefix, ends)
        }
        let together = decoder.scoreContinuations(queries)
        for (query, scores) in zip(queries, together) {
            let alone = decoder.scoreContinuations(
                prefix: query.prefix,
                continuations: query.continuations
            )
            #expect(alone == scores)
            for (end, score) in zip(query.continuations, scores) {
                let mask = query.prefix.map { _ in false } + end.map { _ in true }
                let loss = decoder.meanLoss(tokens: query.prefix + end, lossMask: mask)
                #expect(loss.count == end.count)
                #expect(abs(score + loss.sum) < 1e-12)
            }
        }
        #expect(together[0][4] == 0)
    }

    @Test("a masked loss agrees with the textbook and never counts the first token")
    func loss() {
        let tokens = DecoderSamples.tokens(10)
        let mask = [true, false, false, true, true, false, false, true, false, false]
        let rows = DecoderReference(model: model, adapter: nil).logits(tokens)
        let expected = [3, 4, 7].reduce(0.0) { sum, index in
            let row = rows[index - 1]
            let total = log(row.reduce(0) { $0 + exp($1) })
            return sum + total - row[Int(tokens[index])]
        }
        let result = Decoder(model: model, threads: 1).meanLoss(tokens: tokens, lossMask: mask)
        #expect(result.count == 3)
        #expect(abs(result.sum - expected) < 1e-4)
        let none = Decoder(model: model, threads: 1).meanLoss(tokens: [1], lossMask: [true])
        #expect(none == (0, 0))
    }

    @Test("greedy generation takes the most likely token until a stop, a limit or a refusal")
    func greedy() {
        let decoder = Decoder(model: model, threads: 1)
        let prompt = DecoderSamples.tokens(5)
        func run(_ limit: Int, stop: Set<Int32> = [], _ go: (Int32) -> Bool = { _ in true })
            -> [Int32]
        {
            decoder.generate(
                prompt: prompt,
                sampling: .greedy,
                maximumTokens: limit,
                stop: stop,
                onToken: go
            )
        }
        let answer = run(8)
        var sequence = prompt
        for token in answer {
            let row = DecoderReference(model: model, adapter: nil).logits(sequence)[
                sequence.count - 1
            ]
            #expect(row.indices.max { row[$0] < row[$1] } == Int(token))
            sequence.append(token)
        }
        #expect(answer.count == 8)
        let stop = answer[3]
        let first = answer.firstIndex(of: stop) ?? 0
        #expect(run(8, stop: [stop]) == Array(answer[..<first]))
        #expect(run(8) { _ in false } == Array(answer[..<1]))
        #expect(run(0).isEmpty)
        // The context of 64 ends the answer; the last token needs no room.
        #expect(run(1000).count == 60)
    }

    @Test("sampling is a function of the seed, and a tiny top-p is greedy")
    func sampling() {
        let decoder = Decoder(model: model, threads: 2)
        func run(_ sampling: Sampling) -> [Int32] {
            decoder.generate(
                prompt: [5, 6],
                sampling: sampling,
                maximumTokens: 20,
                stop: []
            )
        }
        let one = run(Sampling(temperature: 1, seed: 1))
        #expect(one == run(Sampling(temperature: 1, seed: 1)))
        #expect(one != run(Sampling(temperature: 1, seed: 2)))
        #expect(run(Sampling(temperature: 1, topP: 1e-6, seed: 3)) == run(.greedy))
    }
}
