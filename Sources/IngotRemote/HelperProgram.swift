// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// A program of somebody else that reads a line and answers with a few bytes, within a time.
struct HelperProgram {
    enum Failure: Error, Equatable {
        case cannotRun
        case killed
        case tooSlow
        case tooLong
    }

    struct Answer {
        /// What it exited with.
        let status: Int32
        let bytes: [UInt8]
    }

    private static let answerByteLimit = 1 << 20
    /// What a pipe takes at once, whoever reads it.
    private static let inputByteLimit = 4096

    private let path: String
    private let environment: [String: String]

    /// Nil where no directory of the environment's `PATH` has it.
    init?(_ name: String, environment: [String: String]) {
        let paths = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        guard let path = paths.first(where: { unsafe access($0, X_OK) == 0 }) else { return nil }
        (self.path, self.environment) = (path, environment)
    }

    /// Runs the program with `input` on its standard input; what it says on standard error is lost.
    ///
    /// Blocks for `patience` at most. By no shell: nothing in the texts can be taken for a command.
    func ask(_ argument: String, input: [UInt8], patience: Duration) throws -> Answer {
        guard input.count <= Self.inputByteLimit else { throw Failure.cannotRun }
        let deadline = ContinuousClock.now + patience
        let (requests, answers) = (try Pipe(), try Pipe())
        // Before it runs: the pipe has room, and a reader even where the program is none.
        try Files.writeAll(input, to: requests.writeEnd, path: path)
        let process = try spawn([path, argument], requests, answers)
        requests.close()
        answers.closeWriteEnd()
        do {
            let bytes = try read(answers.readEnd, until: deadline)
            return Answer(status: try status(of: process, until: deadline), bytes: bytes)
        } catch {
            kill(process, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
            throw error
        }
    }

    private func spawn(_ arguments: [String], _ input: Pipe, _ output: Pipe) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.readEnd, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.writeEnd, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // Copies for C, which end with a null pointer.
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var process: pid_t = 0
        guard unsafe posix_spawn(&process, path, &actions, nil, &argv, &envp) == 0 else {
            throw Failure.cannotRun
        }
        return process
    }

    private func read(
        _ descriptor: Int32,
        until deadline: ContinuousClock.Instant
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let rest = (deadline - .now) / Duration.milliseconds(1)
            guard rest > 0 else { throw Failure.tooSlow }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&polled, 1, Int32(min(rest.rounded(.up), 60_000))) > 0 else {
                continue
            }
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                guard errno == EINTR else { throw Failure.cannotRun }
                continue
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= Self.answerByteLimit else { throw Failure.tooLong }
        }
    }

    private func status(
        of process: pid_t,
        until deadline: ContinuousClock.Instant
    ) throws -> Int32 {
        while true {
            var status: Int32 = 0
            let ended = unsafe waitpid(process, &status, WNOHANG)
            if ended == process {
                guard status & 0x7F == 0 else { throw Failure.killed }
                return status >> 8 & 0xFF
            }
            guard ended == 0 || errno == EINTR else { throw Failure.cannotRun }
            guard ContinuousClock.now < deadline else { throw Failure.tooSlow }
            usleep(2000)
        }
    }
}

/// Both ends of a pipe, which no program that is started inherits; they close with the object.
private final class Pipe {
    private(set) var readEnd: Int32 = -1
    private(set) var writeEnd: Int32 = -1

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw FileError.last("make", "a pipe") }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit { close() }

    func closeWriteEnd() {
        if writeEnd >= 0 { _ = Glibc.close(writeEnd) }
        writeEnd = -1
    }

    func close() {
        closeWriteEnd()
        if readEnd >= 0 { _ = Glibc.close(readEnd) }
        readEnd = -1
    }
}
