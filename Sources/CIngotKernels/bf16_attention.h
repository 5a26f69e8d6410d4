// SPDX-License-Identifier: Apache-2.0

// Attention by products of bf16 pairs, blocks of ATTENTION_BLOCK positions at a time: only a
// block's scores exist. Its query rows are the positions' heads, position by position. Chains run
// over the head's values, over the positions 0, 1, 2, … or over the query rows of a segment, in
// pairs; past its last key a row holds zeros, which leave a chain as it is, and a block has an even
// number of rows: so no result depends on the block a row is in.

enum { ATTENTION_BLOCK = 16 };

/// Sizes in 32-bit units; each is a whole number of cache lines.
INLINE size_t in_lines(size_t count) { return (count + 15) / 16 * 16; }

/// Panels of `columns` columns with chains of k values.
INLINE size_t panel_space(size_t k, size_t columns) {
    return (columns + PANEL_COLUMNS - 1) / PANEL_COLUMNS * PANEL_COLUMNS * packed_row(k);
}

static size_t attention_scratch(size_t keys, size_t group, size_t head_size) {
    const size_t rows = ATTENTION_BLOCK * group, width = in_lines(keys);
    return 2 * in_lines(keys * head_size)                            // keys, values
        + 2 * panel_space(head_size, keys) + panel_space(keys, head_size)
        + 4 * in_lines(rows * head_size)                             // q, o, dO, output
        + 2 * rows * width                                           // scores and gradients
        + rows * packed_row(keys) + width * packed_row(rows)         // packed scores, transposed
        + rows * packed_row(head_size) + panel_space(rows, head_size) + in_lines(rows);
}

INLINE float *take(float **scratch, size_t count) {
    float *part = *scratch;
    *scratch += in_lines(count);
    return part;
}

/// Rows of `columns` values, contiguous or not.
typedef struct {
    const float *values;
    size_t row, rows, columns;
} rows_view;

/// The view's columns as a product's B, its rows as k; or its rows as columns (transposed).
static uint32_t *packed_panels(rows_view x, int transposed, float **scratch) {
    const size_t k = transposed ? x.columns : x.rows, n = transposed ? x.rows : x.columns;
    uint32_t *panels = (uint32_t *)take(scratch, panel_space(k, n));
    const ingot_term t = {
        .k = k, .b = x.values, .b_row_bytes = x.row * sizeof(float), .type = INGOT_F32,
        .b_is_transposed = transposed};
    for (size_t j = 0; j < n; j += PANEL_COLUMNS)
        pack_b(
            &t, 0, k, j, n - j < PANEL_COLUMNS ? n - j : PANEL_COLUMNS,
            panels + j * packed_row(k));
    return panels;
}

/// c [m, columns] (+)= A B: A packed with chains of up to `a_k` values, B of up to `b_k`, `k` of
/// them used.
static void multiply(
    size_t m, size_t columns, size_t k, const uint32_t *a, size_t a_k, const uint32_t *panels,
    size_t b_k, float *c, size_t c_row, int first) {
    for (size_t j = 0; j < columns; j += PANEL_COLUMNS)
        rows_of_panel(
            m, columns - j < PANEL_COLUMNS ? columns - j : PANEL_COLUMNS, (k + 1) / 2, a,
            packed_row(a_k), panels + j * packed_row(b_k), c + j, c_row, first);
}

/// Packs rows, or the columns, of a block as a product's A.
static void pack_block(
    const float *x, size_t row, size_t rows, size_t columns, int transposed, uint32_t *packed) {
    const ingot_term t = {
        .a = x, .a_row = transposed ? 1 : row, .a_column = transposed ? row : 1,
        .k = transposed ? rows : columns};
    pack_a(&t, 0, transposed ? columns : rows, packed);
}

/// Keys or values of all runs, one after the other.
static rows_view one_run(
    const ingot_attention *a, int are_values, size_t keys, float **scratch) {
    const ingot_run *only = &a->runs[0];
    if (a->run_count == 1)
        return (rows_view){are_values ? only->v : only->k, only->row, keys, a->head_size};
    float *all = take(scratch, keys * a->head_size);
    size_t at = 0;
    for (size_t r = 0; r < a->run_count; r++) {
        const ingot_run *run = &a->runs[r];
        for (size_t j = 0; j < run->count && at < keys; j++, at++)
            memcpy(
                all + at * a->head_size, (are_values ? run->v : run->k) + j * run->row,
                a->head_size * sizeof(float));
    }
    return (rows_view){all, a->head_size, keys, a->head_size};
}

/// The group's heads of rows first ..< first + count, one under the other.
static void gather_heads(
    const float *x, size_t row, size_t first, size_t count, size_t width, float *block) {
    for (size_t i = 0; i < count; i++)
        memcpy(block + i * width, x + (first + i) * row, width * sizeof(float));
}

/// A block's raw scores become exponentials, zeros behind them; sums[r] gets the total of row r.
static void soften_block(
    const ingot_attention *a, size_t before, size_t first, size_t rows, size_t keys,
    float *scores, size_t width, float *sums) {
    for (size_t r = 0; r < rows; r++) {
        float *row = scores + r * width;
        const size_t n = view_end(a, before, first + r / a->group);
        // Before its window a row holds zeros, whose lanes and chains stay as they are.
        for (size_t j = 0; j + a->window < n; j++) row[j] = -__builtin_inff();
        sums[r] = exponentials_of_row(row, n, a->scale);
        for (size_t j = n; j < keys; j++) row[j] = 0;
    }
}

