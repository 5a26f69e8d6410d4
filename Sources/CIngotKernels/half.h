// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>
#include <string.h>

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
