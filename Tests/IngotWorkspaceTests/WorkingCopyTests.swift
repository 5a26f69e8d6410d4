// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotStore
import IngotTestSupport
import Synchronization
import Testing

@testable import IngotWorkspace

/// A store in memory's index, and data beside a pointer.
private struct Workspace {
    let directory: TemporaryDirectory
    let store: Store
    let copy: WorkingCopy
    /// Versions that no repository has any more.
    let removed = Removed()

    init(_ name: String = "data") throws {
        directory = try TemporaryDirectory()
        store = Store(
            blobs: try BlobStore.create(at: "\(directory.path)/.ingot"),
            index: MemoryChunkIndex()
        )
        copy = WorkingCopy(
            try DataPath(name, workingDirectory: directory.path),
            store: store
        ) { [removed] in !removed.contains($0) }
    }

    /// Adds the data as the command does, once its files are older than a tick of the clock.
    @discardableResult
    func add() throws -> (pointer: Pointer, scan: Scan) {
        usleep(20_000)
        let scan = try copy.scan()
        let written = try store.writeVersion(
            kind: .dataset,
            config: [:],
            files: scan.files,
            keeping: scan.kept
        )
        try copy.remember(scan, as: written.manifestDigest)
        return (
            Pointer(
                repository: try RepositoryName(parsing: "data"),
                tag: .version(1),
                digest: written.manifestDigest,
                byteCount: written.byteCount,
                fileCount: written.fileCount,
                form: scan.form
            ), scan
        )
    }

    /// What the version would be if every file were read.
    func readAll() throws -> Digest {
        try store.writeVersion(
            kind: .dataset,
            config: [:],
            files: FileSource.files(in: copy.path.absolute)
        ).manifestDigest
    }
}

private final class Removed: Sendable {
    private let versions = Mutex<Set<Digest>>([])

    func insert(_ version: Digest) { versions.withLock { _ = $0.insert(version) } }

    func contains(_ version: Digest) -> Bool { versions.withLock { $0.contains(version) } }
}

@Suite("WorkingCopy")
struct WorkingCopyTests {
    private let work: Workspace

    init() throws {
        work = try Workspace()
        // In this order `a.txt` comes before `a/…`, as the bytes have it.
        for name in ["a.txt", "a/one", "a/deep/two", "b", "é/ü", "z"] {
            try work.directory.write("content of \(name)", to: "data/\(name)")
        }
    }

    private func state(_ pointer: Pointer) throws -> WorkingState {
        try work.copy.state(against: pointer)
    }

    private func changes(_ state: WorkingState) -> WorkingState.Changes? {
        if case .modified(let changes) = state { changes } else { nil }
    }

