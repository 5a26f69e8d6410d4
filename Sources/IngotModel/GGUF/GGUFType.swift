// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// ggml's numbers for tensor types (`enum ggml_type` in ggml.h).
package enum GGUFType {
    /// The types that Ingot computes with.
    package static func weightType(_ number: UInt32) -> WeightType? {
        switch number {
        case 0: .f32
        case 1: .f16
        case 2: .q4_0
        case 3: .q4_1
        case 8: .q8_0
        case 12: .q4_k
        case 14: .q6_k
        case 30: .bf16
        default: nil
        }
    }

    static let supported = "F32, F16, BF16, Q4_0, Q4_1, Q8_0, Q4_K or Q6_K"

    /// ggml's name of a type, for messages; 4, 5, 31–33 and 36–38 were given up by ggml.
    static func name(_ number: UInt32) -> String {
        names[number] ?? "number \(number)"
    }

    private static let names: [UInt32: String] = [
        0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 4: "Q4_2", 5: "Q4_3", 6: "Q5_0", 7: "Q5_1",
        8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K",
        15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL",
        21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64",
        28: "F64", 29: "IQ1_M", 30: "BF16", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
        34: "TQ1_0", 35: "TQ2_0", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8",
        39: "MXFP4", 40: "NVFP4", 41: "Q1_0", 42: "Q2_0",
    ]
}

extension WeightType {
    /// The name that ggml, or bitsandbytes, and people use.
    package var name: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .bf16: "BF16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q8_0: "Q8_0"
        case .q4_k: "Q4_K"
        case .q6_k: "Q6_K"
        case .nf4: "NF4"
        case .int8: "INT8"
        }
    }
}
