// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotInference

@Suite struct TextStreamTests {
    /// What comes out for each piece, and at the end.
    private func run(_ pieces: [[UInt8]], stops: [String] = []) -> (outputs: [String], end: String)
    {
        var stream = TextStream(stops: stops)
        let outputs = pieces.map { stream.append($0) }
        return (outputs, stream.finish())
    }

    private func run(_ pieces: [String], stops: [String] = []) -> (outputs: [String], end: String) {
        run(pieces.map { Array($0.utf8) }, stops: stops)
    }

    @Test("text without stops comes out at once")
    func plain() {
        #expect(run(["a", "bc"]).outputs == ["a", "bc"])
    }

    @Test("a character of several tokens comes out when it is whole", arguments: ["é", "€", "😀"])
    func splitCharacters(character: String) {
        let bytes = Array(character.utf8)
        let result = run(bytes.map { [$0] })
        #expect(result.outputs.dropLast().allSatisfy { $0.isEmpty })
        #expect(result.outputs.last == character)
    }

    @Test("bytes that are no UTF-8 become replacement characters, and never hang")
    func invalidBytes() {
        #expect(run([[0xFF], [0x61]]).outputs == ["\u{FFFD}", "a"])
        #expect(run([[0xE2, 0x82], [0x61]]).outputs == ["", "\u{FFFD}a"])
        #expect(run([[0x80, 0x80, 0x80, 0x80]]).outputs.joined().count == 4)
        #expect(run([[0xF0, 0x9F]]).end == "\u{FFFD}")
    }

    @Test("a stop string ends the text before it, within a token and across tokens")
    func stops() {
        #expect(run(["one END two"], stops: ["END"]).outputs == ["one "])
        let split = run(["one E", "N", "D", "two"], stops: ["END"])
        #expect(split.outputs == ["one ", "", "", ""])
        #expect(split.end == "")
    }

    @Test("the start of a stop string is held back, and given out when it was none")
    func heldBack() {
        let result = run(["one E", "N", "d"], stops: ["END"])
        #expect(result.outputs == ["one ", "", "ENd"])
        let atEnd = run(["one EN"], stops: ["END"])
        #expect(atEnd.outputs == ["one "])
        #expect(atEnd.end == "EN")
    }

    @Test("the first of several stop strings wins, and overlapping starts are kept")
    func severalStops() {
        #expect(run(["ab\n\ncd"], stops: ["cd", "\n\n"]).outputs == ["ab"])
        #expect(run(["aa", "ab"], stops: ["aab"]).outputs == ["", "a"])
        #expect(run(["aaab"], stops: ["aab"]).outputs == ["a"])
    }

    @Test("however the bytes are cut, the text is the same", arguments: 1...7)
    func anyCut(length: Int) {
        let text = Array("naïve 日本語 😀 then STOP and more".utf8)
        var stream = TextStream(stops: ["STOP"])
        var output = ""
        for start in stride(from: 0, to: text.count, by: length) {
            output += stream.append(Array(text[start..<min(start + length, text.count)]))
        }
        output += stream.finish()
        #expect(output == "naïve 日本語 😀 then ")
    }
}
