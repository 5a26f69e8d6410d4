// SPDX-License-Identifier: Apache-2.0

import IngotTrainer
import Testing

@testable import IngotPipeline

@Suite struct TokenizedSplitTests {
    private static func example(_ count: Int, trainedFrom first: Int) -> TrainingExample {
        TrainingExample(
            tokens: (0..<Int32(count)).map { $0 },
            isTrained: (0..<count).map { $0 >= first }
        )
    }

    private static let examples = [
        example(8, trainedFrom: 5), example(9, trainedFrom: 5), example(20, trainedFrom: 12),
    ]

    @Test("examples up to the limit stay; longer ones go, or lose their end, and are counted")
    func long() {
        let skipped = TokenizedSplit(Self.examples, limit: 8, long: .skip)
        #expect(skipped.examples == [Self.examples[0]])
        #expect(skipped.skippedCount == 2 && skipped.truncatedCount == 0)
        let cut = TokenizedSplit(Self.examples, limit: 8, long: .truncate)
        #expect(cut.examples == [Self.examples[0], Self.example(8, trainedFrom: 5)])
        #expect(cut.skippedCount == 1 && cut.truncatedCount == 1)
        #expect(cut.counts(.train)["examples.train.truncated"] == "1")
        #expect(TokenizedSplit(Self.examples, limit: 8, long: .refuse).examples.count == 3)
    }

    @Test(
        "a licence that does not allow derivatives is warned of",
        arguments: [
            ("cc-by-nc-nd-4.0", true), ("CC BY-ND 4.0", true), ("apache-2.0", false),
            ("cc-by-nc-4.0", false), ("No Derivatives Licence", true), ("brand-new", false),
        ] as [(String, Bool)]
    )
    func licence(name: String, isWarned: Bool) {
        #expect((Licence.warning(name) != nil) == isWarned)
    }

    @Test("the memory there is, as the kernel says it")
    func memory() {
        #expect(AvailableMemory.system("MemTotal: 9 kB\nMemAvailable:     2048 kB\n") == 2 << 20)
        #expect(AvailableMemory.system("nothing") == nil)
        #expect(AvailableMemory.system("MemAvailable: x kB") == nil)
    }
}
