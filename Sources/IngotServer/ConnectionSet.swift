// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// The open connections, so that a shutdown can end them and wait for them.
final class ConnectionSet: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var whenEmpty: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())

    /// False, and nothing is added, when there are `limit` already or the server ends.
    func add(_ channel: any Channel, limit: Int) -> Bool {
        state.withLock {
            guard $0.channels.count < limit, $0.whenEmpty == nil else { return false }
            $0.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        let promise = state.withLock { state -> EventLoopPromise<Void>? in
            state.channels[ObjectIdentifier(channel)] = nil
            return state.channels.isEmpty ? state.whenEmpty : nil
        }
        promise?.succeed()
    }

    /// Tells every connection that its current answer is its last; completes the promise when none
    /// is left.
    func drain(_ promise: EventLoopPromise<Void>) {
        let channels = state.withLock {
            $0.whenEmpty = promise
            return Array($0.channels.values)
        }
        if channels.isEmpty { promise.succeed() }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(RegistryConnection.ShutdownBegan())
        }
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.close(promise: nil)
        }
    }
}
