// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import Testing

@testable import IngotServer

/// Uploads that the registry does not have open.
@Suite("Resumed uploads") struct ResumptionTests {
    @Test("what takes longer to hash than a client may stall goes on, for one request at a time")
    func longHashing() async throws {
        var limits = RegistryLimits()
        limits.stall = .milliseconds(100)
        let registry = try await TestRegistry.start(limits: limits)
        let directory = "\(registry.store.blobs.root)/uploads"
        let id = String(repeating: "ab", count: 16)
        let path = "\(directory)/\(id)-\(Digest.of("app").hex)"
        try Files.makeDirectories(directory)
        try Files.replace(path, with: [])
        let byteCount = 512 << 20
        #expect(unsafe truncate(path, byteCount) == 0)
        let location = "/v2/app/blobs/uploads/\(id)"
        let state = try await registry.ask("GET", location)
        #expect(state.headers.first(name: "range") == "0-\(byteCount - 1)")
        async let first = registry.ask("PATCH", location, [1, 2, 3])
        async let second = registry.ask("PATCH", location, [1, 2, 3])
        let statuses = try await [first.status, second.status]
        #expect(statuses.sorted() == [202, 409])
        let end = try await registry.ask("GET", location)
        #expect(end.headers.first(name: "range") == "0-\(byteCount + 2)")
        try await registry.end()
    }

    @Test("an upload that was closed for want of use goes on like one of an earlier server")
    func idle() async throws {
        var limits = RegistryLimits()
        limits.uploadIdle = .zero
        let registry = try await TestRegistry.start(limits: limits)
        let begun = try await registry.ask("POST", "/v2/app/blobs/uploads/")
        let location = try #require(begun.headers.first(name: "location"))
        #expect(try await registry.ask("PATCH", location, [1, 2]).status == 202)
        try registry.registry.uploads.clean()
        let digest = Digest.of([1, 2, 3])
        let end = try await registry.ask("PUT", "\(location)?digest=\(digest)", [3])
        #expect(end.status == 201)
        #expect(try registry.store.blobs.read(digest) == [1, 2, 3])
        try await registry.end()
    }
}
