// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Scales that lie apart from a weight's codes: one for each block of NF4, or for each row of INT8.
@safe
package final class WeightScales: Sendable {
    /// The scales, or what `codes` are multiplied by, one value for 256.
    package let values: FloatBuffer
    /// Places in `map`, where the scales are quantised themselves; otherwise empty.
    package let codes: [UInt8]
    private let map: FloatBuffer
    /// Added to a quantised scale.
    package let offset: Float
    // Safe: both are made here, never changed, and freed with this object, whose memory they name.
    private nonisolated(unsafe) let codeMemory: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) let kernelScales: UnsafeMutablePointer<ingot_scales>

    /// Scales as they are.
    package convenience init(_ values: [Float]) {
        self.init(values, codes: [], map: [], offset: 0)
    }

    /// Scale i is map[codes[i]] · values[i / 256] + offset; without codes it is values[i].
    package init(_ values: [Float], codes: [UInt8], map: [Float], offset: Float) {
        precondition(codes.isEmpty || map.count == 256, "the map of quantised scales")
        precondition(
            codes.isEmpty || values.count == (codes.count + Self.block - 1) / Self.block,
            "scales of scales"
        )
        self.values = FloatBuffer(values)
        self.codes = codes
        self.map = FloatBuffer(map)
        self.offset = offset
        unsafe codeMemory = .allocate(capacity: max(codes.count, 1))
        for (index, code) in codes.enumerated() { unsafe codeMemory[index] = code }
        unsafe kernelScales = .allocate(capacity: 1)
        unsafe kernelScales.initialize(
            to: ingot_scales(
                values: self.values.pointer,
                codes: codes.isEmpty ? nil : codeMemory,
                map: self.map.pointer,
                offset: offset
            )
        )
    }

    deinit {
        unsafe kernelScales.deallocate()
        unsafe codeMemory.deallocate()
    }

    /// Scales that share one scale of their own.
    package static let block = 256

    /// The values that NF4's codes stand for.
    package static let nf4: [Float] = unsafe withUnsafeBytes(of: ingot_nf4) {
        // Safe: an array of 16 floats in C.
        unsafe Array($0.bindMemory(to: Float.self))
    }

    package var count: Int { codes.isEmpty ? values.count : codes.count }
}
