// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotPipeline

struct Reproduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a version again from its provenance, and sign whether the digests agree.",
        discussion: """
            Recipe, base and dataset are those that the version's statement names by digest. Exit \
            status 1 when the digests differ.
            """
    )

    @Argument(
        help: "An adapter version, such as support-intents:v3; a digest; or an environment.",
        completion: References.completion
    )
    var reference: String

    @Option(help: "Threads to compute with; never part of a result.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var training: TrainingFlags
    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads: expected 1 to 1024")
        }
        guard !training.resume else {
            throw ValidationError("--resume: a training is reproduced from its first step")
        }
    }

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let reporter = StepReporter(isQuiet: json)
        var context = try open.pipeline(threads: threads) { reporter.show($0) }
        context.training = training.options
        reporter.show(.stepStarted(.train))
        let outcome = try context.reproduce(reference, digest)
        let summary =
            outcome.agrees ? "\(reference) \(digest.short), the same again" : "another version"
        reporter.show(.stepFinished(.train, summary: summary, isReused: false))
        if json {
            print(Self.json(outcome, reference).prettyText)
        } else if !outcome.agrees {
            print("\(reference) is \(digest), trained again it is \(outcome.found)")
            if !outcome.isSameProgram { print("it was trained by another build of the program") }
        }
        guard outcome.agrees else { throw ExitCode(ExitCodes.failure) }
    }

    private static func json(_ outcome: Reproduction, _ reference: Reference) -> JSONValue {
        [
            "reference": .string(reference.description),
            "digest": .string(outcome.digest.description),
            "found": .string(outcome.found.description), "agrees": .bool(outcome.agrees),
            "same_program": .bool(outcome.isSameProgram),
        ]
    }
}
