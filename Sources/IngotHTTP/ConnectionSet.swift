// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import Synchronization

/// Sent to every connection when its server shuts down.
package struct ShutdownBegan: Sendable {}

/// The open connections of a server, so that a shutdown can end them and wait for them.
package final class ConnectionSet: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Those without a whole request, by when they began to wait.
        var waiting: [ObjectIdentifier: Int] = [:]
        var clock = 0
        var whenEmpty: EventLoopPromise<Void>?

        mutating func wait(_ id: ObjectIdentifier) {
            clock += 1
            waiting[id] = clock
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// False, and nothing is added, when there are `limit` already or the server ends.
    ///
    /// Of connections that are said to wait for their clients, the one that has done so longest
    /// makes room, so that many half-sent requests lock nobody out.
    package func add(_ channel: any Channel, limit: Int) -> Bool {
        let (isAdded, evicted) = state.withLock { state -> (Bool, (any Channel)?) in
            guard state.whenEmpty == nil else { return (false, nil) }
            var evicted: (any Channel)?
            if state.channels.count >= limit {
                guard let oldest = state.waiting.min(by: { $0.value < $1.value })?.key else {
                    return (false, nil)
                }
                state.waiting[oldest] = nil
                evicted = state.channels.removeValue(forKey: oldest)
            }
            state.channels[ObjectIdentifier(channel)] = channel
            return (true, evicted)
        }
        evicted?.close(promise: nil)
        return isAdded
    }

    /// Tells whether a connection waits for its client or is being answered.
    package func set(_ channel: any Channel, isAnswering: Bool) {
        state.withLock { state in
            let id = ObjectIdentifier(channel)
            guard state.channels[id] != nil else { return }
            if isAnswering { state.waiting[id] = nil } else { state.wait(id) }
        }
    }

    package func remove(_ channel: any Channel) {
        let promise = state.withLock { state -> EventLoopPromise<Void>? in
            state.channels[ObjectIdentifier(channel)] = nil
            state.waiting[ObjectIdentifier(channel)] = nil
            return state.channels.isEmpty ? state.whenEmpty : nil
        }
        promise?.succeed()
    }

    /// Tells every connection that its current answer is its last; completes the promise when
    /// none is left.
    package func drain(_ promise: EventLoopPromise<Void>) {
        let channels = state.withLock {
            $0.whenEmpty = promise
            return Array($0.channels.values)
        }
        if channels.isEmpty { promise.succeed() }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ShutdownBegan())
        }
    }

    package func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.close(promise: nil)
        }
    }
}
