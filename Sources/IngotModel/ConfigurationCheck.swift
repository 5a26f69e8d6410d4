// SPDX-License-Identifier: Apache-2.0

/// What every configuration must satisfy, from whichever format: bounds that keep the arithmetic of
/// shapes far from overflow, and the relations between the sizes.
struct ConfigurationCheck {
    /// The file, for messages.
    let file: String

    // The largest Llama has 126 layers, width 16,384 and 128 heads.
    static let layerLimit = 1024
    static let sizeLimit = 1 << 20
    static let headLimit = 1 << 12
    static let contextLimit = 1 << 26

    func callAsFunction(_ configuration: ModelConfiguration) throws(ModelFileError) {
        let c = configuration
        try range("the number of layers", c.layerCount, Self.layerLimit)
        try range("the hidden size", c.hiddenSize, Self.sizeLimit)
        try range("the feed-forward size", c.feedForwardSize, Self.sizeLimit)
        try range("the number of heads", c.headCount, Self.headLimit)
        try range("the number of key/value heads", c.keyValueHeadCount, Self.headLimit)
        try range("the head size", c.headSize, Self.headLimit)
        try range("the vocabulary size", c.vocabularySize, Self.sizeLimit)
        try range("the context length", c.contextLength, Self.contextLimit)
        guard c.headCount % c.keyValueHeadCount == 0 else {
            throw failure(
                "\(c.headCount) heads cannot share \(c.keyValueHeadCount) key/value heads evenly"
            )
        }
        guard c.headSize % 2 == 0 else {
            throw failure("the head size is \(c.headSize): rotary embeddings need an even one")
        }
        guard c.ropeBase.isFinite, c.ropeBase > 1 else {
            throw failure("the RoPE base is \(c.ropeBase), expected a number above 1")
        }
        guard c.ropeDivisors.isEmpty || c.ropeDivisors.count == c.headSize / 2,
            c.ropeDivisors.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw failure("the RoPE factors are not \(c.headSize / 2) positive numbers")
        }
        if let window = c.slidingWindow {
            try range("the sliding window", window, Self.contextLimit)
        }
        guard c.normEpsilon.isFinite, c.normEpsilon >= 0, c.normEpsilon < 1 else {
            throw failure("the norm's epsilon is \(c.normEpsilon), expected 0 to 1")
        }
        for (name, token) in [("BOS", c.bosToken), ("EOS", c.eosToken), ("PAD", c.padToken)] {
            guard let token, !(0..<Int32(c.vocabularySize)).contains(token) else { continue }
            throw failure(
                "the \(name) token \(token) is not in the vocabulary of \(c.vocabularySize)"
            )
        }
    }

    private func range(_ name: String, _ value: Int, _ limit: Int) throws(ModelFileError) {
        guard (1...limit).contains(value) else {
            throw failure("\(name) is \(value), expected 1 to \(limit)")
        }
    }

    private func failure(_ problem: String) -> ModelFileError {
        ModelFileError(
            file,
            place: "configuration",
            problem,
            remedy: "the model's metadata is wrong"
        )
    }
}
