// SPDX-License-Identifier: Apache-2.0

// Packing: 16 columns of B for k0 ..< k0 + kc as a panel [kc, 16]; columns past the end are zero.
// Frozen weights are expanded here, on their way into the cache, and nowhere else.

/// Four rows of four: target[j * 16 + i] = source[i * row + j].
INLINE void transpose4(const float *source, size_t row, float *target) {
    v4 a = *(const v4_at *)source, b = *(const v4_at *)(source + row);
    v4 c = *(const v4_at *)(source + 2 * row), d = *(const v4_at *)(source + 3 * row);
    v4 ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    v4 ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    v4 cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    v4 cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(v4_at *)target = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
    *(v4_at *)(target + 16) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
    *(v4_at *)(target + 32) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
    *(v4_at *)(target + 48) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

/// 16 rows of fp32 (fewer: zeros) with `row` floats between them, kc values of each.
static void pack_rows_f32(
    const float *source, size_t row, size_t rows, size_t kc, float *panel) {
    size_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        const float *s = source + i * row;
        size_t k = 0;
        for (; k + 4 <= kc; k += 4) transpose4(s + k, row, panel + k * 16 + i);
        for (; k < kc; k++)
            for (size_t r = 0; r < 4; r++) panel[k * 16 + i + r] = s[r * row + k];
    }
    for (; i < rows; i++)
        for (size_t k = 0; k < kc; k++) panel[k * 16 + i] = source[i * row + k];
    for (; i < 16; i++)
        for (size_t k = 0; k < kc; k++) panel[k * 16 + i] = 0;
}

/// 16 rows of 16 bytes at `source`, `row` bytes apart: byte j of all rows becomes columns[j].
INLINE void transpose_bytes(const uint8_t *source, size_t row, b16 columns[16]) {
    b16 x[16], y[16];
    for (int i = 0; i < 16; i++) x[i] = *(const b16_at *)(source + (size_t)i * row);
    // Each round pairs rows i and i + 8; after four rounds the bytes are transposed.
#define INTERLEAVE(from, to)                                                                   \
    for (int i = 0; i < 8; i++) {                                                              \
        to[2 * i] = __builtin_shufflevector(                                                   \
            from[i], from[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);     \
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 8], 8, 24, 9, 25, 10, 26,    \
            11, 27, 12, 28, 13, 29, 14, 30, 15, 31);                                           \
    }
    INTERLEAVE(x, y)
    INTERLEAVE(y, x)
    INTERLEAVE(x, y)
    INTERLEAVE(y, columns)
#undef INTERLEAVE
}

/// The halves at `source`, `row` bytes apart.
INLINE v16 gather_halves(const uint8_t *source, size_t row) {
    uint32_t bits[16] __attribute__((aligned(64)));
    for (size_t i = 0; i < 16; i++) {
        uint16_t half;
        memcpy(&half, source + i * row, 2);
        bits[i] = half;
    }
    return half16(*(const u16 *)bits);
}

INLINE v16 float_of_bytes(b16 x) { return __builtin_convertvector(x, v16); }

/// 16 whole rows of quantised blocks; k0 and kc are multiples of 32.
static void pack_rows_q4_1(const uint8_t *source, size_t row, size_t k0, size_t kc, float *panel) {
    for (size_t k = 0; k < kc; k += 32, panel += 512) {
        const uint8_t *block = source + (k0 + k) / 32 * 20;
        v16 d = gather_halves(block, row), m = gather_halves(block + 2, row);
        b16 columns[16];
        transpose_bytes(block + 4, row, columns);
        for (size_t j = 0; j < 16; j++) {
            store(panel + j * 16, fma16(float_of_bytes(columns[j] & 15), d, m));
            store(panel + j * 16 + 256, fma16(float_of_bytes(columns[j] >> 4), d, m));
        }
    }
}

static void pack_rows_q4_0(const uint8_t *source, size_t row, size_t k0, size_t kc, float *panel) {
    const v16 eight = splat(8);
    for (size_t k = 0; k < kc; k += 32, panel += 512) {
        const uint8_t *block = source + (k0 + k) / 32 * 18;
        v16 d = gather_halves(block, row);
        b16 columns[16];
        transpose_bytes(block + 2, row, columns);
        for (size_t j = 0; j < 16; j++) {
            store(panel + j * 16, (float_of_bytes(columns[j] & 15) - eight) * d);
            store(panel + j * 16 + 256, (float_of_bytes(columns[j] >> 4) - eight) * d);
        }
    }
}

