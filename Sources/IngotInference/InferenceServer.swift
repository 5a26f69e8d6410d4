// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotHTTP
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The HTTP server of one model: OpenAI's paths, health, metrics.
package final class InferenceServer: Sendable {
    private let service: InferenceService
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let connections: ConnectionSet

    private init(
        service: InferenceService,
        group: MultiThreadedEventLoopGroup,
        channel: any Channel,
        connections: ConnectionSet
    ) {
        self.service = service
        self.group = group
        self.channel = channel
        self.connections = connections
    }

    /// Binds and listens; port 0 takes a free one.
    ///
    /// `host` is an IP address: a static program has no name resolution.
    package static func start(
        _ service: InferenceService,
        host: String,
        port: Int
    ) async throws -> InferenceServer {
        let address: SocketAddress
        do {
            address = try SocketAddress(ipAddress: host, port: port)
        } catch {
            throw InferenceError(
                .startup,
                "--host \(host): not an IP address; use 0.0.0.0, 127.0.0.1 or ::"
            )
        }
        // One thread parses and writes; the work is elsewhere.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionSet()
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(
                            withPipeliningAssistance: true,
                            withErrorHandling: true
                        )
                        try pipeline.addHandler(
                            HTTPConnection(service: service, connections: connections)
                        )
                    }
                }
                .bind(to: address).get()
            return InferenceServer(
                service: service,
                group: group,
                channel: channel,
                connections: connections
            )
        } catch {
            try? await group.shutdownGracefully()
            throw InferenceError(.startup, "cannot listen on \(host), port \(port): \(error)")
        }
    }

    package var port: Int { channel.localAddress?.port ?? 0 }

    /// Stops accepting, lets running requests finish for at most `grace`, then ends everything.
    package func shutdown(grace: Duration) async {
        service.drain()
        try? await channel.close()
        let promise = group.next().makePromise(of: Void.self)
        connections.drain(promise)
        let timeout = group.next().scheduleTask(in: TimeAmount(grace)) { promise.succeed() }
        try? await promise.futureResult.get()
        timeout.cancel()
        service.host.cancelAll()
        connections.closeAll()
        await service.host.shutdown()
        try? await group.shutdownGracefully()
    }
}
