// SPDX-License-Identifier: Apache-2.0

// Matrix products from packed panels. Invariant (1) of ingot_kernels.h: each accumulator lane is
// one output's chain; it is stored and taken up again between panels, which changes nothing.

/// C [mr, 16 · nv] (+)= A [mr, kc] B [kc, 16 · nv]; `first` begins the chain at zero.
/// Row l of the panel v is b[l * b_row + v * b_panel ...].
INLINE void tile(
    const int mr, const int nv, size_t kc, const float *a, size_t a_row, size_t a_column,
    const float *b, size_t b_row, size_t b_panel, float *c, size_t c_row, int first,
    size_t columns) {
    v16 acc[TILE_ROWS * 4];
    const int whole = columns == (size_t)nv * 16;
    _Pragma("clang loop unroll(full)")
    for (int i = 0; i < mr; i++)
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++) {
            const float *from = c + (size_t)i * c_row + v * 16;
            if (first) acc[i * nv + v] = splat(0);
            else if (whole) acc[i * nv + v] = load(from);
            else if (columns > (size_t)v * 16)
                acc[i * nv + v] = load_part(
                    from, columns - v * 16 < 16 ? columns - v * 16 : 16, 0);
            else acc[i * nv + v] = splat(0);
        }
    for (size_t k = 0; k < kc; k++) {
        v16 row[4];
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++) row[v] = load(b + k * b_row + v * b_panel);
        _Pragma("clang loop unroll(full)")
        for (int i = 0; i < mr; i++) {
            v16 x = splat(a[(size_t)i * a_row + k * a_column]);
            _Pragma("clang loop unroll(full)")
            for (int v = 0; v < nv; v++) acc[i * nv + v] = fma16(x, row[v], acc[i * nv + v]);
        }
    }
    _Pragma("clang loop unroll(full)")
    for (int i = 0; i < mr; i++)
        _Pragma("clang loop unroll(full)")
        for (int v = 0; v < nv; v++) {
            float *to = c + (size_t)i * c_row + v * 16;
            if (whole) store(to, acc[i * nv + v]);
            else if (columns > (size_t)v * 16)
                store_part(to, acc[i * nv + v], columns - v * 16 < 16 ? columns - v * 16 : 16);
        }
}

#define TILE_ARGUMENTS                                                                         \
    size_t kc, const float *a, size_t a_row, size_t a_column, const float *b, size_t b_row,    \
        size_t b_panel, float *c, size_t c_row, int first, size_t columns
#define TILE_PASS kc, a, a_row, a_column, b, b_row, b_panel, c, c_row, first, columns
#define TILE(mr, nv)                                                                           \
    static __attribute__((noinline)) void tile_##mr##_##nv(TILE_ARGUMENTS) {                   \
        if (a_column == 1) tile(mr, nv, kc, a, a_row, 1, b, b_row, b_panel, c, c_row, first,   \
            columns);                                                                          \
        else tile(mr, nv, TILE_PASS);                                                          \
    }

TILE(1, 4)
TILE(1, 2)
TILE(1, 1)
TILE(2, 2)
TILE(2, 1)
TILE(3, 1)
TILE(4, 1)
TILE(5, 1)
TILE(6, 1)
#if TILE_ROWS >= 12
TILE(3, 2)
TILE(4, 2)
TILE(5, 2)
TILE(6, 2)
TILE(7, 2)
TILE(8, 2)
TILE(9, 2)
TILE(10, 2)
TILE(11, 2)
TILE(12, 2)
#endif

