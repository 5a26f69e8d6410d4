// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What a system did with one held-out example.
package struct ExampleScore: Sendable, Equatable {
    package let id: String
    package let expected: String
    /// Nil when the system was not asked for an answer.
    package let answer: String?
    /// The label of the highest log-likelihood; nil when there was no choice.
    package let choice: String?
    /// Natural log-likelihood of each label, in the order of the evaluation's labels.
    package let logLikelihoods: [Double]?
    /// Negative log-likelihood of the expected answer in nats, summed over its tokens.
    package let lossSum: Double?
    /// Tokens of the expected answer that `lossSum` is over.
    package let tokenCount: Int

    package init(
        id: String,
        expected: String,
        answer: String? = nil,
        choice: String? = nil,
        logLikelihoods: [Double]? = nil,
        lossSum: Double? = nil,
        tokenCount: Int = 0
    ) {
        self.id = id
        self.expected = expected
        self.answer = answer
        self.choice = choice
        self.logLikelihoods = logLikelihoods
        self.lossSum = lossSum
        self.tokenCount = tokenCount
    }

    /// Whether the answer is the expected text, byte by byte, white space around it aside.
    package var isExactMatch: Bool? {
        answer.map { Self.trimmed($0).elementsEqual(Self.trimmed(expected)) }
    }

    package var isRightChoice: Bool? { choice.map { $0.utf8.elementsEqual(expected.utf8) } }

    static func trimmed(_ text: String) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let kept = Array(text.utf8).drop(while: isSpace)
        let end = kept.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? kept.startIndex
        return kept[..<end]
    }

    /// The label of the highest log-likelihood, the first of equals; nil when there is none or one
    /// of the numbers is NaN.
    package static func choice(of labels: [String], logLikelihoods: [Double]) -> String? {
        guard labels.count == logLikelihoods.count, !logLikelihoods.contains(where: \.isNaN)
        else { return nil }
        var best: Int?
        for (index, value) in logLikelihoods.enumerated() {
            if let other = best, logLikelihoods[other] >= value { continue }
            best = index
        }
        return best.map { labels[$0] }
    }
}

extension ExampleScore {
    package var json: JSONValue {
        var members: [String: JSONValue] = ["id": .string(id), "expected": .string(expected)]
        if let answer { members["answer"] = .string(answer) }
        if let choice { members["choice"] = .string(choice) }
        if let logLikelihoods {
            members["log_likelihoods"] = .array(logLikelihoods.map(EvaluationResult.json(of:)))
        }
        if let lossSum { members["loss_sum"] = EvaluationResult.json(of: lossSum) }
        if tokenCount > 0 { members["tokens"] = .integer(Int64(tokenCount)) }
        return .object(members)
    }

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        id = try reader.require(reader.string("id"), "id")
        expected = try reader.require(reader.string("expected"), "expected")
        answer = try reader.string("answer")
        choice = try reader.string("choice")
        logLikelihoods = try reader.array("log_likelihoods")?.map {
            try EvaluationResult.double(of: $0, "log_likelihoods")
        }
        // A null is a NaN: present, but no number.
        _ = reader.value("loss_sum")
        lossSum = try json["loss_sum"].map { try EvaluationResult.double(of: $0, "loss_sum") }
        tokenCount = try reader.integer("tokens") ?? 0
        guard tokenCount >= 0 else { throw EvaluationError("tokens: expected no negative number") }
        try reader.finish()
    }
}
