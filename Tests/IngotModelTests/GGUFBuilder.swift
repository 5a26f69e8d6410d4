// SPDX-License-Identifier: Apache-2.0

import IngotModel
import IngotTensor

/// Writes GGUF bytes field by field, right or wrong as a test needs it.
struct GGUFBuilder {
    var magic: UInt32 = 0x4655_4747
    var version: UInt32 = 3
    var alignment = 32
    var tensorCount: UInt64?
    var keyCount: UInt64?
    private(set) var pairs: [[UInt8]] = []
    var tensors: [Tensor] = []

    struct Tensor {
        var name: String
        /// Fastest first.
        var dimensions: [UInt64]
        var type: UInt32
        var data: [UInt8]
        /// Nil is where the tensor lies.
        var offset: UInt64?
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func text(_ text: String) -> [UInt8] {
        bytes(UInt64(text.utf8.count)) + Array(text.utf8)
    }

    mutating func add(_ key: String, type: UInt32, _ value: [UInt8]) {
        pairs.append(Self.text(key) + Self.bytes(type) + value)
    }

    mutating func set(_ key: String, _ value: String) { add(key, type: 8, Self.text(value)) }
    mutating func set(_ key: String, _ value: UInt32) { add(key, type: 4, Self.bytes(value)) }
    mutating func set(_ key: String, _ value: Bool) { add(key, type: 7, [value ? 1 : 0]) }
    mutating func set(_ key: String, _ value: Float) {
        add(key, type: 6, Self.bytes(value.bitPattern))
    }
    mutating func set(_ key: String, _ values: [String]) {
        let elements = values.flatMap(Self.text)
        add(key, type: 9, Self.bytes(UInt32(8)) + Self.bytes(UInt64(values.count)) + elements)
    }
    mutating func set(_ key: String, _ values: [Int32]) {
        let elements = values.flatMap { Self.bytes($0) }
        add(key, type: 9, Self.bytes(UInt32(5)) + Self.bytes(UInt64(values.count)) + elements)
    }

    /// Replaces a key, or removes it with nil.
    mutating func change(_ key: String, _ make: (inout GGUFBuilder) -> Void) {
        let prefix = Self.text(key)
        pairs.removeAll { $0.starts(with: prefix) }
        make(&self)
    }

    /// Puts another name before the keys that belong to the architecture.
    mutating func rename(architecture: String) {
        let old = Array("llama.".utf8)
        pairs = pairs.map { pair in
            guard pair.dropFirst(8).starts(with: old) else { return pair }
            let key = architecture + String(decoding: pair[13..<8 + Int(pair[0])], as: UTF8.self)
            return Self.text(key) + pair[(8 + Int(pair[0]))...]
        }
        change("general.architecture") { $0.set("general.architecture", architecture) }
    }

    mutating func add(_ name: String, _ shape: [Int], _ values: [Float]) {
        tensors.append(
            Tensor(
                name: name,
                dimensions: shape.reversed().map(UInt64.init),
                type: 0,
                data: values.flatMap { Self.bytes($0.bitPattern) }
            )
        )
    }

    /// The file up to the end of the directory, without padding.
    var head: [UInt8] {
        var output = Self.bytes(magic) + Self.bytes(version)
        output += Self.bytes(tensorCount ?? UInt64(tensors.count))
        output += Self.bytes(keyCount ?? UInt64(pairs.count))
        output += pairs.joined()
        var offset = 0
        for tensor in tensors {
            output += Self.text(tensor.name) + Self.bytes(UInt32(tensor.dimensions.count))
            output += tensor.dimensions.flatMap { Self.bytes($0) } + Self.bytes(tensor.type)
            output += Self.bytes(tensor.offset ?? UInt64(offset))
            offset += padded(tensor.data.count)
        }
        return output
    }

    var file: [UInt8] {
        var output = head
        for tensor in tensors {
            output += Array(repeating: 0, count: padded(output.count) - output.count)
            output += tensor.data
        }
        return output
    }

    private func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