static void pack_rows_q8_0(const uint8_t *source, size_t row, size_t k0, size_t kc, float *panel) {
    for (size_t k = 0; k < kc; k += 32, panel += 512) {
        const uint8_t *block = source + (k0 + k) / 32 * 34;
        v16 d = gather_halves(block, row);
        for (size_t half = 0; half < 2; half++) {
            b16 columns[16];
            transpose_bytes(block + 2 + 16 * half, row, columns);
            for (size_t j = 0; j < 16; j++) {
                v16 q = __builtin_convertvector((s16)columns[j], v16);
                store(panel + (half * 16 + j) * 16, q * d);
            }
        }
    }
}

static void pack_rows_q4_k(const uint8_t *source, size_t row, size_t k0, size_t kc, float *panel) {
    for (size_t k = k0; k < k0 + kc; k += 32, panel += 512) {
        const uint8_t *block = source + k / 256 * 144;
        const size_t group = k % 256 / 32;
        uint8_t scales[16], minima[16];
        for (size_t i = 0; i < 16; i++)
            ingot_q4_k_group(block + i * row, group, &scales[i], &minima[i]);
        v16 d = gather_halves(block, row) * float_of_bytes(*(const b16_at *)scales);
        v16 m = gather_halves(block + 2, row) * float_of_bytes(*(const b16_at *)minima);
        for (size_t half = 0; half < 2; half++) {
            b16 columns[16];
            transpose_bytes(block + 16 + group / 2 * 32 + 16 * half, row, columns);
            for (size_t j = 0; j < 16; j++) {
                b16 q = group % 2 ? columns[j] >> 4 : columns[j] & 15;
                store(panel + (half * 16 + j) * 16, float_of_bytes(q) * d - m);
            }
        }
    }
}

/// 16 values of 6 bits, less 32.
INLINE v16 float_of_q6(b16 lower, b16 upper, ingot_q6_k_place at) {
    b16 q = (at.high ? lower >> 4 : lower & 15) | (upper >> (uint8_t)at.shift & 3) << 4;
    return float_of_bytes(q) - splat(32);
}

static void pack_rows_q6_k(const uint8_t *source, size_t row, size_t k0, size_t kc, float *panel) {
    for (size_t k = k0; k < k0 + kc; k += 32, panel += 512) {
        const uint8_t *block = source + k / 256 * 210;
        const ingot_q6_k_place at = ingot_q6_k_group(k % 256 / 32);
        v16 d = gather_halves(block + 208, row);
        for (size_t half = 0; half < 2; half++) {
            int8_t scales[16];
            for (size_t i = 0; i < 16; i++)
                scales[i] = (int8_t)block[i * row + at.scale + half];
            v16 scale = d * __builtin_convertvector((s16)*(const b16_at *)scales, v16);
            b16 lower[16], upper[16];
            transpose_bytes(block + at.lower + 16 * half, row, lower);
            transpose_bytes(block + at.upper + 16 * half, row, upper);
            for (size_t j = 0; j < 16; j++)
                store(panel + (half * 16 + j) * 16, float_of_q6(lower[j], upper[j], at) * scale);
        }
    }
}

INLINE v16 float_of_nf4(b16 places) {
    float values[16] __attribute__((aligned(64)));
    for (int i = 0; i < 16; i++) values[i] = ingot_nf4[places[i]];
    return load(values);
}

/// 16 whole rows from `first` on.
static void pack_rows_nf4(const ingot_term *t, size_t first, size_t k0, size_t kc, float *panel) {
    const size_t row = t->b_row_bytes;
    for (size_t k = k0; k < k0 + kc; k += 32, panel += 512) {
        float scales[16];
        for (size_t i = 0; i < 16; i++)
            scales[i] = ingot_block_scale(t->scales, (first + i) * (row / 32) + k / 64);
        const v16 scale = load(scales);
        b16 columns[16];
        transpose_bytes((const uint8_t *)t->b + first * row + k / 2, row, columns);
        for (size_t j = 0; j < 16; j++) {
            store(panel + j * 32, float_of_nf4(columns[j] >> 4) * scale);
            store(panel + j * 32 + 16, float_of_nf4(columns[j] & 15) * scale);
        }
    }
}

