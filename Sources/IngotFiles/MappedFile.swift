// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A file mapped read-only for as long as the object lives.
///
/// The mapping is private: pages already read keep their content if the file is written to, but a
/// file that is truncated meanwhile raises SIGBUS. Map only files that are replaced by rename.
package final class MappedFile: Sendable {
    package let path: String
    package let byteCount: Int
    // Safe: the mapping lives until deinit and is never written.
    private nonisolated(unsafe) let base: UnsafeRawPointer?

    package init(path: String) throws {
        let descriptor: Int32
        (descriptor, byteCount) = try Files.openRegular(path)
        defer { close(descriptor) }
        self.path = path
        guard byteCount > 0 else {
            unsafe base = nil
            return
        }
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard unsafe address != MAP_FAILED else { throw FileError.last("map", path) }
        unsafe base = UnsafeRawPointer(address)
    }

    deinit {
        if let base = unsafe base {
            unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
        }
    }

    /// The whole file; valid while the object lives.
    package var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base, count: byteCount)
    }

    /// The whole file, kept mapped until `body` returns: a mapping that nobody holds any more may
    /// go while its bytes are still being read.
    package func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(self) { try unsafe body(bytes) }
    }
}
