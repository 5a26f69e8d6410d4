// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// The state as a file.
///
/// ```
/// offset  size
/// 0       8     "INGOTTS1"
/// 8       8     length of the header, little-endian
/// 16      …     header: canonical JSON
///         …     parameters, first, second and, where the header has it, best: fp32 each
///         32    SHA-256 of everything before
/// ```
extension TrainingState {
    private static let magic = Array("INGOTTS1".utf8)
    private static let digestLength = 32
    private static let headerLimit = 1 << 30

    package var bytes: [UInt8] {
        let header = JSONValue.object([
            "key": .string(key.description),
            "count": .integer(Int64(parameters.count)),
            "hasBest": .bool(best != nil),
            "metrics": .array(metrics.map(\.json)),
        ]).canonicalBytes
        let arrays = [parameters, first, second] + (best.map { [$0] } ?? [])
        var output = Self.magic
        output.reserveCapacity(
            Self.magic.count + 8 + header.count + arrays.count * parameters.count * 4
                + Self.digestLength
        )
        for shift in stride(from: 0, to: 64, by: 8) {
            output.append(UInt8(truncatingIfNeeded: header.count >> shift))
        }
        output += header
        for array in arrays {
            // Safe: the bytes of an array of floats; x86-64 is little-endian, as the format is.
            unsafe array.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
        }
        output += Digest.of(output).bytes
        return output
    }

    /// - Throws: `TrainerError` for bytes that are not a whole state.
    package init(parsing bytes: [UInt8]) throws {
        let start = Self.magic.count + 8
        guard bytes.count >= start + Self.digestLength, bytes.starts(with: Self.magic) else {
            throw Self.damaged("it is none of this version")
        }
        let end = bytes.count - Self.digestLength
        guard Digest.of(Array(bytes[..<end])).bytes == Array(bytes[end...]) else {
            throw Self.damaged("its SHA-256 is not the one at its end")
        }
        let length = bytes[Self.magic.count..<start].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length <= UInt64(min(Self.headerLimit, end - start)) else {
            throw Self.damaged("its header is longer than the file")
        }
        let valuesStart = start + Int(length)
        let header = try JSONValue(parsing: Array(bytes[start..<valuesStart]))
        guard let key = header["key"]?.string, let count = header["count"]?.integer, count >= 0,
            let hasBest = header["hasBest"]?.bool,
            let rows = header["metrics"]?.array, end - valuesStart <= Int(Int32.max) * 64,
            count <= (end - valuesStart) / 4,
            (end - valuesStart) == count * 4 * (hasBest ? 4 : 3)
        else { throw Self.damaged("its header does not fit its values") }
        func floats(_ index: Int) -> [Float] {
            let first = valuesStart + index * count * 4
            return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                unsafe bytes.withUnsafeBytes { source in
                    // Safe: the lengths were checked; both sides have 4 × count bytes.
                    let slice = unsafe UnsafeRawBufferPointer(
                        rebasing: source[first..<first + count * 4]
                    )
                    unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: slice)
                }
                initialized = count
            }
        }
        self.key = try Digest(parsing: key)
        metrics = try rows.enumerated().map { index, row in
            guard let metric = StepMetrics(json: row, step: index + 1) else {
                throw Self.damaged("the metrics of step \(index + 1) are incomplete")
            }
            return metric
        }
        parameters = floats(0)
        first = floats(1)
        second = floats(2)
        best = hasBest ? floats(3) : nil
    }

    private static func damaged(_ problem: String) -> TrainerError {
        TrainerError(
            .stateMismatch,
            "the saved training state cannot be used: \(problem); train without --resume"
        )
    }
}

extension StepMetrics {
    fileprivate var json: JSONValue {
        .array([
            .integer(Int64(stepCount)), .number(loss), .number(learningRate),
            .number(gradientNorm), .integer(Int64(tokenCount)),
            .integer(Int64(trainedTokenCount)), .number(seconds),
            // As bits: it may be no number, which patience counts too.
            validationLoss.map { .integer(Int64(bitPattern: $0.bitPattern)) } ?? .null,
        ])
    }

    fileprivate init?(json: JSONValue, step: Int) {
        guard let fields = json.array, fields.count == 8,
            let stepCount = fields[0].integer, let loss = fields[1].double,
            let learningRate = fields[2].double, let gradientNorm = fields[3].double,
            let tokenCount = fields[4].integer, let trainedTokenCount = fields[5].integer,
            let seconds = fields[6].double
        else { return nil }
        self.init(
            step: step,
            stepCount: stepCount,
            loss: loss,
            learningRate: learningRate,
            gradientNorm: gradientNorm,
            tokenCount: tokenCount,
            trainedTokenCount: trainedTokenCount,
            seconds: seconds,
            validationLoss: fields[7].integer.map {
                Double(bitPattern: UInt64(bitPattern: Int64($0)))
            }
        )
    }
}
