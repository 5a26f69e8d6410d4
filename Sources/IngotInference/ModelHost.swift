// SPDX-License-Identifier: Apache-2.0

internal import IngotModel
internal import NIOPosix
internal import Synchronization

/// Runs requests on one model, one after the other, on threads of its own. Invariants:
///
/// (1) At most `queueLimit` requests wait; more are refused at once.
/// (2) Every accepted request ends in `finished` or `failed`, unless it is cancelled.
/// (3) The answer to a request depends on the request alone: what the cache kept from the one
///     before changes its time, not its bits.
package final class ModelHost: Sendable {
    package let model: LanguageModel
    package let metrics: ServerMetrics
    private let queueLimit: Int
    private let maximumTokensLimit: Int
    /// Templates and tokens: short work, which must not wait behind answers.
    private let preparation = NIOThreadPool(numberOfThreads: 1)
    /// The one thread that calls the decoder, which brings its own threads.
    private let worker = NIOThreadPool(numberOfThreads: 1)
    private let jobs = Mutex(Jobs())
    /// Empty while the worker has it.
    private let prefix = Mutex<PrefixCache?>(nil)

    package enum Prompt: Sendable {
        case chat(ChatRequest)
        case completion(CompletionRequest)

        package var options: GenerationOptions {
            switch self {
            case .chat(let request): request.options
            case .completion(let request): request.options
            }
        }
    }

    package typealias Receiver = @Sendable (GenerationEvent) -> Void

    private struct Jobs {
        var accepted: [ObjectIdentifier: GenerationJob] = [:]
        var isClosed = false
    }

    /// Starts the threads; `shutdown` ends them.
    package init(
        model: LanguageModel,
        metrics: ServerMetrics,
        queueLimit: Int = 64,
        maximumTokensLimit: Int = 4096
    ) {
        self.model = model
        self.metrics = metrics
        self.queueLimit = queueLimit
        self.maximumTokensLimit = maximumTokensLimit
        preparation.start()
        worker.start()
    }

    /// Accepts a request; `receive` is called on the host's threads.
    ///
    /// - Throws: `InferenceError` when the queue is full, the server ends, or the model's name is
    ///   not the served one.
    package func submit(
        _ prompt: Prompt,
        receive: @escaping Receiver
    ) throws(InferenceError) -> GenerationJob {
        if let name = prompt.options.model, !name.utf8.elementsEqual(model.name.utf8) {
            throw InferenceError(
                .modelNotFound,
                "the model '\(name)' is not served here; '\(model.name)' is",
                parameter: "model"
            )
        }
        let job = GenerationJob()
        let refusal: InferenceError? = jobs.withLock { jobs in
            if jobs.isClosed {
                return InferenceError(.shuttingDown, "the server is shutting down")
            }
            // Invariant (1): one runs, the others wait.
            guard jobs.accepted.count <= queueLimit else {
                return InferenceError(
                    .queueFull,
                    "\(queueLimit) requests are waiting already; try again later"
                )
            }
            jobs.accepted[ObjectIdentifier(job)] = job
            return nil
        }
        if let refusal { throw refusal }
        metrics.requestIsWaiting()
        preparation.submit { [self] state in
            guard case .active = state else { return end(job) }
            prepare(prompt, job, receive)
        }
        return job
    }

    /// Refuses new requests; those accepted go on.
    package func close() { jobs.withLock { $0.isClosed = true } }

    /// Cancels all requests.
    package func cancelAll() {
        for job in jobs.withLock({ Array($0.accepted.values) }) { job.cancel() }
    }

    /// Ends the threads, after the token that is being computed.
    package func shutdown() async {
        close()
        cancelAll()
        // The pools' only error is to have been shut down before, which is what is wanted.
        try? await preparation.shutdownGracefully()
        try? await worker.shutdownGracefully()
    }

    private func prepare(_ prompt: Prompt, _ job: GenerationJob, _ receive: @escaping Receiver) {
        do throws(InferenceError) {
            let tokens =
                switch prompt {
                case .chat(let request): try model.prompt(of: request)
                case .completion(let request): try model.prompt(of: request)
                }
            let limit = try limit(for: prompt.options, promptCount: tokens.count)
            worker.submit { [self] state in
                defer { end(job) }
                guard case .active = state, !job.isCancelled else { return }
                generate(tokens, limit: limit, prompt.options, job, receive)
            }
        } catch {
            end(job)
            receive(.failed(error))
        }
    }

    private func end(_ job: GenerationJob) {
        jobs.withLock { _ = $0.accepted.removeValue(forKey: ObjectIdentifier(job)) }
        metrics.requestEnded(started: job.hasStarted)
    }

    /// How many tokens the answer may have.
    private func limit(
        for options: GenerationOptions,
        promptCount: Int
    ) throws(InferenceError) -> Int {
        let room = model.contextLength - promptCount
        guard promptCount > 0 else { throw .invalid("prompt", "has no tokens") }
        guard room > 0, (options.maximumTokens ?? 1) <= room else {
            throw InferenceError(
                .contextTooLong,
                "the prompt has \(promptCount) tokens and the answer up to "
                    + "\(options.maximumTokens ?? 1), but the model's context holds "
                    + "\(model.contextLength); shorten the prompt or max_tokens",
                parameter: "max_tokens"
            )
        }
        return min(options.maximumTokens ?? room, room, maximumTokensLimit)
    }

    /// Runs on the worker alone.
    private func generate(
        _ prompt: [Int32],
        limit: Int,
        _ options: GenerationOptions,
        _ job: GenerationJob,
        _ receive: Receiver
    ) {
        job.start()
        var timing = metrics.requestStarted(waitingSince: job.acceptedAt)
        receive(.started)
        // Moved, not copied: a second owner would make the cache copy itself when it grows.
        var cache = prefix.withLock { $0.take() } ?? PrefixCache(model.decoder)
        defer { prefix.withLock { $0 = cache } }
        guard
            let cached = cache.extend(
                by: prompt,
                decoder: model.decoder,
                while: { !job.isCancelled }
            )
        else { return }
        var text = TextStream(stops: options.stops)
        let sampling = Sampling(
            temperature: Float(options.temperature),
            topP: Float(options.topP),
            seed: options.seed ?? UInt64.random(in: .min ... .max)
        )
        let answer = cache.generate(
            decoder: model.decoder,
            sampling: sampling,
            maximumTokens: limit,
            stop: Set(model.tokenizer.endTokens)
        ) { token in
            timing.sawToken()
            let piece = text.append(model.tokenizer.bytes(of: token))
            if !piece.isEmpty { receive(.text(piece)) }
            return !text.isStopped && !job.isCancelled
        }
        guard !job.isCancelled else { return }
        let rest = text.finish()
        if !rest.isEmpty { receive(.text(rest)) }
        let reason: FinishReason = !text.isStopped && answer.count >= limit ? .length : .stop
        let usage = TokenUsage(
            prompt: prompt.count,
            completion: answer.count,
            cached: cached
        )
        metrics.requestSucceeded(reason, usage, timing)
        receive(.finished(reason, usage))
    }
}
