// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotFiles
internal import IngotHTTP
internal import IngotInference

// Before any thread exists: threads inherit the mask.
TerminationSignal.block()
MappedFile.endPlainlyWhenCutShort()

func environment() -> [String: String] {
    let names = ["MODEL", "ADAPTER", "NAME", "HOST", "PORT", "THREADS"].map { "INGOT_\($0)" }
    return names.reduce(into: [:]) { values, name in
        values[name] = unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}

@Sendable func serve(_ options: ServerOptions) async throws {
    let log = ServerLog.standardError
    let started = ContinuousClock.now
    let model = try LanguageModel(loading: options)
    let service = InferenceService(
        host: ModelHost(model: model, metrics: ServerMetrics()),
        log: log,
        hasAdapter: options.adapterPath != nil
    )
    let server = try await InferenceServer.start(service, host: options.host, port: options.port)
    let duration = ContinuousClock.now - started
    let fields: [String: JSONValue] = [
        "host": .string(options.host), "port": .integer(Int64(server.port)),
        "model": .string(options.name), "threads": .integer(Int64(options.threads)),
        "milliseconds": .integer(Int64(duration / .milliseconds(1))),
    ]
    log.info("listening", fields)
    let signal = try await TerminationSignal.wait()
    log.info("stopping", ["signal": .integer(Int64(signal))])
    // Kubernetes leaves 30 seconds before SIGKILL, Docker 10.
    await server.shutdown(grace: .seconds(9))
    log.info("stopped")
}

do {
    let command = try ServerCommand(
        arguments: Array(CommandLine.arguments.dropFirst()),
        environment: environment(),
        processorCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    )
    switch command {
    case .help: print(ServerCommand.usage)
    case .version: print("ingot-infer \(ProductVersion.text)")
    case .health(let port): exit(HealthProbe.isHealthy(port: UInt16(port)) ? 0 : 1)
    case .serve(let options): try TerminationSignal.runBlockingMain { try await serve(options) }
    }
} catch {
    let isUsage = (error as? InferenceError)?.code == .usage
    ServerLog.standardError.error("failed", ["message": .string("\(error)")])
    exit(isUsage ? 2 : 1)
}
