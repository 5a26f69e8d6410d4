// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotHTTP
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// A certificate chain and its private key, in PEM files.
package struct TLSFiles: Sendable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// The HTTP server of a registry.
package final class RegistryServer: Sendable {
    /// Threads for the store's work: it waits for disks as often as it computes.
    private static let threadCount = 16

    private let group: MultiThreadedEventLoopGroup
    private let pool: NIOThreadPool
    private let channel: any Channel
    private let connections: ConnectionSet
    private let cleaning: RepeatedTask

    private init(
        group: MultiThreadedEventLoopGroup,
        pool: NIOThreadPool,
        channel: any Channel,
        connections: ConnectionSet,
        cleaning: RepeatedTask
    ) {
        self.group = group
        self.pool = pool
        self.channel = channel
        self.connections = connections
        self.cleaning = cleaning
    }

    /// Binds and listens; port 0 takes a free one.
    ///
    /// - Throws: `RegistryError` when the address or the certificate cannot be used.
    package static func start(
        _ registry: Registry,
        host: String,
        port: Int,
        tls files: TLSFiles? = nil,
        threads: Int,
        log: AccessLog = AccessLog(write: nil)
    ) async throws -> RegistryServer {
        let tls = try files.map(context)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        let pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
        let connections = ConnectionSet()
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(
                        minimum: 4096,
                        initial: 16 << 10,
                        maximum: 256 << 10
                    )
                )
                .childChannelOption(
                    .writeBufferWaterMark,
                    value: ChannelOptions.Types.WriteBufferWaterMark(low: 512 << 10, high: 1 << 20)
                )
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                        try pipeline.configureHTTPServerPipeline(
                            withPipeliningAssistance: true,
                            withErrorHandling: true
                        )
                        try pipeline.addHandler(
                            RegistryConnection(
                                registry: registry,
                                pool: pool,
                                connections: connections,
                                log: log,
                                usesTLS: tls != nil
                            )
                        )
                    }
                }
                .bind(host: host, port: port).get()
            let cleaning = group.next().scheduleRepeatedTask(
                initialDelay: .minutes(1),
                delay: .minutes(1)
            ) { _ in
                pool.submit { state in
                    guard state == .active else { return }
                    do { try registry.uploads.clean() } catch { log.record(problem: "\(error)") }
                }
            }
            return RegistryServer(
                group: group,
                pool: pool,
                channel: channel,
                connections: connections,
                cleaning: cleaning
            )
        } catch {
            try await pool.shutdownGracefully()
            try await group.shutdownGracefully()
            throw RegistryError(.unknown, "cannot listen on \(host), port \(port): \(error)")
        }
    }

    private static func context(_ files: TLSFiles) throws -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw RegistryError(
                .unknown,
                "\(files.certificate), \(files.key): not a certificate chain and its key in PEM: "
                    + "\(error)"
            )
        }
    }

    package var port: Int { channel.localAddress?.port ?? 0 }

    /// Stops accepting, lets running requests finish for at most `grace`, then ends everything.
    package func shutdown(grace: Duration) async throws {
        cleaning.cancel()
        try await channel.close()
        let promise = group.next().makePromise(of: Void.self)
        connections.drain(promise)
        let timeout = group.next().scheduleTask(in: TimeAmount(grace)) { [connections] in
            connections.closeAll()
            promise.succeed()
        }
        try await promise.futureResult.get()
        timeout.cancel()
        connections.closeAll()
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
    }
}