static void pack_rows_int8(const ingot_term *t, size_t first, size_t k0, size_t kc, float *panel) {
    const size_t row = t->b_row_bytes;
    const v16 scale = load(t->scales->values + first), unit = splat(INGOT_INT8_UNIT);
    for (size_t k = k0; k < k0 + kc; k += 16, panel += 256) {
        b16 columns[16];
        transpose_bytes((const uint8_t *)t->b + first * row + k, row, columns);
        for (size_t j = 0; j < 16; j++)
            store(panel + j * 16, __builtin_convertvector((s16)columns[j], v16) * scale * unit);
    }
}

/// Rows first ..< first + rows, 32 values at a time through the plain expansion: edges, and types
/// that are rarely frozen.
static void pack_rows_slowly(
    const ingot_term *t, size_t first, size_t rows, size_t k0, size_t kc, float *panel) {
    float values[16][32];
    for (size_t k = 0; k < kc; k += 32) {
        size_t n = kc - k < 32 ? kc - k : 32;
        for (size_t i = 0; i < rows; i++) ingot_expand(t, first + i, k0 + k, values[i], n);
        pack_rows_f32(values[0], 32, rows, n, panel + k * 16);
    }
}

/// 16 columns of row k of B, which holds k-th values of all columns.
INLINE v16 columns_of_row(
    ingot_weight_type type, const ingot_term *t, size_t k, size_t column) {
    const uint8_t *row = (const uint8_t *)t->b + k * t->b_row_bytes;
    // Quantised: `column` is a multiple of 16, so the 16 values are a part of one block.
    switch (type) {
    case INGOT_F32: return load((const float *)row + column);
    case INGOT_F16: return gather_halves(row + 2 * column, 2);
    case INGOT_BF16: {
        uint32_t bits[16] __attribute__((aligned(64)));
        for (size_t i = 0; i < 16; i++) bits[i] = (uint32_t)ingot_u16(row + 2 * (column + i)) << 16;
        return *(const v16 *)bits;
    }
    case INGOT_Q4_0: {
        const uint8_t *block = row + column / 32 * 18;
        b16 q = *(const b16_at *)(block + 2);
        q = column & 16 ? q >> 4 : q & 15;
        return (float_of_bytes(q) - splat(8)) * splat(ingot_half(ingot_u16(block)));
    }
    case INGOT_Q4_1: {
        const uint8_t *block = row + column / 32 * 20;
        b16 q = *(const b16_at *)(block + 4);
        q = column & 16 ? q >> 4 : q & 15;
        return fma16(float_of_bytes(q), splat(ingot_half(ingot_u16(block))),
            splat(ingot_half(ingot_u16(block + 2))));
    }
    case INGOT_Q8_0: {
        const uint8_t *block = row + column / 32 * 34;
        b16 q = *(const b16_at *)(block + 2 + (column & 16));
        return __builtin_convertvector((s16)q, v16) * splat(ingot_half(ingot_u16(block)));
    }
    case INGOT_Q4_K: {
        const uint8_t *block = row + column / 256 * 144;
        const size_t group = column % 256 / 32;
        uint8_t scale, minimum;
        ingot_q4_k_group(block, group, &scale, &minimum);
        b16 q = *(const b16_at *)(block + 16 + group / 2 * 32 + (column & 16));
        q = group % 2 ? q >> 4 : q & 15;
        return float_of_bytes(q) * splat(ingot_half(ingot_u16(block)) * (float)scale)
            - splat(ingot_half(ingot_u16(block + 2)) * (float)minimum);
    }
    case INGOT_Q6_K: {
        const uint8_t *block = row + column / 256 * 210;
        const ingot_q6_k_place at = ingot_q6_k_group(column % 256 / 32);
        const size_t half = column / 16 % 2;
        return float_of_q6(
                   *(const b16_at *)(block + at.lower + 16 * half),
                   *(const b16_at *)(block + at.upper + 16 * half), at)
            * splat(ingot_half(ingot_u16(block + 208)) * (float)(int8_t)block[at.scale + half]);
    }
    case INGOT_NF4: {
        uint8_t places[16];
        for (size_t i = 0; i < 8; i++) {
            places[2 * i] = row[column / 2 + i] >> 4;
            places[2 * i + 1] = row[column / 2 + i] & 15;
        }
        const size_t block = k * (t->b_row_bytes / 32) + column / 64;
        return float_of_nf4(*(const b16_at *)places)
            * splat(ingot_block_scale(t->scales, block));
    }
    case INGOT_INT8: {
        const b16 q = *(const b16_at *)(row + column);
        return __builtin_convertvector((s16)q, v16) * splat(t->scales->values[k])
            * splat(INGOT_INT8_UNIT);
    }
    }
    return splat(0);
}

