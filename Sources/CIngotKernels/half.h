// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>
#include <string.h>

#include "ingot_kernels.h"

/// Two bytes, little-endian, at any address.
static inline uint16_t ingot_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline float ingot_float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t ingot_bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

/// bfloat16 is the upper half of an IEEE single.
static inline float ingot_bf16(uint16_t bits) { return ingot_float_of_bits((uint32_t)bits << 16); }

/// The scale of an NF4 block; product and sum are rounded each, as bitsandbytes rounds them.
static inline float ingot_block_scale(const ingot_scales *scales, size_t block) {
    if (!scales->codes) return scales->values[block];
    return scales->map[scales->codes[block]] * scales->values[block / 256] + scales->offset;
}

/// 1 / 127 in fp32, which bitsandbytes multiplies by.
#define INGOT_INT8_UNIT 7.874015718698502e-3f

/// A Q4_K block of 256 values in 144 bytes: f16 d; f16 least; 12 bytes with 6-bit scales and minima
/// of 8 groups of 32; 128 bytes of nibbles, groups 2i and 2i + 1 in the low and high halves of the
/// same 32 bytes. x = q · (d · scale) − least · minimum. `j` is a group.
static inline void ingot_q4_k_group(const uint8_t *block, size_t j, uint8_t *scale, uint8_t *minimum) {
    const uint8_t *s = block + 4;
    *scale = j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
    *minimum = j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4;
}

/// A Q6_K block of 256 values in 210 bytes: the lower 4 bits, 128 bytes; the upper 2 bits, 64 bytes;
/// 16 × i8 scale; f16 d. x = (q − 32) · (d · scale). Where group j of 32 values lies: its lower
/// bits are nibbles (`high` or low) from byte `lower`, its upper bits lie at `shift` from byte
/// `upper`; each half of it has a scale, from byte `scale`.
typedef struct ingot_q6_k_place {
    size_t lower, upper, scale;
    int high, shift;
} ingot_q6_k_place;

static inline ingot_q6_k_place ingot_q6_k_group(size_t j) {
    const size_t half = j / 4, quarter = j % 4;
    return (ingot_q6_k_place){
        half * 64 + quarter % 2 * 32, 128 + half * 32, 192 + half * 8 + quarter * 2,
        quarter >= 2, (int)quarter * 2};
}

/// IEEE half to single, exactly; the same result as VCVTPH2PS for every number.
static inline float ingot_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 31) return ingot_float_of_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent != 0) return ingot_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    // Subnormal: fraction · 2⁻²⁴, exact in fp32.
    float value = (float)fraction * 0x1p-24f;
    return ingot_float_of_bits(sign | ingot_bits_of_float(value));
}
