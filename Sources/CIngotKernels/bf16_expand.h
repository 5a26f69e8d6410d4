// SPDX-License-Identifier: Apache-2.0

// Frozen weights and fp32 operands on their way to pairs of bf16, the two values of a pair in one
// 32-bit lane, the even one below. The expansion is exact or ingot_expand_row's, so that what is
// rounded to bf16 is the weight that the portable set computes with.

typedef __m512i pairs16;

/// One bf16 rounding for both; lane i holds even[i] below odd[i].
INLINE pairs16 pairs_of(__m512 even, __m512 odd) {
    const __m512i order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
        19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/// 32 consecutive values as 16 pairs.
INLINE pairs16 pairs_of_row(__m512 first, __m512 second) {
    return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

INLINE __mmask16 mask_of(size_t n) { return n >= 16 ? 0xFFFF : (__mmask16)((1u << n) - 1); }

INLINE __m512 half_everywhere(const uint8_t *bytes) {
    uint16_t half;
    memcpy(&half, bytes, 2);
    return _mm512_cvtph_ps(_mm256_set1_epi16((short)half));
}

INLINE __m128i nibbles(const uint8_t *bytes, int high) {
    __m128i q = _mm_loadu_si128((const __m128i *)bytes);
    if (high) q = _mm_srli_epi16(q, 4);
    return _mm_and_si128(q, _mm_set1_epi8(15));
}

INLINE __m512 float_of_unsigned(__m128i bytes) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

/// Values column ..< column + n of a row, n ≤ 16, zeros behind them.
///
/// Quantised: `column` is a multiple of 16, so that the values are one half of a block.
INLINE __m512 sixteen(ingot_weight_type type, const uint8_t *row, size_t column, size_t n) {
    const int high = (column & 16) != 0;
    switch (type) {
    case INGOT_F32: return _mm512_maskz_loadu_ps(mask_of(n), (const float *)row + column);
    case INGOT_F16:
        return _mm512_cvtph_ps(
            _mm256_maskz_loadu_epi16(mask_of(n), (const uint16_t *)row + column));
    case INGOT_BF16:
        return (__m512)_mm512_slli_epi32(
            _mm512_cvtepu16_epi32(
                _mm256_maskz_loadu_epi16(mask_of(n), (const uint16_t *)row + column)),
            16);
    case INGOT_Q4_0: {
        const uint8_t *block = row + column / 32 * 18;
        __m512 q = float_of_unsigned(nibbles(block + 2, high));
        return _mm512_mul_ps(_mm512_sub_ps(q, _mm512_set1_ps(8)), half_everywhere(block));
    }
    case INGOT_Q4_1: {
        const uint8_t *block = row + column / 32 * 20;
        __m512 q = float_of_unsigned(nibbles(block + 4, high));
        // q · d is exact, so that fused or not is the same.
        return _mm512_fmadd_ps(q, half_everywhere(block), half_everywhere(block + 2));
    }
    case INGOT_Q8_0: {
        const uint8_t *block = row + column / 32 * 34;
        __m128i q = _mm_loadu_si128((const __m128i *)(block + 2 + (column & 16)));
        return _mm512_mul_ps(
            _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q)), half_everywhere(block));
    }
    // Through ingot_expand, in sixteen_of_b.
    case INGOT_Q4_K:
    case INGOT_Q6_K:
    case INGOT_NF4:
    case INGOT_INT8: break;
    }
    return _mm512_setzero_ps();
}

/// The same of row `row` of a term's B, in whatever type.
INLINE __m512 sixteen_of_b(
    ingot_weight_type type, const ingot_term *t, size_t row, size_t column, size_t n) {
    if (type <= INGOT_Q8_0)
        return sixteen(type, (const uint8_t *)t->b + row * t->b_row_bytes, column, n);
    float values[32];
    ingot_expand(t, row, column / 32 * 32, values, 32);
    return _mm512_loadu_ps(values + column % 32);
}