    /// What this process has read so far, from files and else.
    private func readByteCount() throws -> Int {
        let text = String(decoding: try Files.read("/proc/self/io"), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("rchar: ") })
        return try #require(Int(line.dropFirst(7)))
    }

    @Test("a removed version is no reason to leave a file unread: parts of it may be gone")
    func removedVersion() throws {
        let version = try work.add().pointer.digest
        #expect(try work.add().scan.files.isEmpty)
        work.removed.insert(version)
        let scan = try work.copy.scan()
        #expect(scan.kept == nil)
        #expect(scan.files.count == 6)
    }

    @Test("lists files in the order of trees")
    func order() throws {
        let files = try work.copy.scan().files.map(\.path)
        #expect(files == ["a.txt", "a/deep/two", "a/one", "b", "z", "é/ü"])
        let direct = try FileSource.files(in: work.copy.path.absolute).map(\.path)
        #expect(files == direct)
    }

    @Test("a store in which no cache can be written gives the same answers")
    func withoutCache() throws {
        let workspace = try Workspace()
        try workspace.directory.write([1, 2, 3], to: "data/file")
        try workspace.directory.write([], to: ".ingot/workspace")
        let (pointer, _) = try workspace.add()
        #expect(try workspace.readAll() == pointer.digest)
        #expect(workspace.copy.cache()?.version == nil)
        #expect(try workspace.copy.state(against: pointer) == .clean)
    }

    @Test("reads nothing of an unchanged tree, neither for status nor to add it again")
    func readsNothing() throws {
        let byteCount = 64 << 20
        let path = "\(work.directory.path)/data/big"
        try work.directory.write("", to: "data/big")
        #expect(unsafe truncate(path, byteCount) == 0)
        let (pointer, _) = try work.add()
        let before = try readByteCount()
        #expect(try state(pointer) == .clean)
        // Other tests in this process read far less than the file has.
        #expect(try readByteCount() - before < byteCount)
        let scan = try work.copy.scan()
        #expect(scan.files.isEmpty)
        #expect(scan.fileCount == 7)
        #expect(scan.kept?.runs.map(\.places) == [0..<7])
        let again = try work.add()
        #expect(again.pointer == pointer)
    }

    @Test("sees what changed, came and went")
    func modified() throws {
        let (pointer, _) = try work.add()
        try work.directory.write("other", to: "data/a/one")
        try work.directory.write("new", to: "data/a/zero")
        try Files.remove("\(work.directory.path)/data/z")
        #expect(unsafe chmod("\(work.directory.path)/data/b", 0o755) == 0)
        let found = try #require(changes(try state(pointer)))
        #expect(found.changed == ["a/one", "b"])
        #expect(found.new == ["a/zero"])
        #expect(found.deleted == ["z"])
    }

    @Test("adds only what changed, and makes the version that reading everything makes")
    func addsChanges() throws {
        try work.add()
        try work.directory.write("other", to: "data/a/one")
        try Files.remove("\(work.directory.path)/data/b")
        let (pointer, scan) = try work.add()
        #expect(scan.files.map(\.path) == ["a/one"])
        #expect(try pointer.digest == work.readAll())
        #expect(try state(pointer) == .clean)
    }

    @Test("a file that was touched is read, and not a second time")
    func touched() throws {
        let (pointer, _) = try work.add()
        try work.directory.write("content of b", to: "data/b")
        usleep(20_000)
        #expect(try work.copy.scan().files.map(\.path) == ["b"])
        #expect(try state(pointer) == .clean)
        #expect(try work.copy.scan().files.isEmpty)
    }

    @Test("a stamp as new as the cache proves nothing, nor does a later cache make it so")
    func racilyClean() throws {
        let (pointer, _) = try work.add()
        try work.directory.write("content of B", to: "data/b")
        var cache = try #require(work.copy.cache())
        // As if the file had been written, added and written again within one tick.
        let listing = try work.copy.scan().listing
        let item = try #require(
            listing.items.firstIndex { listing.name(of: $0).elementsEqual("b".utf8) }
        )
        let known = try #require(
            cache.listing.items.firstIndex { cache.listing.name(of: $0).elementsEqual("b".utf8) }
        )
        cache.listing.items[known].stamp = listing.items[item].stamp
        cache.bound = listing.items[item].stamp.changed
        try work.copy.write(cache)
        try work.directory.write("content of z", to: "data/z")
        for _ in 0..<2 {
            usleep(20_000)
            #expect(changes(try state(pointer))?.changed == ["b"])
        }
    }

    @Test("a damaged cache is as if there were none")
    func damagedCache() throws {
        let (pointer, _) = try work.add()
        let folder = "\(work.directory.path)/.ingot/workspace"
        let name = try #require(try Files.names(in: folder).first)
        var bytes = try Files.read("\(folder)/\(name)")
        for place in stride(from: 0, to: bytes.count, by: 7) {
            bytes[place] ^= 1
            try Files.replace("\(folder)/\(name)", with: bytes)
            #expect(work.copy.cache() == nil)
            bytes[place] ^= 1
        }
        for count in stride(from: 0, to: bytes.count, by: 5) {
            try Files.replace("\(folder)/\(name)", with: bytes[..<count])
            #expect(work.copy.cache() == nil)
        }
        #expect(try state(pointer) == .clean)
    }

    @Test("refuses links, special files and names that are not UTF-8, by name")
    func refuses() throws {
        let data = "\(work.directory.path)/data"
        #expect(unsafe symlink("b", "\(data)/link") == 0)
        #expect { try work.copy.scan() } throws: { "\($0)".contains("link") }
        try Files.remove("\(data)/link")
        let path = Array("\(data)/x".utf8) + [0xFF, 0]
        let descriptor = unsafe path.withUnsafeBufferPointer {
            unsafe $0.withMemoryRebound(to: CChar.self) {
                unsafe $0.baseAddress.map { unsafe open($0, O_CREAT | O_WRONLY, 0o644) } ?? -1
            }
        }
        #expect(descriptor >= 0)
        close(descriptor)
        #expect { try work.copy.scan() } throws: { "\($0)".contains("x\\xff") }
        #expect(
            unsafe path.withUnsafeBufferPointer {
                unsafe $0.withMemoryRebound(to: CChar.self) {
                    unsafe $0.baseAddress.map { unsafe unlink($0) } ?? -1
                }
            } == 0
        )
    }

    @Test("an empty directory leaves no trace; only the owner's executable bit is kept")
    func modes() throws {
        let data = "\(work.directory.path)/data"
        try Files.makeDirectories("\(data)/empty/inside")
        #expect(unsafe chmod("\(data)/b", 0o711) == 0)
        #expect(unsafe chmod("\(data)/z", 0o655) == 0)
        let (pointer, scan) = try work.add()
        #expect(pointer.fileCount == 6)
        #expect(scan.files.filter(\.isExecutable).map(\.path) == ["b"])
    }

    @Test("moves between versions, and knows which one is there")
    func checkout() throws {
        let first = try work.add().pointer
        try work.directory.write("other", to: "data/a/one")
        try work.directory.write("new", to: "data/new/file")
        try Files.remove("\(work.directory.path)/data/z")
        let second = try work.add().pointer

        let back = try work.copy.checkout(first.digest, form: .directory)
        #expect(back.removedCount == 1)
        #expect(back.written.filesDone == 2)
        #expect(try Files.entry(at: "\(work.directory.path)/data/new") == nil)
        #expect(try work.readAll() == first.digest)
        #expect(try state(first) == .clean)
        guard case .otherVersion(let digest, let changes) = try state(second) else {
            Issue.record("the data is not known as the other version")
            return
        }
        #expect(digest == first.digest)
        #expect(changes.new == ["z"] && changes.deleted == ["new/file"])
        // What was checked out need not be read again.
        #expect(try work.copy.scan().files.isEmpty)
        #expect(try work.copy.checkout(first.digest, form: .directory).isUnchanged)
    }

    @Test("never overwrites a changed or an unknown file without force, and then writes nothing")
    func obstacles() throws {
        let first = try work.add().pointer
        try work.directory.write("other", to: "data/a/one")
        try work.directory.write("other", to: "data/b")
        let second = try work.add().pointer
        try work.directory.write("mine", to: "data/b")
        try work.directory.write("untracked", to: "data/mine")
        #expect {
            try work.copy.checkout(first.digest, form: .directory)
        } throws: {
            "\($0)".contains("'b'")
        }
        #expect(try work.directory.text("data/a/one") == "other")
        _ = try work.copy.checkout(first.digest, form: .directory, force: true)
        #expect(try work.directory.text("data/b") == "content of b")
        #expect(try work.directory.text("data/mine") == "untracked")
        #expect(changes(try state(first))?.new == ["mine"])
        #expect(second.digest != first.digest)
    }

    @Test("a file that the new version lacks stays when it was changed")
    func keepsChanged() throws {
        let first = try work.add().pointer
        try work.directory.write("new", to: "data/extra")
        try work.add()
        try work.directory.write("changed since", to: "data/extra")
        let result = try work.copy.checkout(first.digest, form: .directory)
        #expect(result.removedCount == 0)
        #expect(try work.directory.text("data/extra") == "changed since")
    }

    @Test("what a killed checkout left is removed by the next one of the same data")
    func leftovers() throws {
        let first = try work.add().pointer
        let names = ["data/.ingot-0a.part", "data/a/.ingot-0b.part/file", "data/.ingot-c.party"]
        for name in names { try work.directory.write("half", to: name) }
        #expect(try work.copy.checkout(first.digest, form: .directory).isUnchanged)
        #expect(try Files.entry(at: "\(work.directory.path)/\(names[0])") == nil)
        #expect(try Files.entry(at: "\(work.directory.path)/data/a/.ingot-0b.part") == nil)
        #expect(try work.directory.text(names[2]) == "half")
        #expect(try work.directory.text("data/a/one") != "half")
    }

    @Test("two checkouts of the same data do not run at once")
    func locked() throws {
        let first = try work.add().pointer
        let lock = try #require(try work.copy.lockForCheckout())
        let name = "data/.ingot-0a.part"
        try work.directory.write("half", to: name)
        let error = withExtendedLifetime(lock) {
            #expect(throws: WorkspaceError.self) {
                try work.copy.checkout(first.digest, form: .directory)
            }
        }
        #expect(error?.message.contains("another checkout") == true)
        #expect(try work.directory.text(name) == "half")
    }

    @Test("nothing there and nothing in the store are states of their own")
    func missing() throws {
        let pointer = try work.add().pointer
        try Files.remove("\(work.directory.path)/data")
        #expect(try state(pointer) == .notCheckedOut)
        _ = try work.copy.checkout(pointer.digest, form: .directory)
        #expect(try state(pointer) == .clean)
        try Files.remove(work.store.blobs.path(of: pointer.digest))
        #expect(try state(pointer) == .versionMissing)
    }

    @Test("a single file comes back as a file")
    func singleFile() throws {
        let work = try Workspace("rows.csv")
        try work.directory.write("1,2", to: "rows.csv")
        let pointer = try work.add().pointer
        #expect(pointer.form == .file)
        #expect(try work.copy.state(against: pointer) == .clean)
        try Files.remove("\(work.directory.path)/rows.csv")
        _ = try work.copy.checkout(pointer.digest, form: .file)
        #expect(try work.directory.text("rows.csv") == "1,2")
        #expect(try work.copy.state(against: pointer) == .clean)
    }
}
