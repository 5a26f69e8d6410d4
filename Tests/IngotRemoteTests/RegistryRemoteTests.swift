// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import NIOHTTP1
import Synchronization
import Testing

@testable import IngotRemote

/// A registry that lies, or fails, in each way that a client has to bear.
@Suite
struct RegistryRemoteTests {
    private let repository: RepositoryName
    private let content = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    private let manifest: [UInt8]

    init() throws {
        repository = try RepositoryName(parsing: "models")
        let config = Descriptor(mediaType: .emptyConfig, digest: Digest.of("{}"), byteCount: 2)
        manifest = Manifest(artifactType: nil, config: config, layers: [config]).canonicalBytes
    }

    private var digest: Digest { Digest.of(content) }
    private var blob: OutgoingBlob {
        OutgoingBlob(digest: digest, byteCount: content.count) { [content] in Array(content[$0]) }
    }
    private var descriptor: Descriptor {
        Descriptor(
            mediaType: .imageManifest,
            digest: Digest.of(manifest),
            byteCount: manifest.count
        )
    }

    /// Runs `body` against a server; the waits between tries are recorded, not waited for.
    private func with(
        credentials: RegistryCredentials? = nil,
        swapsTags: Bool = false,
        _ answer: @escaping @Sendable (LyingServer.Request, Int) -> LyingServer.Answer,
        _ body: (RegistryRemote, LyingServer, Waits) async throws -> Void
    ) async throws {
        let server = try await LyingServer.start(answer)
        let waits = Waits()
        var retry = RetryPolicy()
        retry.sleep = { wait in waits.add(wait) }
        let remote = RegistryRemote(
            name: "oci://test",
            address: try RegistryAddress(
                Substring(server.host),
                of: "test",
                transport: .plain,
                swapsTags: swapsTags
            ),
            credentials: credentials,
            client: try WebClient(),
            retry: retry
        )
        do {
            try await body(remote, server, waits)
        } catch {
            try await remote.shutdown()
            try await server.stop()
            throw error
        }
        try await remote.shutdown()
        try await server.stop()
    }

    private func reason(_ body: () async throws -> Void) async -> RemoteError.Reason? {
        do {
            try await body()
            return nil
        } catch let error as RemoteError {
            #expect(!error.message.contains("\n"))
            return error.reason
        } catch {
            Issue.record("\(error) is no RemoteError")
            return nil
        }
    }

    private func download(_ remote: RegistryRemote, _ range: Range<Int>) async throws -> [UInt8] {
        let received = Mutex<[UInt8]>([])
        try await unsafe remote.download(digest, of: repository, bytes: range) { piece in
            unsafe received.withLock { unsafe $0 += Array(piece) }
        }
        return received.withLock { $0 }
    }

    private func expectDownload(_ remote: RegistryRemote, _ range: Range<Int>) async throws {
        let received = try await download(remote, range)
        #expect(received == Array(content[range]))
    }

    private func expectManifest(_ remote: RegistryRemote) async throws {
        let received = try await remote.manifest(descriptor.digest, of: repository)
        #expect(received == manifest)
    }

    private static func range(_ request: LyingServer.Request) -> Range<Int> {
        let text = request.headers.first(name: "Range")?.dropFirst("bytes=".count) ?? ""
        let ends = text.split(separator: "-").compactMap { Int($0) }
        return ends.count == 2 ? ends[0]..<(ends[1] + 1) : 0..<0
    }

    @Test("waits until the moment that a 503 names")
    func retryAfterDate() async throws {
        let moment = "Sun, 06 Nov 1994 08:49:46 GMT"
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        try await with { [manifest] _, count in
            count == 0
                ? .reply(503, [("Retry-After", moment), ("Date", date)]) : .reply(200, [], manifest)
        } _: { remote, _, waits in
            try await expectManifest(remote)
            #expect(waits.all.count == 1 && waits.all[0] >= .seconds(9))
        }
    }

    @Test("tries a 500 again, twice, and waits as long as a 429 asks for")
    func transientAnswers() async throws {
        try await with { [manifest] _, count in
            switch count {
            case 0, 1: .reply(500)
            case 2: .reply(429, [("Retry-After", "7")])
            default: .reply(200, [], manifest)
            }
        } _: { remote, _, waits in
            try await expectManifest(remote)
            let all = waits.all
            #expect(all.count == 3)
            #expect(all[1] > all[0] / 2 && all[2] >= .seconds(7) && all[2] < .seconds(9))
        }
    }