/// All rows of one panel (nv = 1), or of two or four that are processed together.
static void rows_of_panels(
    size_t m, int nv, size_t kc, const float *a, size_t a_row, size_t a_column, const float *b,
    size_t b_row, size_t b_panel, float *c, size_t c_row, int first, size_t columns) {
#if TILE_ROWS >= 12
    if (nv == 2)
        for (; m >= 12; m -= 12, a += 12 * a_row, c += 12 * c_row) tile_12_2(TILE_PASS);
#endif
    while (m > 0) {
        size_t done = m;
        if (nv == 4) {
            tile_1_4(TILE_PASS);
            done = 1;
        } else if (nv == 2) {
            switch (m) {
            case 1: tile_1_2(TILE_PASS); break;
            case 2: tile_2_2(TILE_PASS); break;
#if TILE_ROWS >= 12
            case 3: tile_3_2(TILE_PASS); break;
            case 4: tile_4_2(TILE_PASS); break;
            case 5: tile_5_2(TILE_PASS); break;
            case 6: tile_6_2(TILE_PASS); break;
            case 7: tile_7_2(TILE_PASS); break;
            case 8: tile_8_2(TILE_PASS); break;
            case 9: tile_9_2(TILE_PASS); break;
            case 10: tile_10_2(TILE_PASS); break;
            default: tile_11_2(TILE_PASS); done = 11; break;
#else
            default: tile_2_2(TILE_PASS); done = 2; break;
#endif
            }
        } else {
            switch (m) {
            case 1: tile_1_1(TILE_PASS); break;
            case 2: tile_2_1(TILE_PASS); break;
            case 3: tile_3_1(TILE_PASS); break;
            case 4: tile_4_1(TILE_PASS); break;
            case 5: tile_5_1(TILE_PASS); break;
            default: tile_6_1(TILE_PASS); done = 6; break;
            }
        }
        m -= done;
        a += done * a_row;
        c += done * c_row;
    }
}

/// A single row passes over its panels once: they are kept small enough for the first cache.
enum { LONE_DEPTH = 64 };

/// Floats from a panel of `depth` values of k to the next; the extra line keeps equal places of
/// neighbouring panels out of the same cache set.
#define PANEL(depth) (16 * (depth) + 16)

/// Up to four panels of DEPTH values of k are packed before they are used.
static void product(
    const ingot_product *p, size_t row0, size_t row1, size_t column0, size_t column1) {
    float panels[4 * PANEL(DEPTH)] __attribute__((aligned(64)));
    const size_t m = row1 - row0;
    // Few rows: wide tiles keep enough chains in flight. Many: as tall as the registers allow.
    const int nv = m == 1 ? 4 : (TILE_ROWS >= 12 || m == 2) ? 2 : 1;
    const size_t group = nv == 4 ? 64 : 32;
    for (size_t column = column0; column < column1; column += group) {
        const size_t width = column1 - column < group ? column1 - column : group;
        int first = !p->accumulates;
        float *c = p->c + row0 * p->c_row + column;
        for (size_t index = 0; index < p->term_count; index++) {
            const ingot_term *t = &p->terms[index];
            const size_t limit = m == 1 ? LONE_DEPTH : DEPTH;
            const size_t parts = (t->k + limit - 1) / limit;
            const size_t depth = parts ? ((t->k + parts - 1) / parts + 31) / 32 * 32 : 0;
            for (size_t k0 = 0; k0 < t->k; k0 += depth) {
                const size_t kc = t->k - k0 < depth ? t->k - k0 : depth;
                for (size_t j = 0; j < width; j += 16)
                    pack(t, k0, kc, column + j, width - j < 16 ? width - j : 16,
                        panels + j / 16 * PANEL(depth));
                const float *a = t->a + row0 * t->a_row + k0 * t->a_column;
                for (size_t j = 0; j < width; j += 16 * (size_t)nv) {
                    size_t n = width - j < 16 * (size_t)nv ? width - j : 16 * (size_t)nv;
                    // A lone panel must not be read together with one that was not packed.
                    int together = n > 32 ? nv : n > 16 ? 2 : 1;
                    if (n > 32 && n <= 48)
                        __builtin_memset(panels + 3 * PANEL(depth), 0, sizeof(float) * 16 * kc);
                    rows_of_panels(
                        m, together, kc, a, t->a_row, t->a_column, panels + j / 16 * PANEL(depth),
                        16, PANEL(depth), c + j, p->c_row, first, n);
                }
                first = 0;
            }
        }
        if (first)
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < width; j++) c[i * p->c_row + j] = 0;
        if (p->scale != 1.0f)
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < width; j++) c[i * p->c_row + j] *= p->scale;
    }
}
