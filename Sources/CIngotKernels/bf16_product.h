// SPDX-License-Identifier: Apache-2.0

// Matrix products of bf16 pairs. Each lane of an accumulator is one output's chain; it is stored
// and taken up again between panels, which changes nothing.

/// C [mr, 16 · nv] (+)= A [mr, pairs] B [pairs, 16 · nv]; `first` begins the chain at zero.
INLINE void pair_tile(
    const int mr, const int nv, size_t pairs, const uint32_t *a, size_t a_row, const uint32_t *b,
    float *c, size_t c_row, int first, __mmask16 last) {
    __m512 acc[24];
    _Pragma("clang loop unroll(full)")
    for (int i = 0; i < mr; i++)
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++)
            acc[i * nv + v] = first
                ? _mm512_setzero_ps()
                : _mm512_maskz_loadu_ps(
                    v + 1 == nv ? last : 0xFFFF, c + (size_t)i * c_row + v * 16);
    for (size_t k = 0; k < pairs; k++) {
        __m512bh row[3];
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++)
            row[v] = (__m512bh)_mm512_load_si512(b + k * PANEL_COLUMNS + v * 16);
        _Pragma("clang loop unroll(full)")
        for (int i = 0; i < mr; i++) {
            __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[(size_t)i * a_row + k]);
            _Pragma("clang loop unroll(full)")
            for (int v = 0; v < nv; v++)
                acc[i * nv + v] = _mm512_dpbf16_ps(acc[i * nv + v], x, row[v]);
        }
    }
    _Pragma("clang loop unroll(full)")
    for (int i = 0; i < mr; i++)
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++)
            _mm512_mask_storeu_ps(
                c + (size_t)i * c_row + v * 16, v + 1 == nv ? last : 0xFFFF, acc[i * nv + v]);
}

#define PAIR_ARGUMENTS                                                                         \
    size_t pairs, const uint32_t *a, size_t a_row, const uint32_t *b, float *c, size_t c_row,  \
        int first, __mmask16 last
#define PAIR_TILE(mr, nv)                                                                      \
    static __attribute__((noinline)) void pair_tile_##mr##_##nv(PAIR_ARGUMENTS) {              \
        pair_tile(mr, nv, pairs, a, a_row, b, c, c_row, first, last);                          \
    }
#define PAIR_TILES(nv)                                                                         \
    PAIR_TILE(1, nv) PAIR_TILE(2, nv) PAIR_TILE(3, nv) PAIR_TILE(4, nv) PAIR_TILE(5, nv)       \
    PAIR_TILE(6, nv) PAIR_TILE(7, nv) PAIR_TILE(8, nv)

PAIR_TILES(1)
PAIR_TILES(2)
PAIR_TILES(3)
PAIR_TILE(24, 1)

typedef void (*pair_tile_function)(PAIR_ARGUMENTS);

#define PAIR_TABLE(nv)                                                                         \
    {pair_tile_1_##nv, pair_tile_2_##nv, pair_tile_3_##nv, pair_tile_4_##nv, pair_tile_5_##nv, \
        pair_tile_6_##nv, pair_tile_7_##nv, pair_tile_8_##nv}

static const pair_tile_function pair_tiles[3][8] = {PAIR_TABLE(1), PAIR_TABLE(2), PAIR_TABLE(3)};

/// All rows of one panel of up to 48 columns.
static void rows_of_panel(
    size_t m, size_t columns, size_t pairs, const uint32_t *a, size_t a_row, const uint32_t *b,
    float *c, size_t c_row, int first) {
    const size_t vectors = (columns + 15) / 16;
    const __mmask16 last = mask_of(columns - (vectors - 1) * 16);
    size_t i = 0;
    if (vectors == 1)
        for (; i + 24 <= m; i += 24)
            pair_tile_24_1(pairs, a + i * a_row, a_row, b, c + i * c_row, c_row, first, last);
    while (i < m) {
        const size_t rows = m - i < 8 ? m - i : 8;
        pair_tiles[vectors - 1][rows - 1](
            pairs, a + i * a_row, a_row, b, c + i * c_row, c_row, first, last);
        i += rows;
    }
}

/// Values of k in a panel: 72 KiB of it and so much of a few hundred rows stay in a second cache.
enum { PANEL_DEPTH = 768 };

/// Depth outside, panels inside: the part of A that a depth needs is read from near by.
static void pair_product(
    const ingot_product *p, size_t row0, size_t row1, size_t column0, size_t column1) {
    uint32_t panel[PANEL_DEPTH / 2 * PANEL_COLUMNS] __attribute__((aligned(64)));
    const size_t m = row1 - row0;
    int first = !p->accumulates;
    for (size_t index = 0; index < p->term_count; index++) {
        const ingot_term *t = &p->terms[index];
        const size_t stride = packed_row(t->k);
        for (size_t k0 = 0; k0 < t->k; k0 += PANEL_DEPTH) {
            const size_t kc = t->k - k0 < PANEL_DEPTH ? t->k - k0 : PANEL_DEPTH;
            for (size_t column = column0; column < column1; column += PANEL_COLUMNS) {
                const size_t left = column1 - column;
                const size_t columns = left < PANEL_COLUMNS ? left : PANEL_COLUMNS;
                pack_b(t, k0, kc, column, columns, panel);
                rows_of_panel(
                    m, columns, (kc + 1) / 2, t->packed_a + row0 * stride + k0 / 2, stride, panel,
                    p->c + row0 * p->c_row + column, p->c_row, first);
            }
            first = 0;
        }
    }
    for (size_t i = row0; i < row1; i++)
        for (size_t j = column0; j < column1; j++) {
            float *c = p->c + i * p->c_row + j;
            if (first) *c = 0;
            if (p->scale != 1.0f) *c *= p->scale;
        }
}
