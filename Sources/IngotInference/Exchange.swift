// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// One generation request on a connection, from acceptance to the last byte of its answer.
struct Exchange {
    let format: ReplyFormat
    let isStreaming: Bool
    let includesUsage: Bool
    let acceptedAt = ContinuousClock.now
    var job: GenerationJob?
    /// The answer so far, when it is not streamed.
    private(set) var text = ""

    init(format: ReplyFormat, options: GenerationOptions) {
        self.format = format
        isStreaming = options.isStreaming
        includesUsage = options.includesUsage
    }

    /// What an event sends.
    enum Output {
        case nothing
        case openStream([UInt8])
        case stream([UInt8])
        case closeStream([UInt8])
        case whole(JSONValue)
        case failure(InferenceError)
    }

    mutating func output(for event: GenerationEvent) -> Output {
        switch event {
        case .failed(let error): return .failure(error)
        case .started:
            guard isStreaming else { return .nothing }
            return .openStream(format.opening.map(ServerSentEvent.bytes) ?? [])
        case .text(let piece):
            if isStreaming { return .stream(ServerSentEvent.bytes(format.piece(piece))) }
            text += piece
            return .nothing
        case .finished(let reason, let usage):
            guard isStreaming else { return .whole(format.whole(text, reason, usage)) }
            var bytes = ServerSentEvent.bytes(format.ending(reason))
            if includesUsage { bytes += ServerSentEvent.bytes(format.usage(usage)) }
            return .closeStream(bytes + ServerSentEvent.done)
        }
    }
}