    @Test(
        "gives up after five tries, at once where it should wait for hours, and never tries a 400"
    )
    func finalAnswers() async throws {
        try await with { request, _ in
            if request.path.contains("/blobs/") { return .reply(429, [("Retry-After", "7200")]) }
            let isList = request.path.hasSuffix("list")
            let error = #"{"errors":[{"code":"NAME_INVALID","message":"a\nb\u001b[31m"}]}"#
            return isList ? .reply(400, [], Array(error.utf8)) : .reply(503)
        } _: { remote, server, waits in
            #expect(
                await reason { _ = try await remote.hasBlob(digest, in: repository) } == .failed
            )
            #expect(server.requests.count == 1)
            let tag = try Tag(parsing: "v1")
            #expect(await reason { _ = try await remote.tag(tag, of: repository) } == .failed)
            #expect(server.requests.count == 6)
            #expect(waits.all.count == 4)
            do {
                _ = try await remote.tags(of: repository)
                Issue.record("no error")
            } catch let error as RemoteError {
                #expect(error.message.contains("NAME_INVALID: a b [31m"))
            }
            #expect(server.requests.count == 7)
        }
    }

    @Test("refuses a manifest with other bytes, a wrong digest header, and one without end")
    func wrongManifests() async throws {
        let other = Digest.of("other").description
        try await with { [manifest] request, _ in
            if request.path.hasSuffix("/endless") { return .endless(200) }
            if request.path.hasSuffix("/wrong") {
                return .reply(200, [("Docker-Content-Digest", other)], manifest)
            }
            return .reply(200, [], manifest + [0x20])
        } _: { remote, _, _ in
            for tag in ["endless", "wrong"] {
                let tag = try Tag(parsing: tag)
                #expect(await reason { _ = try await remote.tag(tag, of: repository) } == .untrue)
            }
            #expect(
                await reason {
                    _ = try await remote.manifest(descriptor.digest, of: repository)
                } == .untrue
            )
        }
    }

    @Test("goes on at the next byte when a download is cut off")
    func resumedDownload() async throws {
        try await with { [content] request, count in
            let range = Self.range(request)
            let header = [
                ("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/200000")
            ]
            guard count < 2 else { return .reply(206, header, Array(content[range])) }
            let part = Array(content[range].prefix(70_000))
            return .cut(206, header, part, promised: range.count)
        } _: { remote, server, _ in
            try await expectDownload(remote, 1000..<199_000)
            let starts = server.requests.map { Self.range($0).lowerBound }
            #expect(starts.count == 3 && starts[0] == 1000 && starts == starts.sorted())
            #expect(Set(starts).count == 3)
        }
    }

    @Test("reads from servers without ranges, and refuses bodies that are too short or too long")
    func lengths() async throws {
        let mode = Mutex("whole")
        try await with { [content] request, _ in
            let range = Self.range(request)
            let header = [("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/*")]
            switch mode.withLock({ $0 }) {
            case "whole": return .reply(200, [], content)
            case "short": return .reply(200, [], Array(content.prefix(10)))
            case "other": return .reply(206, [("Content-Range", "bytes 0-9/10")], [UInt8](0..<10))
            case "shorter": return .reply(206, header, Array(content[range].dropLast()))
            case "longer": return .reply(206, header, Array(content[range]) + [1])
            case "endless": return .endless(206, header)
            default: return .reply(416)
            }
        } _: { remote, _, _ in
            try await expectDownload(remote, 500..<700)
            try await expectDownload(remote, 0..<200_000)
            for lie in ["short", "other", "shorter", "longer", "endless", "none"] {
                mode.withLock { $0 = lie }
                let found = await reason { _ = try await download(remote, 500..<700) }
                #expect(found == .untrue, "\(lie)")
            }
        }
    }

    @Test("asks for a token once for a scope, again after it ended, and never twice for a request")
    func tokens() async throws {
        let origin = Mutex("")
        let valid = Mutex("t1")
        try await with(credentials: .password(user: "ada", password: "secret")) {
            [manifest] request, count in
            if request.path == "/token" {
                let token = "t\(count + 1)"
                valid.withLock { $0 = token }
                return .reply(200, [], Array(#"{"token":"\#(token)"}"#.utf8))
            }
            let challenge =
                #"Bearer realm="\#(origin.withLock { $0 })/token",service="s",scope="x""#
            if request.path.hasSuffix("/never") {
                return .reply(401, [("WWW-Authenticate", challenge)])
            }
            let isValid =
                request.headers.first(name: "Authorization") == "Bearer \(valid.withLock { $0 })"
            return isValid
                ? .reply(200, [], manifest) : .reply(401, [("WWW-Authenticate", challenge)])
        } _: { remote, server, _ in
            origin.withLock { $0 = server.origin }
            try await expectManifest(remote)
            try await expectManifest(remote)
            try await expectManifest(remote)
            expectTokens(server, 1)
            valid.withLock { $0 = "ended" }
            try await expectManifest(remote)
            expectTokens(server, 2)
            let tag = try Tag(parsing: "never")
            let found = await reason { _ = try await remote.tag(tag, of: repository) }
            #expect(found == .denied)
            expectTokens(server, 3)
        }
    }

    private func expectTokens(_ server: LyingServer, _ count: Int) {
        let asked = server.requests.filter { $0.path == "/token" }
        #expect(asked.count == count)
        for request in asked {
            #expect(request.headers.first(name: "Authorization") == "Basic YWRhOnNlY3JldA==")
            let isScoped = request.uri.contains(
                "service=s&scope=repository%3Amodels%3Apull&scope=x"
            )
            #expect(isScoped)
        }
    }

    @Test(
        "refuses token servers without TLS elsewhere, and challenges that are none",
        arguments: [
            #"Bearer realm="http://192.0.2.1/token""#, #"Bearer realm="file:///etc/passwd""#,
            #"Bearer realm="http://user:pw@127.0.0.1/""#, "Bearer realm=\"http://a b\"", "Bearer",
            "Negotiate", "=====", "Bearer realm=\"unended",
        ]
    )
    func hostileChallenges(_ challenge: String) async throws {
        try await with(credentials: .password(user: "ada", password: "secret")) { _, _ in
            .reply(401, [("WWW-Authenticate", challenge)])
        } _: { remote, server, _ in
            let found = await reason { _ = try await remote.hasBlob(digest, in: repository) }
            #expect(found == .untrue || found == .denied)
            #expect(server.requests.allSatisfy { !$0.headers.contains(name: "Authorization") })
        }
    }

    @Test("does not send credentials along to another host, and follows five redirects")
    func redirects() async throws {
        let other = try await LyingServer.start { [content] _, _ in
            .reply(206, [("Content-Range", "bytes 0-9/200000")], Array(content.prefix(10)))
        }
        let target = other.origin
        let basic = RegistryCredentials.password(user: "ada", password: "secret")
        try await with(credentials: basic) { request, _ in
            if !request.headers.contains(name: "Authorization") {
                return .reply(401, [("WWW-Authenticate", "Basic realm=x")])
            }
            if request.path.hasSuffix("/loop") { return .reply(302, [("Location", request.uri)]) }
            if request.path.hasSuffix("/odd") { return .reply(302, [("Location", "gopher://x")]) }
            return .reply(307, [("Location", "\(target)/blob")])
        } _: { remote, server, _ in
            try await expectDownload(remote, 0..<10)
            #expect(other.requests.count == 1)
            #expect(other.requests.allSatisfy { !$0.headers.contains(name: "Authorization") })
            let before = server.requests.count
            for tag in ["loop", "odd"] {
                let tag = try Tag(parsing: tag)
                #expect(await reason { _ = try await remote.tag(tag, of: repository) } == .untrue)
            }
            #expect(server.requests.count == before + 6 + 1)
        }
        try await other.stop()
    }

    @Test("reads all pages of tags, none of a list that leads elsewhere, and a circle once")
    func pages() async throws {
        try await with { request, _ in
            let name = request.path.split(separator: "/")[1]
            if name == "elsewhere" {
                return .reply(
                    200,
                    [("Link", "<http://192.0.2.1/v2/x>; rel=\"next\"")],
                    Array(#"{"tags":["a"]}"#.utf8)
                )
            }
            if request.uri.contains("last=b") {
                let next = name == "circle" ? [("Link", "<?last=b>; rel=next")] : []
                return .reply(200, next, Array(#"{"tags":["c","not a tag"]}"#.utf8))
            }
            let list = #"{"tags":["b","a","sha256-\#(String(repeating: "0", count: 64))"]}"#
            return .reply(
                200,
                [("Link", "</v2/\(name)/tags/list?last=b>; rel=next")],
                Array(list.utf8)
            )
        } _: { remote, server, _ in
            let tags = try await remote.tags(of: repository)
            #expect(tags.map(\.text) == ["a", "b", "c"])
            let elsewhere = try RepositoryName(parsing: "elsewhere")
            #expect(await reason { _ = try await remote.tags(of: elsewhere) } == .untrue)
            let circle = try RepositoryName(parsing: "circle")
            let ofCircle = try await remote.tags(of: circle)
            #expect(ofCircle.count == 3)
            #expect(server.requests.count == 2 + 1 + 3)
        }
    }

    @Test("sends a blob again after a cut, and refuses hostile places to send it to")
    func uploads() async throws {
        try await with { request, count in
            if request.method == "HEAD" { return .reply(404) }
            if request.method == "POST" {
                let isHostile = request.path.contains("/hostile/")
                let place = isHostile ? "ftp://x/y" : "/upload/\(count)?state=a%2Fb"
                return .reply(202, [("Location", place)])
            }
            return request.path == "/upload/0" ? .close : .reply(201)
        } _: { remote, server, waits in
            try await remote.upload(blob, to: repository, mountedFrom: nil)
            let sent = server.requests.filter { $0.method == "PUT" }
            #expect(sent.count == 2)
            #expect(sent.last?.body == content)
            #expect(sent.last?.uri == "/upload/1?state=a%2Fb&digest=sha256%3A\(digest.hex)")
            #expect(waits.all.count == 1)
            let hostile = try RepositoryName(parsing: "hostile")
            #expect(
                await reason { try await remote.upload(blob, to: hostile, mountedFrom: nil) }
                    == .untrue
            )
        }
    }

    @Test("resumes a chunked upload where the registry says it stands")
    func chunks() async throws {
        let size = 100 << 20
        let kept = Mutex(0)
        let zeros = OutgoingBlob(digest: Digest.of("zeros"), byteCount: size) {
            [UInt8](repeating: 0, count: $0.count)
        }
        try await with { request, count in
            let (location, status) = ([("Location", "/upload")], 202)
            switch request.method {
            case "POST": return .reply(status, location)
            case "PATCH":
                // Half of the second chunk arrives.
                let part = count == 1 ? request.body.count / 2 : request.body.count
                let end = kept.withLock { kept -> Int in
                    kept += part
                    return kept
                }
                return count == 1 ? .close : .reply(status, location + [("Range", "0-\(end - 1)")])
            case "GET": return .reply(204, location + [("Range", "0-\(kept.withLock { $0 } - 1)")])
            // Asked for when an answer is lost on a busy machine.
            case "HEAD": return .reply(404)
            default: return .reply(201)
            }
        } _: { remote, server, _ in
            try await remote.upload(zeros, to: repository, mountedFrom: nil)
            #expect(kept.withLock { $0 } == size)
            let starts = server.requests.filter { $0.method == "PATCH" }
                .compactMap { $0.headers.first(name: "Content-Range")?.split(separator: "-").first }
                .compactMap { Int($0) }
            #expect(starts == [0, 32 << 20, 48 << 20, 80 << 20])
        }
    }

    @Test("moves a tag from what it names alone, and says If-Match to ingot serve")
    func moves() async throws {
        let tag = try Tag(parsing: "production")
        for swapsTags in [false, true] {
            try await with(swapsTags: swapsTags) { [manifest] request, _ in
                if request.method == "PUT" { return .reply(swapsTags ? 412 : 201) }
                return request.path.hasSuffix("/production")
                    ? .reply(404) : .reply(200, [], manifest)
            } _: { remote, server, _ in
                let wrong = Digest.of("wrong")
                #expect(
                    await reason {
                        try await remote.move(tag, of: repository, from: wrong, to: descriptor)
                    } == .conflict
                )
                #expect(!server.requests.contains { $0.method == "PUT" })
                let found = await reason {
                    try await remote.move(tag, of: repository, from: nil, to: descriptor)
                }
                let put = try #require(server.requests.last { $0.method == "PUT" })
                #expect(found == (swapsTags ? .conflict : nil))
                #expect(put.body == manifest)
                #expect(put.headers.first(name: "If-None-Match") == (swapsTags ? "*" : nil))
            }
        }
    }

    @Test("says in one line that nobody answers")
    func nobody() async throws {
        let server = try await LyingServer.start { _, _ in .close }
        let host = server.host
        try await server.stop()
        var retry = RetryPolicy()
        retry.sleep = { _ in }
        let remote = RegistryRemote(
            name: "oci://test",
            address: try RegistryAddress(Substring(host), of: "test", transport: .plain),
            credentials: nil,
            client: try WebClient(),
            retry: retry
        )
        let found = await reason { _ = try await remote.hasBlob(digest, in: repository) }
        #expect(found == .unreachable)
        try await remote.shutdown()
    }
}

final class Waits: Sendable {
    private let waits = Mutex<[Duration]>([])

    func add(_ wait: Duration) { waits.withLock { $0.append(wait) } }

    var all: [Duration] { waits.withLock { $0 } }
}
