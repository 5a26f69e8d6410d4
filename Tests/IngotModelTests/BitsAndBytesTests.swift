// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import IngotTensor
import Testing

@testable import IngotModel

@Suite("Weights that bitsandbytes stored")
struct BitsAndBytesTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Tensors of one file, by name, in the order of the data.
    struct Parts: Sendable {
        struct Part: Sendable {
            var type: String
            var shape: [Int]
            var bytes: [UInt8]
        }
        var parts: [(name: String, part: Part)] = []

        mutating func add(_ name: String, _ type: String, _ shape: [Int], _ bytes: [UInt8]) {
            parts.removeAll { $0.name == name }
            parts.append((name, Part(type: type, shape: shape, bytes: bytes)))
        }

        mutating func add(_ name: String, _ values: [Float]) {
            add(name, "F32", [values.count], values.flatMap { GGUFBuilder.bytes($0.bitPattern) })
        }

        var file: [UInt8] {
            var (entries, data): ([String], [UInt8]) = ([], [])
            for (name, part) in parts {
                let end = data.count + part.bytes.count
                entries.append(
                    #""\#(name)":{"dtype":"\#(part.type)","shape":\#(part.shape),"#
                        + #""data_offsets":[\#(data.count),\#(end)]}"#
                )
                data += part.bytes
            }
            return SafetensorsTests.file("{" + entries.joined(separator: ",") + "}") + data
        }
    }

    private static let state =
        #"{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [2, 128]"#

    /// Two rows of 128 values: every code 0x7F is 0 and 1.
    private static func nf4(isNested: Bool) -> Parts {
        var parts = Parts()
        parts.add("w", "U8", [128, 1], Array(repeating: 0x7F, count: 128))
        parts.add("w.quant_map", WeightScales.nf4)
        var text = state
        if isNested {
            parts.add("w.absmax", "U8", [4], [255, 127, 0, 255])
            parts.add("w.nested_absmax", [0.5])
            parts.add("w.nested_quant_map", WeightScales.dynamicMap)
            text += #", "nested_blocksize": 256, "nested_offset": 2.0"#
        } else {
            parts.add("w.absmax", [1, 2, 3, 4])
        }
        parts.add(
            "w.quant_state.bitsandbytes__nf4",
            "U8",
            [text.utf8.count + 1],
            Array(text.utf8) + Array("}".utf8)
        )
        return parts
    }

    private static var int8: Parts {
        var parts = Parts()
        parts.add(
            "m.weight",
            "I8",
            [2, 32],
            (0..<64).map { UInt8(bitPattern: Int8($0 < 32 ? 127 : -$0)) }
        )
        parts.add("m.SCB", [2, 127])
        parts.add("m.weight_format", "U8", [], [0])
        return parts
    }

    private func tensors(_ parts: Parts) throws -> [StoredTensor] {
        let file = try SafetensorsFile(scratch.map("w.safetensors", parts.file))
        return try BitsAndBytes.tensors(of: file.entries)
    }

    @Test("NF4 with scales as they are, and with quantised ones")
    func nf4() throws {
        var parts = Self.nf4(isNested: false)
        parts.add("other", [7, 8])
        let found = try tensors(parts)
        #expect(found.map(\.name) == ["w", "other"])
        let plain = found[0].matrix()
        #expect(plain.type == .nf4 && plain.rows == 2 && plain.columns == 128)
        #expect(plain.row(1) == (0..<128).map { $0 % 2 == 0 ? 0 : $0 < 64 ? 3 : 4 })
        let nested = try tensors(Self.nf4(isNested: true))[0].matrix()
        let lowest = 0.5 * WeightScales.dynamicMap[0] + 2
        #expect(nested.row(0).max() == 2.5 && nested.row(0)[65] == 2)
        #expect(nested.row(1)[1] == lowest && nested.row(1)[127] == 2.5)
    }

    @Test("LLM.int8() with a scale for a row")
    func int8() throws {
        let matrix = try tensors(Self.int8)[0].matrix()
        #expect(matrix.type == .int8)
        #expect(matrix.row(0).allSatisfy { abs($0 - 2) < 1e-6 })
        #expect(zip(matrix.row(1), 32..<64).allSatisfy { abs($0 + Float($1)) < 1e-4 })
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: String
        let change: @Sendable (inout Parts) -> Void
        var testDescription: String { name }
    }

    static let attacks: [Attack] = [
        Attack(name: "scales that are missing", expected: "lacks absmax, 4 × U8") {
            $0.parts.removeAll { $0.name == "w.absmax" }
        },
        Attack(name: "too few scales", expected: "lacks absmax, 4 × U8") {
            $0.add("w.absmax", "U8", [3], [1, 2, 3])
        },
        Attack(name: "scales of another type", expected: "lacks absmax, 4 × U8") {
            $0.add("w.absmax", [1, 2, 3, 4])
        },
        Attack(name: "a short map", expected: "lacks nested_quant_map, 256 × F32") {
            $0.add("w.nested_quant_map", [1])
        },
        Attack(name: "a scale that is not finite", expected: "not finite") {
            $0.add("w.nested_absmax", [.infinity])
        },
        Attack(name: "another table", expected: "another table than NF4's") {
            $0.add("w.quant_map", Array(repeating: 1, count: 16))
        },
        Attack(name: "too few codes", expected: "has not the bytes of two values") {
            $0.add("w", "U8", [127, 1], Array(repeating: 0, count: 127))
        },
        Attack(name: "FP4", expected: "is quantised to FP4") {
            $0.add("w.quant_state.bitsandbytes__fp4", "U8", [1], [0])
        },
        Attack(name: "a state that is no JSON", expected: "w.safetensors") {
            $0.add("w.quant_state.bitsandbytes__nf4", "U8", [1], [0x7B])
        },
        Attack(name: "another block size", expected: "not NF4 in blocks of 64") {
            $0.state(#"{"quant_type": "nf4", "blocksize": 128, "shape": [2, 128]}"#)
        },
        Attack(name: "rows of part blocks", expected: "has the shape [4, 32]") {
            $0.state(#"{"quant_type": "nf4", "blocksize": 64, "shape": [4, 32]}"#)
        },
        Attack(name: "a shape that overflows", expected: "has the shape") {
            $0.state(
                #"{"quant_type": "nf4", "blocksize": 64, "shape": [4611686018427387904, 64]}"#
            )
        },
    ]

    @Test("refuses parts that do not make a weight", arguments: attacks)
    func refuses(_ attack: Attack) throws {
        var parts = Self.nf4(isNested: true)
        attack.change(&parts)
        let found = message { _ = try tensors(parts) }
        #expect(found.contains(attack.expected), "\(found)")
    }

    @Test("refuses LLM.int8() without its scales, or in another order")
    func refusesInt8() throws {
        var parts = Self.int8
        parts.add("m.weight_format", "U8", [], [1])
        #expect(message { _ = try tensors(parts) }.contains("not row by row"))
        parts.parts.removeAll { $0.name == "m.SCB" }
        #expect(message { _ = try tensors(parts) }.contains("m.SCB"))
    }
}

extension BitsAndBytesTests.Parts {
    mutating func state(_ text: String) {
        add("w.quant_state.bitsandbytes__nf4", "U8", [text.utf8.count], Array(text.utf8))
    }
}
