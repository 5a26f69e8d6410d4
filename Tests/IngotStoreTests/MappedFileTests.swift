// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotFiles
import IngotTestSupport
import Testing

@Suite("Mapped files")
struct MappedFileTests {
    @Test("a process whose file is cut short while it is read ends in one line with status 1")
    func cutShort() async throws {
        let result = try await #require(
            processExitsWith: .exitCode(1),
            observing: [\.standardErrorContent]
        ) {
            MappedFile.endPlainlyWhenCutShort()
            let directory = try TemporaryDirectory()
            try directory.write([UInt8](repeating: 1, count: 1 << 16), to: "file")
            let file = try MappedFile(path: "\(directory.path)/file")
            truncate(file.path, 0)
            _ = file.withBytes { unsafe $0[5000] }
        }
        let said = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(said.contains("cut short while it was read"))
        #expect(!said.contains("Crash"))
    }
}