static void pair_attention_forward(const ingot_attention *a, float *scratch) {
    if (a->rows == 0) return;
    const size_t size = a->head_size, group = a->group, before = earlier(a);
    const size_t all = view_end(a, before, a->rows - 1), width = in_lines(all);
    const rows_view k = one_run(a, 0, all, &scratch), v = one_run(a, 1, all, &scratch);
    const uint32_t *key_columns = packed_panels(k, 1, &scratch);
    const uint32_t *values = packed_panels(v, 0, &scratch);
    const size_t block = ATTENTION_BLOCK * group;
    float *q = take(&scratch, block * size), *o = take(&scratch, block * size);
    float *scores = take(&scratch, block * width), *sums = take(&scratch, block);
    uint32_t *packed_q = (uint32_t *)take(&scratch, block * packed_row(size));
    uint32_t *packed_p = (uint32_t *)take(&scratch, block * packed_row(all));
    for (size_t first = 0; first < a->rows; first += ATTENTION_BLOCK) {
        const size_t left = a->rows - first;
        const size_t count = left < ATTENTION_BLOCK ? left : ATTENTION_BLOCK;
        const size_t rows = count * group, keys = view_end(a, before, first + count - 1);
        gather_heads(a->q, a->q_row, first, count, group * size, q);
        pack_block(q, size, rows, size, 0, packed_q);
        multiply(rows, keys, size, packed_q, size, key_columns, size, scores, width, 1);
        soften_block(a, before, first, rows, keys, scores, width, sums);
        pack_block(scores, width, rows, keys, 0, packed_p);
        multiply(rows, size, keys, packed_p, keys, values, all, o, size, 1);
        for (size_t r = 0; r < rows; r++) {
            const float inverse = 1.0f / sums[r];
            float *to = a->o + (first + r / group) * a->o_row + r % group * size;
            for (size_t d = 0; d < size; d++) to[d] = o[r * size + d] * inverse;
        }
    }
}

/// Exponentials become probabilities; gradients of them, those of the raw scores.
static void score_gradients(
    const ingot_attention *a, size_t before, size_t first, size_t rows, size_t keys,
    size_t width, const float *sums, const float *o, const float *d_o, float *p, float *ds) {
    for (size_t r = 0; r < rows; r++, p += width, ds += width) {
        const size_t n = view_end(a, before, first + r / a->group);
        const float inverse = 1.0f / sums[r];
        const float shift =
            dot_of_rows(o + r * a->head_size, d_o + r * a->head_size, a->head_size);
        for (size_t j = 0; j < n; j++) {
            p[j] *= inverse;
            ds[j] = p[j] * (ds[j] - shift) * a->scale;
        }
        for (size_t j = n; j < keys; j++) ds[j] = 0;
    }
}

/// One owner for a key-value head of a run: blocks in order.
static void pair_attention_backward(
    const ingot_attention *a, const ingot_attention_gradient *g, float *scratch) {
    if (a->rows == 0) return;
    const size_t size = a->head_size, group = a->group, span = group * size;
    const size_t all = view_end(a, 0, a->rows - 1), width = in_lines(all);
    const rows_view k = one_run(a, 0, all, &scratch), v = one_run(a, 1, all, &scratch);
    const uint32_t *key_columns = packed_panels(k, 1, &scratch);
    const uint32_t *value_columns = packed_panels(v, 1, &scratch);
    const uint32_t *key_rows = packed_panels(k, 0, &scratch);
    const size_t block = ATTENTION_BLOCK * group;
    float *q = take(&scratch, block * size), *o = take(&scratch, block * size);
    float *d_o = take(&scratch, block * size), *dq = take(&scratch, block * size);
    float *p = take(&scratch, block * width), *ds = take(&scratch, block * width);
    float *sums = take(&scratch, block);
    uint32_t *packed_rows = (uint32_t *)take(&scratch, block * packed_row(size));
    uint32_t *packed_ds = (uint32_t *)take(&scratch, block * packed_row(all));
    uint32_t *turned = (uint32_t *)take(&scratch, width * packed_row(block));
    for (size_t first = 0; first < a->rows; first += ATTENTION_BLOCK) {
        const size_t left = a->rows - first;
        const size_t count = left < ATTENTION_BLOCK ? left : ATTENTION_BLOCK;
        const size_t rows = count * group, keys = view_end(a, 0, first + count - 1);
        float *rest = scratch;
        gather_heads(a->q, a->q_row, first, count, span, q);
        gather_heads(g->o, a->o_row, first, count, span, o);
        gather_heads(g->d_o, a->o_row, first, count, span, d_o);
        pack_block(q, size, rows, size, 0, packed_rows);
        multiply(rows, keys, size, packed_rows, size, key_columns, size, p, width, 1);
        soften_block(a, 0, first, rows, keys, p, width, sums);
        pack_block(d_o, size, rows, size, 0, packed_rows);
        multiply(rows, keys, size, packed_rows, size, value_columns, size, ds, width, 1);
        score_gradients(a, 0, first, rows, keys, width, sums, o, d_o, p, ds);

        pack_block(ds, width, rows, keys, 0, packed_ds);
        multiply(rows, size, keys, packed_ds, keys, key_rows, all, dq, size, 1);
        for (size_t i = 0; i < count; i++)
            memcpy(g->dq + (first + i) * g->q_row, dq + i * span, span * sizeof(float));
        pack_block(ds, width, rows, keys, 1, turned);
        const uint32_t *panels = packed_panels((rows_view){q, size, rows, size}, 0, &rest);
        multiply(keys, size, rows, turned, rows, panels, rows, g->dk, g->kv_row, 0);
        pack_block(p, width, rows, keys, 1, turned);
        rest = scratch;
        panels = packed_panels((rows_view){d_o, size, rows, size}, 0, &rest);
        multiply(keys, size, rows, turned, rows, panels, rows, g->dv, g->kv_row, 0);
    }
}
