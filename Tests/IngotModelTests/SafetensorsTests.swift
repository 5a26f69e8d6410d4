// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import Testing

@testable import IngotModel

@Suite("safetensors files")
struct SafetensorsTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
        GGUFBuilder.bytes(length ?? UInt64(header.utf8.count)) + Array(header.utf8)
            + Array(repeating: 0, count: data)
    }

    @Test("writes the same bytes whatever the order of the tensors, and reads them back")
    func roundTrip() throws {
        var left = SafetensorsWriter()
        left.add("b", shape: [2], values: [1, 2])
        left.add("a", shape: [1, 1], values: [3])
        var right = SafetensorsWriter()
        right.add("a", shape: [1, 1], values: [3])
        right.add("b", shape: [2], values: [1, 2])
        let bytes = left.bytes()
        #expect(bytes == right.bytes())
        let header =
            #"{"__metadata__":{"format":"pt"},"#
            + #""a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
        let padding = String(repeating: " ", count: 7 - (header.utf8.count + 7) % 8)
        let values = [3, 1, 2].flatMap { GGUFBuilder.bytes(Float($0).bitPattern) }
        #expect(bytes == Self.file(header + padding) + values)
        let file = try SafetensorsFile(scratch.map("a.safetensors", bytes))
        #expect(file.metadata == ["format": "pt"])
        #expect(try file.entries.map { try $0.stored().floats() } == [[3], [1, 2]])
    }

    @Test("accepts no tensors, tensors without values and those without dimensions")
    func edges() throws {
        let empty = try SafetensorsFile(scratch.map("e.safetensors", Self.file("{}")))
        #expect(empty.entries.isEmpty)
        let header =
            #"{"x":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"#
            + #""y":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}"#
        let file = try SafetensorsFile(scratch.map("e.safetensors", Self.file(header, data: 2)))
        #expect(try file.entries.map { try $0.stored().name } == ["x", "y"])
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: [String]
        let bytes: [UInt8]
        var testDescription: String { name }
    }

    private static func tensor(
        _ dtype: String = "F32",
        _ shape: String = "[1]",
        _ offsets: String = "[0,4]"
    ) -> String {
        #"{"x":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
    }

    private static let two =
        #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""y":{"dtype":"F32","shape":[1],"data_offsets":"#

    static let attacks: [Attack] = [
        Attack(name: "no header", expected: ["has 3 bytes and no header"], bytes: [1, 2, 3]),
        Attack(
            name: "a header beyond the limit",
            expected: ["byte 0", "limit of 100000000"],
            bytes: file("{}", length: 100_000_001)
        ),
        Attack(
            name: "a header longer than the file",
            expected: ["claims 10 bytes and 8 of them"],
            bytes: file("{}", length: 10)
        ),
        Attack(
            name: "a header that is no object",
            expected: ["byte 8", "does not start with '{'"],
            bytes: file(" {}")
        ),
        Attack(name: "a header that is not JSON", expected: ["line 1"], bytes: file("{x}")),
        Attack(
            name: "a name twice",
            expected: ["duplicate key"],
            bytes: file(#"{"x":{},"x":{}}"#)
        ),
        Attack(
            name: "metadata that is no text",
            expected: ["'n' is not a text"],
            bytes: file(#"{"__metadata__":{"n":1}}"#)
        ),
        Attack(
            name: "a missing field",
            expected: ["tensor x: expected dtype"],
            bytes: file(#"{"x":{"dtype":"F32","shape":[1]}}"#)
        ),
        Attack(
            name: "an unknown type",
            expected: ["unknown type 'F99'"],
            bytes: file(tensor("F99"), data: 4)
        ),
        Attack(
            name: "a negative dimension",
            expected: ["not a natural number"],
            bytes: file(tensor("F32", "[-1]"), data: 4)
        ),
        Attack(
            name: "a product that overflows",
            expected: ["too large"],
            bytes: file(tensor("F32", "[4611686018427387904,8]"), data: 4)
        ),
        Attack(
            name: "a range backwards",
            expected: ["not a range"],
            bytes: file(tensor("F32", "[1]", "[4,0]"), data: 4)
        ),
        Attack(
            name: "a range of the wrong size",
            expected: ["has 4 bytes", "needs 64 bits"],
            bytes: file(tensor("F32", "[2]"), data: 4)
        ),
        Attack(
            name: "half a byte",
            expected: ["needs 4 bits"],
            bytes: file(tensor("F4", "[1]", "[0,0]"))
        ),
        Attack(
            name: "a hole",
            expected: ["tensor y: follows a hole"],
            bytes: file(two + "[8,12]}}", data: 12)
        ),
        Attack(
            name: "an overlap",
            expected: ["tensor y: overlaps"],
            bytes: file(two + "[2,6]}}", data: 8)
        ),
        Attack(
            name: "data cut short",
            expected: ["1 bytes are missing"],
            bytes: file(tensor(), data: 3)
        ),
        Attack(
            name: "data behind the last tensor",
            expected: ["2 bytes follow the last tensor"],
            bytes: file(tensor(), data: 6)
        ),
        Attack(
            name: "too many dimensions",
            expected: ["has 17 dimensions"],
            bytes: file(
                tensor("F32", "[" + Array(repeating: "1", count: 17).joined(separator: ",") + "]"),
                data: 4
            )
        ),
    ]

    @Test("refuses a damaged file, naming file, place and fault", arguments: attacks)
    func refuses(_ attack: Attack) throws {
        let found = message { _ = try SafetensorsFile(scratch.map("a.safetensors", attack.bytes)) }
        #expect(found.hasPrefix("\(scratch.path)/a.safetensors: "), "\(found)")
        for text in attack.expected { #expect(found.contains(text), "\(found)") }
    }

    @Test("names the type that Ingot does not compute with")
    func unsupportedType() throws {
        let bytes = Self.file(Self.tensor("I64", "[1]", "[0,8]"), data: 8)
        let file = try SafetensorsFile(scratch.map("a.safetensors", bytes))
        let found = message { _ = try file.entries.map { try $0.stored() } }
        #expect(found.contains("tensor x: has the type I64"))
    }

    @Test("knows a plain shard name from a way out of the directory")
    func shardNames() {
        #expect(HuggingFaceDirectory.isShardName("model-00001-of-00002.safetensors"))
        for name in [
            "../x.safetensors", "/x.safetensors", ".x.safetensors", "x.bin", "a\nb.safetensors",
        ] {
            #expect(!HuggingFaceDirectory.isShardName(name))
        }
    }
}
