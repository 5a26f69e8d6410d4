// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotRemote

/// The names of a repository's versions elsewhere.
package struct RemoteTags: Sendable {
    /// Versions that are asked for the packs they have.
    private static let recentCount = 2
    /// Attempts at a number before somebody else's pushes are too many.
    private static let attemptLimit = 20

    private let remote: any Remote
    private let repository: RepositoryName

    package init(remote: any Remote, repository: RepositoryName) {
        self.remote = remote
        self.repository = repository
    }

    /// The digests of the newest versions.
    package func recentVersions() async throws -> [Digest] {
        var digests: [Digest] = []
        for number in try await numbers().suffix(Self.recentCount) {
            if let found = try await remote.tag(.version(number), of: repository) {
                digests.append(found.digest)
            }
        }
        return digests
    }

    /// Gives a version its number there: the wanted one, unless it is taken, then the next.
    package func number(_ version: Descriptor, wanted: Int) async throws -> Int {
        if try await remote.tag(.version(wanted), of: repository)?.digest == version.digest {
            return wanted
        }
        // What was pulled from there under another number than it has here gets no second one.
        if let known = try await self.number(of: version.digest) { return known }
        var number = wanted
        for _ in 0..<Self.attemptLimit {
            if let current = try await remote.tag(.version(number), of: repository) {
                if current.digest == version.digest { return number }
                number = max(number, try await numbers().last ?? 0) + 1
                continue
            }
            do {
                try await remote.move(.version(number), of: repository, from: nil, to: version)
                return number
            } catch let error as RemoteError where error.reason == .conflict { continue }
        }
        throw RemoteError(.conflict, "\(remote.name): others push to \(repository) all the time")
    }

    /// Moves a tag there, when it names nothing or one of `known`, where it was seen before.
    package func move(_ tag: Tag, to version: Descriptor, known: [Digest]) async throws {
        let current = try await remote.tag(tag, of: repository)?.digest
        if current == version.digest { return }
        if let current, !known.contains(current) {
            throw RemoteError(
                .conflict,
                "\(remote.name): \(repository):\(tag) was moved to \(current.short) by somebody "
                    + "else: pull it first"
            )
        }
        try await remote.move(tag, of: repository, from: current, to: version)
    }

    /// What a tag names there.
    ///
    /// - Throws: `RemoteError` that says what there is instead.
    package func resolve(_ tag: Tag) async throws -> Descriptor {
        if let found = try await remote.tag(tag, of: repository) { return found }
        let known = try await remote.tags(of: repository).prefix(20).map(\.text)
        throw RemoteError(
            .notFound,
            "\(remote.name): \(repository):\(tag) is not there"
                + (known.isEmpty
                    ? ": the repository has no tags"
                    : ": there are \(known.joined(separator: ", "))")
        )
    }

    /// The number of a version there, among the newest.
    package func number(of version: Digest) async throws -> Int? {
        for number in try await numbers().suffix(50).reversed()
        where try await remote.tag(.version(number), of: repository)?.digest == version {
            return number
        }
        return nil
    }

    private func numbers() async throws -> [Int] {
        try await remote.tags(of: repository).compactMap(\.versionNumber).sorted()
    }
}
