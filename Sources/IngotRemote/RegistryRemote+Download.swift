// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

extension RegistryRemote {
    /// A connection that gave less does not count as progress: nobody can keep us by a byte a time.
    private static let progressByteCount = 64 << 10

    func download(
        _ digest: Digest,
        of repository: RepositoryName,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        guard !bytes.isEmpty else { return }
        let place = try place("blobs/\(digest.description)", of: repository)
        let scope = RegistryScope.pull(try scopeName(repository))
        var offset = bytes.lowerBound
        try await retry.run { _ in
            let start = offset
            do {
                var request = WebRequest(method: .GET, address: place)
                request.headers.add(
                    name: "Range",
                    value: "bytes=\(start)-\(bytes.upperBound - 1)"
                )
                try await exchangeOnce(request, scope) { reply in
                    let label = "\(name): blob \(digest)"
                    try unsafe await reply.forwardRange(
                        from: &offset,
                        to: bytes.upperBound,
                        label: label,
                        receive: receive
                    ) { await RegistryFault.error($0, doing: label) }
                }
            } catch var failure as TransientFailure {
                failure.madeProgress = offset - start >= Self.progressByteCount
                throw failure
            }
        }
    }
}

extension WebReply {
    /// Hands out a range of a blob, from an answer that has it alone or from its beginning on.
    ///
    /// - Throws: What `fault` makes of an answer that is no success; `.untrue` where the lengths do
    ///   not fit what was asked for.
    func forwardRange(
        from offset: inout Int,
        to end: Int,
        label: String,
        receive: (UnsafeRawBufferPointer) throws -> Void,
        fault: (WebReply) async -> any Error
    ) async throws {
        let untrue = { (problem: String) in RemoteError(.untrue, "\(label): \(problem)") }
        switch status {
        case 206:
            guard header("Content-Range")?.hasPrefix("bytes \(offset)-\(end - 1)/") == true else {
                throw untrue("answers with another range than was asked for, or a shorter blob")
            }
            guard contentLength.map({ $0 == end - offset }) ?? true else {
                throw untrue("sends another number of bytes than was asked for")
            }
            try unsafe await forward(
                skipping: 0,
                from: &offset,
                to: end,
                isExact: true,
                receive: receive
            )
        case 200:
            // A server without ranges sends the whole blob, which may go on after the end.
            guard contentLength.map({ $0 >= end }) ?? true else {
                throw untrue("is shorter there than it should be: push it again")
            }
            try unsafe await forward(
                skipping: offset,
                from: &offset,
                to: end,
                isExact: contentLength == end,
                receive: receive
            )
        case 416:
            await drain()
            throw untrue("is shorter there than it should be: push it again")
        default: throw await fault(self)
        }
    }
}
