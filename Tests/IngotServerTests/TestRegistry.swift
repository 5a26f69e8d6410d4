// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotStore
import IngotTestSupport
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import IngotServer

/// A real store in a temporary directory, served on a free port of the loopback interface.
struct TestRegistry {
    let place: TemporaryDirectory
    let store: Store
    let catalog: Catalog
    let ledger: Ledger
    let registry: Registry
    let server: RegistryServer

    static func start(
        access: AccessControl = .open,
        limits: RegistryLimits = RegistryLimits(),
        log: AccessLog = AccessLog(write: nil)
    ) async throws -> TestRegistry {
        let place = try TemporaryDirectory()
        let root = "\(place.path)/.ingot"
        let blobs = try BlobStore.create(at: root)
        let catalog = try Catalog.create(at: root)
        let store = Store(blobs: blobs, index: catalog.chunkIndex)
        let keys = try KeyRing.create(at: "\(place.path)/keys", storeID: "ab12", owner: "Ada")
        let ledger = Ledger(blobs: blobs, catalog: catalog, keys: keys)
        try ledger.recordCreation()
        let registry = try Registry(
            store: store,
            catalog: catalog,
            ledger: ledger,
            access: access,
            limits: limits
        )
        let server = try await RegistryServer.start(
            registry,
            host: "127.0.0.1",
            port: 0,
            threads: 2,
            log: log
        )
        return TestRegistry(
            place: place,
            store: store,
            catalog: catalog,
            ledger: ledger,
            registry: registry,
            server: server
        )
    }

    func end() async throws { try await server.shutdown(grace: .seconds(5)) }

    /// Adds a version on the server's own side, with a statement.
    func add(_ name: String, _ content: [UInt8], to repository: String) throws -> Digest {
        let digest = try store.writeVersion(
            kind: .dataset,
            config: [:],
            files: [FileSource(path: name, isExecutable: false, content: .bytes(content))]
        ).manifestDigest
        let facts = DatasetAddedFacts(
            repository: repository,
            sources: [name],
            fileCount: 1,
            byteCount: content.count
        )
        try ledger.record(
            .datasetAdded(facts),
            act: .datasetAdded,
            subject: Statement.Subject(name: repository, digest: digest),
            changes: [
                .version(
                    repository: try RepositoryName(parsing: repository),
                    digest: digest,
                    kind: .dataset
                )
            ]
        )
        return digest
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        /// The code of an error.
        var code: String? {
            do {
                return try JSONValue(parsing: body)["errors"]?.array?.first?["code"]?.string
            } catch { return nil }
        }
    }

    func ask(
        _ method: String,
        _ path: String,
        _ body: [UInt8] = [],
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise))
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        var fields = HTTPHeaders([("Host", "test"), ("Connection", "close")] + headers)
        fields.add(name: "Content-Length", value: "\(body.count)")
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: method),
            uri: path,
            headers: fields
        )
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        let buffer = ByteBuffer(bytes: body)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(buffer)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await promise.futureResult.get()
    }

    /// Pushes a blob in one request.
    func push(
        _ bytes: [UInt8],
        to repository: String,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        try await ask(
            "POST",
            "/v2/\(repository)/blobs/uploads/?digest=\(Digest.of(bytes))",
            bytes,
            headers: headers
        )
    }

    func put(
        _ manifest: [UInt8],
        _ path: String,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        try await ask(
            "PUT",
            "/v2/\(path)",
            manifest,
            headers: headers + [("Content-Type", MediaType.imageManifest.text)]
        )
    }
}

struct CutShort: Error {}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<TestRegistry.Answer>
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(_ promise: EventLoopPromise<TestRegistry.Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let buffer): body += buffer.readableBytesView
        case .end:
            promise.succeed(
                TestRegistry.Answer(
                    status: Int(head?.status.code ?? 0),
                    headers: head?.headers ?? [:],
                    body: body
                )
            )
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(CutShort()) }
}
