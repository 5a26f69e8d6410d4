// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import IngotModel
import IngotTensor
import Testing

@Suite("GGUF files")
struct GGUFFileTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func read(_ builder: GGUFBuilder) throws -> GGUFFile {
        try GGUFFile(scratch.map("model.gguf", builder.file))
    }

    @Test("reads metadata of every type")
    func metadata() throws {
        var builder = GGUFBuilder()
        builder.add("u8", type: 0, [200])
        builder.add("i8", type: 1, [200])
        builder.add("u16", type: 2, [1, 2])
        builder.add("i16", type: 3, [0xFF, 0xFF])
        builder.set("u32", UInt32.max)
        builder.add("i32", type: 5, [0xFE, 0xFF, 0xFF, 0xFF])
        builder.set("f32", Float(1.5))
        builder.set("bool", true)
        builder.set("text", "é\n")
        builder.add("u64", type: 10, GGUFBuilder.bytes(UInt64(1) << 40))
        builder.add("i64", type: 11, GGUFBuilder.bytes(Int64(-7)))
        builder.add("f64", type: 12, GGUFBuilder.bytes(Double(-0.25).bitPattern))
        builder.set("texts", ["a", "", "b"])
        builder.set("numbers", [Int32(-1), 2])
        let file = try read(builder)
        #expect(file.metadata["u8"] == .integer(200))
        #expect(file.metadata["i8"] == .integer(-56))
        #expect(file.metadata["u16"] == .integer(513))
        #expect(file.metadata["i16"] == .integer(-1))
        #expect(file.metadata["u32"] == .integer(4_294_967_295))
        #expect(file.metadata["i32"] == .integer(-2))
        #expect(file.metadata["f32"] == .number(1.5))
        #expect(file.metadata["bool"] == .bool(true))
        #expect(file.metadata["text"] == .string("é\n"))
        #expect(file.metadata["u64"] == .integer(1 << 40))
        #expect(file.metadata["i64"] == .integer(-7))
        #expect(file.metadata["f64"] == .number(-0.25))
        #expect(file.metadata["texts"] == .strings(["a", "", "b"]))
        #expect(file.metadata["numbers"] == .integers([-1, 2]))
    }

    @Test("reads version 2, which has the same layout")
    func versionTwo() throws {
        var builder = GGUFBuilder()
        builder.version = 2
        #expect(try read(builder).version == 2)
    }

    @Test("places tensors at multiples of the alignment", arguments: [8, 32, 64])
    func placement(alignment: Int) throws {
        var builder = GGUFBuilder()
        builder.alignment = alignment
        if alignment != 32 { builder.set("general.alignment", UInt32(alignment)) }
        builder.add("first", [3], [1, 2, 3])
        builder.add("second", [2, 2], [4, 5, 6, 7])
        let file = try read(builder)
        let second = try #require(file.tensor("second"))
        #expect(second.range.lowerBound % alignment == 0)
        #expect(second.shape == [2, 2])
        #expect(file.tensors.map(\.name) == ["first", "second"])
        // Safe: a copy, while the file lives.
        let bytes = unsafe Array(file.bytes(of: second))
        #expect(bytes == [4, 5, 6, 7].flatMap { GGUFBuilder.bytes(Float($0).bitPattern) })
    }

    @Test("takes names and dimensions up to their limits")
    func limits() throws {
        var builder = GGUFBuilder()
        let name = String(repeating: "n", count: 64)
        builder.add(name, [1, 1, 1, 4], [1, 2, 3, 4])
        #expect(try read(builder).tensor(name)?.valueCount == 4)
    }

    @Test("refuses an empty file")
    func empty() throws {
        let found = message { _ = try GGUFFile(scratch.map("empty.gguf", [])) }
        #expect(found.contains("byte 0: the magic number needs 4 bytes and 4 of them are missing"))
    }

    struct TypeCase: Sendable {
        let number: UInt32
        let type: WeightType
        let rowByteCount: Int
    }

    @Test(
        "knows the sizes of the types it computes with",
        arguments: [
            TypeCase(number: 0, type: .f32, rowByteCount: 128),
            TypeCase(number: 1, type: .f16, rowByteCount: 64),
            TypeCase(number: 30, type: .bf16, rowByteCount: 64),
            TypeCase(number: 2, type: .q4_0, rowByteCount: 18),
            TypeCase(number: 3, type: .q4_1, rowByteCount: 20),
            TypeCase(number: 8, type: .q8_0, rowByteCount: 34),
            TypeCase(number: 12, type: .q4_k, rowByteCount: 144),
            TypeCase(number: 14, type: .q6_k, rowByteCount: 210),
        ]
    )
    func types(_ example: TypeCase) throws {
        var builder = GGUFBuilder()
        builder.tensors.append(
            .init(
                name: "w",
                dimensions: [UInt64(max(32, example.type.blockLength)), 2],
                type: example.number,
                data: Array(repeating: 0, count: 2 * example.rowByteCount)
            )
        )
        let tensor = try #require(try read(builder).tensor("w"))
        #expect(tensor.type == example.type)
        #expect(tensor.range.count == 2 * example.rowByteCount)
    }

    // MARK: Attacks

    /// Changes a good file and names what its error must say.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: [String]
        let change: @Sendable (inout GGUFBuilder) -> Void
        var testDescription: String { name }
    }

    static let attacks: [Attack] = [
        Attack(name: "another file", expected: ["byte 0", "not a GGUF file"]) { $0.magic = 1 },
        Attack(name: "version 1", expected: ["byte 4", "version 1"]) { $0.version = 1 },
        Attack(name: "big-endian", expected: ["big-endian", "gguf_convert_endian"]) {
            $0.version = 0x0300_0000
        },
        Attack(name: "a count of tensors beyond any", expected: ["byte 8", "limit"]) {
            $0.tensorCount = .max
        },
        Attack(name: "more tensors than there are", expected: ["tensor (no name)", "damaged"]) {
            $0.tensorCount = 60
        },
        Attack(name: "a count of keys beyond any", expected: ["byte 16", "limit"]) {
            $0.keyCount = .max
        },
        Attack(name: "a key twice", expected: ["the key twice occurs twice"]) {
            $0.set("twice", UInt32(1))
            $0.set("twice", UInt32(1))
        },
        Attack(name: "an empty key", expected: ["a key is empty"]) { $0.set("", UInt32(1)) },
        Attack(name: "a key with control characters", expected: ["not printable", "\u{FFFD}"]) {
            $0.set("a\u{1b}[2J\n", UInt32(1))
        },
        Attack(name: "an unknown value type", expected: ["a has the unknown value type 13"]) {
            $0.add("a", type: 13, [])
        },
        Attack(name: "a truth value of 2", expected: ["truth value 2"]) {
            $0.add("a", type: 7, [2])
        },
        Attack(name: "a number of 64 bits", expected: ["more than 63 bits"]) {
            $0.add("a", type: 10, Array(repeating: 0xFF, count: 8))
        },
        Attack(name: "a text longer than the file", expected: ["missing"]) {
            $0.add("a", type: 8, GGUFBuilder.bytes(UInt64(1) << 20))
        },
        Attack(name: "a text beyond any", expected: ["limit"]) {
            $0.add("a", type: 8, GGUFBuilder.bytes(UInt64.max))
        },
        Attack(name: "a text that is not UTF-8", expected: ["a is not valid UTF-8"]) {
            $0.add("a", type: 8, GGUFBuilder.bytes(UInt64(1)) + [0xC0])
        },
        Attack(name: "an array beyond any", expected: ["the number of elements of a", "limit"]) {
            $0.add("a", type: 9, GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64.max))
        },
        Attack(name: "an array longer than the file", expected: ["4000000 elements", "missing"]) {
            $0.add(
                "a",
                type: 9,
                GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64(4_000_000))
            )
        },
        Attack(name: "an array of arrays", expected: ["array of arrays"]) {
            $0.add("a", type: 9, GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(0)))
        },
        Attack(name: "an alignment of 33", expected: ["general.alignment", "power of two"]) {
            $0.set("general.alignment", UInt32(33))
        },
        Attack(name: "a tensor twice", expected: ["tensor w: occurs twice"]) {
            $0.tensors.append($0.tensors[0])
        },
        Attack(name: "a tensor without a name", expected: ["empty name"]) {
            $0.tensors[0].name = ""
        },
        Attack(name: "a name of 65 bytes", expected: ["the length of a tensor's name is 65"]) {
            $0.tensors[0].name = String(repeating: "n", count: 65)
        },
        Attack(name: "no dimensions", expected: ["tensor w: has 0 dimensions"]) {
            $0.tensors[0].dimensions = []
        },
        Attack(name: "five dimensions", expected: ["tensor w: has 5 dimensions"]) {
            $0.tensors[0].dimensions = [1, 1, 1, 1, 1]
        },
        Attack(name: "a dimension of 0", expected: ["a dimension of 0"]) {
            $0.tensors[0].dimensions = [0]
        },
        Attack(name: "dimensions whose product overflows", expected: ["tensor w", "impossible"]) {
            $0.tensors[0].dimensions = [1 << 32, 1 << 32]
        },
        Attack(name: "bytes that overflow", expected: ["tensor w", "too large"]) {
            $0.tensors[0].dimensions = [1 << 62]
        },
        Attack(name: "a type Ingot lacks", expected: ["tensor w", "Q5_K", "convert", "Q4_1"]) {
            $0.tensors[0].type = 13
        },
        Attack(name: "a type nobody has", expected: ["number 999"]) { $0.tensors[0].type = 999 },
        Attack(name: "an eighth of a block", expected: ["not whole Q4_K blocks of 256"]) {
            $0.tensors[0].type = 12
            $0.tensors[0].dimensions = [32]
        },
        Attack(name: "half a block", expected: ["not whole Q8_0 blocks"]) {
            $0.tensors[0].type = 8
            $0.tensors[0].dimensions = [33]
        },
        Attack(name: "an offset out of line", expected: ["tensor w: starts at 1 of the data"]) {
            $0.tensors[0].offset = 1
        },
        Attack(name: "an offset beyond the file", expected: ["tensor w: starts at"]) {
            $0.tensors[0].offset = .max
        },
        Attack(name: "overlapping tensors", expected: ["tensor v: starts at 0 of the data"]) {
            $0.add("v", [4], [1, 2, 3, 4])
            $0.tensors[1].offset = 0
        },
    ]

    @Test("refuses a damaged file, naming file, place and fault", arguments: attacks)
    func refuses(_ attack: Attack) throws {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "llama")
        builder.add("w", [4], [1, 2, 3, 4])
        attack.change(&builder)
        let bytes = builder.file
        let found = message { _ = try GGUFFile(scratch.map("bad.gguf", bytes)) }
        #expect(found.hasPrefix("\(scratch.path)/bad.gguf: "), "\(found)")
        #expect(!found.contains("\n"))
        for text in attack.expected { #expect(found.contains(text), "\(found)") }
    }

    @Test("says how many bytes a truncated file lacks")
    func truncated() throws {
        var builder = GGUFBuilder()
        builder.add("v", [64], Array(repeating: 1, count: 64))
        builder.add("w", [64], Array(repeating: 1, count: 64))
        let bytes = Array(builder.file.dropLast(100))
        let found = message { _ = try GGUFFile(scratch.map("cut.gguf", bytes)) }
        #expect(found.contains("tensor w: the file has \(bytes.count) bytes and 100 are missing"))
        #expect(found.contains("fetch it again"))
    }

    @Test("refuses bytes behind the last tensor, but not its padding")
    func trailing() throws {
        var builder = GGUFBuilder()
        builder.add("w", [1], [1])
        _ = try GGUFFile(scratch.map("padded.gguf", builder.file + Array(repeating: 0, count: 28)))
        let longer = builder.file + Array(repeating: 0, count: 29)
        let found = message { _ = try GGUFFile(scratch.map("long.gguf", longer)) }
        #expect(found.contains("29 bytes follow the last tensor"), "\(found)")
    }

    @Test("survives a cut at every byte and a flip of every byte of the head")
    func mutations() throws {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "llama")
        builder.set("a.b", ["x", "y"])
        builder.add("w", [4], [1, 2, 3, 4])
        let bytes = builder.file
        for count in 0..<bytes.count {
            let cut = Array(bytes.prefix(count))
            #expect(message { _ = try GGUFFile(scratch.map("m.gguf", cut)) } != "", "cut \(count)")
        }
        for index in 0..<builder.head.count {
            var changed = bytes
            changed[index] ^= 0xFF
            // No crash, and no more memory than the file's limits allow, is all that is asked.
            _ = message { _ = try GGUFFile(scratch.map("m.gguf", changed)) }
        }
    }
}
