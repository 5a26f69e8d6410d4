// SPDX-License-Identifier: Apache-2.0

// Packing for products of bf16 pairs. A becomes rows of pairs; 48 columns of B become a panel: for
// each pair of k one line of 48 pairs. Rows, columns and k past the end are zeros.

enum { PANEL_COLUMNS = 48 };

/// Pairs from one packed row of A to the next.
INLINE size_t packed_row(size_t k) { return (k + 31) / 32 * 16; }

/// Row i of the result is column i of x.
INLINE void transpose_pairs(pairs16 x[16]) {
    pairs16 y[16];
    for (int i = 0; i < 16; i += 2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
        x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
        x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
        x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    // 128-bit lanes: of rows i, i + 4, i + 8, i + 12, lane l is column 4 l + i.
    for (int i = 0; i < 4; i++) {
        pairs16 a = _mm512_shuffle_i32x4(x[i], x[i + 4], 0x88);
        pairs16 b = _mm512_shuffle_i32x4(x[i], x[i + 4], 0xDD);
        pairs16 c = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0x88);
        pairs16 d = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0xDD);
        y[i] = _mm512_shuffle_i32x4(a, c, 0x88);
        y[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
        y[i + 8] = _mm512_shuffle_i32x4(a, c, 0xDD);
        y[i + 12] = _mm512_shuffle_i32x4(b, d, 0xDD);
    }
    for (int i = 0; i < 16; i++) x[i] = y[i];
}

/// Rows row0 ..< row1 of a term's A.
static void pack_a(const ingot_term *t, size_t row0, size_t row1, uint32_t *packed) {
    const size_t stride = packed_row(t->k);
    if (t->a_column == 1) {
        for (size_t i = row0; i < row1; i++) {
            const uint8_t *row = (const uint8_t *)(t->a + i * t->a_row);
            uint32_t *to = packed + i * stride;
            for (size_t k = 0; k < t->k; k += 32) {
                const size_t n = t->k - k;
                _mm512_storeu_si512(
                    to + k / 2,
                    pairs_of_row(
                        sixteen(INGOT_F32, row, k, n),
                        n > 16 ? sixteen(INGOT_F32, row, k + 16, n - 16) : _mm512_setzero_ps()));
            }
        }
        return;
    }
    // A is stored by columns: 16 rows of 32 columns at a time.
    for (size_t i = row0; i < row1; i += 16) {
        const size_t rows = row1 - i < 16 ? row1 - i : 16;
        const __mmask16 mask = mask_of(rows);
        for (size_t k = 0; k < t->k; k += 32) {
            pairs16 x[16];
            for (size_t j = 0; j < 16; j++) {
                const float *column = t->a + i + (k + 2 * j) * t->a_column;
                __m512 even = _mm512_setzero_ps(), odd = even;
                if (k + 2 * j < t->k) even = _mm512_maskz_loadu_ps(mask, column);
                if (k + 2 * j + 1 < t->k) odd = _mm512_maskz_loadu_ps(mask, column + t->a_column);
                x[j] = pairs_of(even, odd);
            }
            transpose_pairs(x);
            for (size_t r = 0; r < rows; r++)
                _mm512_storeu_si512(packed + (i + r) * stride + k / 2, x[r]);
        }
    }
}

/// B stored as rows of k values, a row a column of the panel.
INLINE void pack_b_rows(
    ingot_weight_type type, const ingot_term *t, size_t k0, size_t kc, size_t column,
    size_t columns, uint32_t *panel) {
    for (size_t j = 0; j < columns; j += 16) {
        const size_t rows = columns - j < 16 ? columns - j : 16;
        for (size_t k = 0; k < kc; k += 32) {
            const size_t n = kc - k;
            pairs16 x[16];
            for (size_t i = 0; i < 16; i++) {
                x[i] = _mm512_setzero_si512();
                if (i >= rows) continue;
                const size_t row = column + j + i;
                x[i] = pairs_of_row(
                    sixteen_of_b(type, t, row, k0 + k, n),
                    n > 16 ? sixteen_of_b(type, t, row, k0 + k + 16, n - 16)
                           : _mm512_setzero_ps());
            }
            transpose_pairs(x);
            for (size_t i = 0; i < 16; i++)
                _mm512_storeu_si512(panel + (k / 2 + i) * PANEL_COLUMNS + j, x[i]);
        }
    }
}

/// B stored as k rows.
INLINE void pack_b_columns(
    ingot_weight_type type, const ingot_term *t, size_t k0, size_t kc, size_t column,
    size_t columns, uint32_t *panel) {
    for (size_t k = 0; k < kc; k += 2, panel += PANEL_COLUMNS)
        for (size_t j = 0; j < columns; j += 16) {
            const size_t n = columns - j;
            __m512 even = sixteen_of_b(type, t, k0 + k, column + j, n), odd = _mm512_setzero_ps();
            if (k + 1 < kc) odd = sixteen_of_b(type, t, k0 + k + 1, column + j, n);
            _mm512_storeu_si512(panel + j, pairs_of(even, odd));
        }
}

INLINE void pack_b_as(
    ingot_weight_type type, const ingot_term *t, size_t k0, size_t kc, size_t column,
    size_t columns, uint32_t *panel) {
    if (t->b_is_transposed) pack_b_rows(type, t, k0, kc, column, columns, panel);
    else pack_b_columns(type, t, k0, kc, column, columns, panel);
}

/// Values k0 ..< k0 + kc of columns column ..< column + columns (≤ 48) of the term's B; k0 is a
/// multiple of 32.
static void pack_b(
    const ingot_term *t, size_t k0, size_t kc, size_t column, size_t columns, uint32_t *panel) {
    switch (t->type) {
    case INGOT_F32: pack_b_as(INGOT_F32, t, k0, kc, column, columns, panel); break;
    case INGOT_F16: pack_b_as(INGOT_F16, t, k0, kc, column, columns, panel); break;
    case INGOT_BF16: pack_b_as(INGOT_BF16, t, k0, kc, column, columns, panel); break;
    case INGOT_Q4_0: pack_b_as(INGOT_Q4_0, t, k0, kc, column, columns, panel); break;
    case INGOT_Q4_1: pack_b_as(INGOT_Q4_1, t, k0, kc, column, columns, panel); break;
    case INGOT_Q8_0: pack_b_as(INGOT_Q8_0, t, k0, kc, column, columns, panel); break;
    case INGOT_Q4_K:
    case INGOT_Q6_K:
    case INGOT_NF4:
    case INGOT_INT8: pack_b_as(t->type, t, k0, kc, column, columns, panel); break;
    }
}