INLINE void pack_columns_as(
    ingot_weight_type type, const ingot_term *t, size_t k0, size_t kc, size_t column,
    float *panel) {
    for (size_t k = 0; k < kc; k++)
        store(panel + k * 16, columns_of_row(type, t, k0 + k, column));
}

static void pack_columns(
    const ingot_term *t, size_t k0, size_t kc, size_t column, size_t columns, float *panel) {
    if (columns < 16) {
        // Only fp32, f16 and bf16 have a width that is no multiple of 16.
        for (size_t k = 0; k < kc; k++) {
            store(panel + k * 16, splat(0));
            ingot_expand(t, k0 + k, column, panel + k * 16, columns);
        }
        return;
    }
    switch (t->type) {
    case INGOT_F32: pack_columns_as(INGOT_F32, t, k0, kc, column, panel); break;
    case INGOT_F16: pack_columns_as(INGOT_F16, t, k0, kc, column, panel); break;
    case INGOT_BF16: pack_columns_as(INGOT_BF16, t, k0, kc, column, panel); break;
    case INGOT_Q4_0: pack_columns_as(INGOT_Q4_0, t, k0, kc, column, panel); break;
    case INGOT_Q4_1: pack_columns_as(INGOT_Q4_1, t, k0, kc, column, panel); break;
    case INGOT_Q8_0: pack_columns_as(INGOT_Q8_0, t, k0, kc, column, panel); break;
    case INGOT_Q4_K: pack_columns_as(INGOT_Q4_K, t, k0, kc, column, panel); break;
    case INGOT_Q6_K: pack_columns_as(INGOT_Q6_K, t, k0, kc, column, panel); break;
    case INGOT_NF4: pack_columns_as(INGOT_NF4, t, k0, kc, column, panel); break;
    case INGOT_INT8: pack_columns_as(INGOT_INT8, t, k0, kc, column, panel); break;
    }
}

/// Columns column ..< column + columns (≤ 16) of the term's B.
static void pack(
    const ingot_term *t, size_t k0, size_t kc, size_t column, size_t columns, float *panel) {
    if (!t->b_is_transposed) return pack_columns(t, k0, kc, column, columns, panel);
    const size_t row = t->b_row_bytes;
    const uint8_t *source = (const uint8_t *)t->b + column * row;
    if (t->type == INGOT_F32)
        return pack_rows_f32((const float *)source + k0, row / 4, columns, kc, panel);
    if (columns < 16) return pack_rows_slowly(t, column, columns, k0, kc, panel);
    switch (t->type) {
    case INGOT_F32:
    case INGOT_F16:
    case INGOT_BF16: pack_rows_slowly(t, column, columns, k0, kc, panel); break;
    case INGOT_Q4_0: pack_rows_q4_0(source, row, k0, kc, panel); break;
    case INGOT_Q4_1: pack_rows_q4_1(source, row, k0, kc, panel); break;
    case INGOT_Q8_0: pack_rows_q8_0(source, row, k0, kc, panel); break;
    case INGOT_Q4_K: pack_rows_q4_k(source, row, k0, kc, panel); break;
    case INGOT_Q6_K: pack_rows_q6_k(source, row, k0, kc, panel); break;
    case INGOT_NF4: pack_rows_nf4(t, column, k0, kc, panel); break;
    case INGOT_INT8: pack_rows_int8(t, column, k0, kc, panel); break;
    }
}
