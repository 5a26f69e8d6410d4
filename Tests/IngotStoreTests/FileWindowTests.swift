// SPDX-License-Identifier: Apache-2.0

import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct FileWindowTests {
    private static let windowByteCount = 256 << 10

    @Test(
        "the chunks of all windows are those of the whole file",
        arguments: [
            0, 1, 8192, windowByteCount - 1, windowByteCount, windowByteCount + 1, 2_000_000,
        ]
    )
    func wholeFile(byteCount: Int) throws {
        let directory = try TemporaryDirectory()
        let bytes = SeededBytes.bytes(byteCount, seed: 5)
        try directory.write(bytes, to: "file")
        let windows = FileWindows(
            try FileHandle.reading("\(directory.path)/file"),
            byteCount: Self.windowByteCount
        )
        var content: [UInt8] = []
        var lengths: [Int] = []
        var newByteCount = 0
        var before: FileWindow?
        while before?.isLast != true {
            let window = try windows.next(after: before)
            if let before { windows.recycle(before) }
            content += window.bytes[..<window.usedByteCount]
            lengths += window.chunks.map(\.count)
            newByteCount += window.newByteCount
            before = window
        }
        #expect(content == bytes)
        #expect(lengths == Chunker.chunks(of: bytes, isEnd: true).map(\.count))
        #expect(newByteCount == byteCount)
    }
}
