// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotTensor

/// Puts together the weights that bitsandbytes stores in several tensors.
///
/// NF4: `W` (U8, two values a byte), `W.absmax`, `W.quant_map` and a JSON text as the bytes of
/// `W.quant_state.bitsandbytes__nf4`; with double quantisation `W.nested_absmax` and
/// `W.nested_quant_map` too. LLM.int8(): `M.weight` (I8), `M.SCB` and `M.weight_format`.
struct BitsAndBytes {
    /// The type of each weight and what is stored beside it; other tensors as they are.
    static func tensors(of entries: [SafetensorsEntry]) throws(ModelFileError) -> [StoredTensor] {
        let names = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        var reader = BitsAndBytes(entries: names)
        var found: [StoredTensor] = []
        for entry in entries {
            if let tensor = try reader.quantised(entry) { found.append(tensor) }
        }
        for entry in entries where !reader.used.contains(entry.name) {
            found.append(try entry.stored())
        }
        return found
    }

    private let entries: [String: SafetensorsEntry]
    /// Names of the tensors that are parts of a weight.
    private var used = Set<String>()

    private init(entries: [String: SafetensorsEntry]) { self.entries = entries }

    private static let state = ".quant_state.bitsandbytes__"

    /// The weight that `entry` is the codes of; nil where it is none.
    private mutating func quantised(
        _ entry: SafetensorsEntry
    ) throws(ModelFileError) -> StoredTensor? {
        if entries[entry.name + Self.state + "fp4"] != nil {
            throw Self.failure(entry, "is quantised to FP4")
        }
        if let state = entries[entry.name + Self.state + "nf4"] {
            used.formUnion([entry.name, state.name])
            return try nf4(entry, JSONFields(file: entry.file.path, bytes: state.bytes))
        }
        guard entry.tensor.type == .i8, entry.name.hasSuffix(".weight") else { return nil }
        return try int8(entry, module: String(entry.name.dropLast(".weight".count)))
    }

    // MARK: NF4

    private mutating func nf4(
        _ entry: SafetensorsEntry,
        _ state: JSONFields
    ) throws(ModelFileError) -> StoredTensor {
        let shape = (state.value("shape")?.array ?? []).compactMap(\.integer)
        guard try state.string("quant_type") == "nf4", try state.integer("blocksize") == 64,
            try state.integer("nested_blocksize") ?? WeightScales.block == WeightScales.block
        else { throw Self.failure(entry, "is not NF4 in blocks of 64 values") }
        guard shape.count == 2, shape.allSatisfy((1...ConfigurationCheck.sizeLimit).contains),
            WeightType.nf4.accepts(columns: shape[1])
        else { throw Self.failure(entry, "has the shape \(shape), not rows of whole blocks") }
        guard entry.tensor.type == .u8, entry.tensor.range.count == shape[0] * shape[1] / 2 else {
            throw Self.failure(entry, "has not the bytes of two values each for \(shape)")
        }
        let table = try floats(entry, ".quant_map", count: 16)
        guard table == WeightScales.nf4 else {
            throw Self.failure(entry, "has another table than NF4's")
        }
        let blocks = shape[0] * shape[1] / 64
        let scales: WeightScales
        if let offset = try state.number("nested_offset") {
            let codes = try part(entry, ".absmax", .u8, count: blocks).bytes
            let nested = (blocks + WeightScales.block - 1) / WeightScales.block
            scales = WeightScales(
                try floats(entry, ".nested_absmax", count: nested),
                codes: codes,
                map: try floats(entry, ".nested_quant_map", count: 256),
                offset: Float(offset)
            )
        } else {
            scales = WeightScales(try floats(entry, ".absmax", count: blocks))
        }
        return stored(entry, shape, .nf4, scales)
    }

    // MARK: LLM.int8()

    private mutating func int8(
        _ entry: SafetensorsEntry,
        module: String
    ) throws(ModelFileError) -> StoredTensor {
        used.insert(entry.name)
        let shape = entry.tensor.shape
        guard shape.count == 2, WeightType.int8.accepts(columns: shape[1]) else {
            throw Self.failure(entry, "has the shape \(shape), not rows of 32 values each")
        }
        guard let scales = entries[module + ".SCB"], scales.tensor.type == .f32,
            scales.tensor.shape == [shape[0]]
        else { throw Self.failure(entry, "lacks its \(shape[0]) scales, \(module).SCB") }
        used.insert(scales.name)
        if let format = entries[module + ".weight_format"] {
            guard format.bytes == [0] else {
                throw Self.failure(entry, "is in the order of a processor, not row by row")
            }
            used.insert(format.name)
        }
        return stored(entry, shape, .int8, WeightScales(try Self.floats(of: scales)))
    }

    // MARK: Parts

    private func stored(
        _ entry: SafetensorsEntry,
        _ shape: [Int],
        _ type: WeightType,
        _ scales: WeightScales
    ) -> StoredTensor {
        StoredTensor(
            name: entry.name,
            shape: shape,
            type: type,
            range: entry.tensor.range,
            file: entry.file,
            scales: scales
        )
    }

    private mutating func part(
        _ entry: SafetensorsEntry,
        _ suffix: String,
        _ type: SafetensorsType,
        count: Int
    ) throws(ModelFileError) -> SafetensorsEntry {
        guard let part = entries[entry.name + suffix], part.tensor.type == type,
            part.tensor.shape.reduce(1, *) == count
        else {
            throw Self.failure(entry, "lacks \(suffix.dropFirst()), \(count) × \(type.rawValue)")
        }
        used.insert(part.name)
        return part
    }

    private mutating func floats(
        _ entry: SafetensorsEntry,
        _ suffix: String,
        count: Int
    ) throws(ModelFileError) -> [Float] {
        try Self.floats(of: part(entry, suffix, .f32, count: count))
    }

    private static func floats(of entry: SafetensorsEntry) throws(ModelFileError) -> [Float] {
        let values = try entry.stored().floats()
        guard values.allSatisfy(\.isFinite) else {
            throw failure(entry, "holds values that are not finite")
        }
        return values
    }

    private static func failure(_ entry: SafetensorsEntry, _ problem: String) -> ModelFileError {
        ModelFileError(
            entry.file.path,
            place: "tensor \(entry.name)",
            problem,
            remedy: "Ingot computes bitsandbytes' NF4 and LLM.int8() as transformers saves them"
        )
    }
}
