// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Writes fp32 tensors as a safetensors file: the same tensors give the same bytes, whatever their
/// order, and they are those that `safetensors` 0.8 writes.
struct SafetensorsWriter {
    private struct Entry {
        let name: String
        let shape: [Int]
        let values: [Float]
    }

    private var entries: [Entry] = []

    /// `values` are row-major; names are unique.
    mutating func add(_ name: String, shape: [Int], values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "the shape of \(name)")
        entries.append(Entry(name: name, shape: shape, values: values))
    }

    /// The whole file; the header is padded with spaces to a multiple of 8.
    func bytes(metadata: [String: String] = ["format": "pt"]) -> [UInt8] {
        // One type, so the order by alignment leaves the order by name.
        let sorted = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var header = Array(#"{"__metadata__":"#.utf8)
        header += JSONValue.object(metadata.mapValues(JSONValue.string)).canonicalBytes
        var offset = 0
        for entry in sorted {
            let end = offset + entry.values.count * 4
            let shape = entry.shape.map(String.init).joined(separator: ",")
            header += ",".utf8
            header += JSONValue.string(entry.name).canonicalBytes
            header +=
                #":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#.utf8
            offset = end
        }
        header += "}".utf8
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        var output: [UInt8] = []
        output.reserveCapacity(8 + header.count + offset)
        for shift in stride(from: 0, to: 64, by: 8) {
            output.append(UInt8(truncatingIfNeeded: header.count >> shift))
        }
        output += header
        for entry in sorted {
            // Safe: the bytes of an array of floats; x86-64 is little-endian, as the format is.
            unsafe entry.values.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
        }
        return output
    }
}
