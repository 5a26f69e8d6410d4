// SPDX-License-Identifier: Apache-2.0

// Attention by tiles of INGOT_ATTENTION_TILE query rows: only a tile's scores exist at a time.
// A row's scores, their sum and its output are chains over positions 0, 1, 2, …, so they do not
// depend on the tile the row is in. Past its last key a row holds zeros, and adding 0 · v to a
// chain leaves it as it is. Before its window a row holds zeros too; a tile leaves out whole
// groups of 16 positions that none of its rows sees, so a position keeps its lane of the sum.

/// A tile's scores, and their gradients on the way back.
static size_t attention_scratch(size_t keys, size_t group, size_t head_size) {
    (void)group, (void)head_size;
    return 2 * INGOT_ATTENTION_TILE * ((keys + 15) / 16 * 16);
}

/// Scores of `rows` query rows (`q`) against `keys` keys: scores[i * width + at + j].
static void scores_of_run(
    const float *q, size_t q_row, size_t rows, size_t size, const float *k, size_t k_row,
    size_t keys, float *scores, size_t width, size_t at) {
    float panel[16 * 256] __attribute__((aligned(64)));
    for (size_t j = 0; j < keys; j += 16) {
        const size_t n = keys - j < 16 ? keys - j : 16;
        for (size_t d0 = 0; d0 < size; d0 += 256) {
            const size_t depth = size - d0 < 256 ? size - d0 : 256;
            pack_rows_f32(k + j * k_row + d0, k_row, n, depth, panel);
            rows_of_panels(
                rows, 1, depth, q + d0, q_row, 1, panel, 16, 0, scores + at + j, width, d0 == 0,
                n);
        }
    }
}

/// o [rows, size] (+)= p [rows, keys] v; p's element (i, j) is p[i * p_row + j * p_column].
static void weighted_rows(
    const float *p, size_t p_row, size_t p_column, size_t rows, size_t keys, const float *v,
    size_t v_row, float *o, size_t o_row, size_t size, int first) {
    for (size_t d = 0; d < size; d += 16) {
        const size_t n = size - d < 16 ? size - d : 16;
        if (n == 16) {
            rows_of_panels(
                rows, 1, keys, p, p_row, p_column, v + d, v_row, 0, o + d, o_row, first, 16);
            continue;
        }
        for (size_t i = 0; i < rows; i++)
            for (size_t l = 0; l < n; l++) {
                float chain = first ? 0 : o[i * o_row + d + l];
                for (size_t j = 0; j < keys; j++)
                    chain = __builtin_fmaf(
                        p[i * p_row + j * p_column], v[j * v_row + d + l], chain);
                o[i * o_row + d + l] = chain;
            }
    }
}

/// What a tile computes of run r, whose first position is `base`: the positions in
/// from ..< end that are the run's, counted from the run's start.
typedef struct {
    size_t skip, count;
} part;

INLINE part part_of_run(const ingot_run *run, size_t base, size_t from, size_t end) {
    const size_t past = from > base ? from - base : 0;
    const size_t skip = past < run->count ? past : run->count;
    const size_t stop = end > base + run->count ? run->count : end > base ? end - base : 0;
    return (part){skip, stop > skip ? stop - skip : 0};
}

/// Turns the raw scores of positions `from` on into exponentials; sums[i] gets the total of row i.
static void soften(
    const ingot_attention *a, size_t first, size_t rows, size_t before, size_t from,
    float *scores, size_t width, float *sums) {
    for (size_t i = 0; i < rows; i++) {
        float *row = scores + i * width;
        const size_t start = view_start(a, before, first + i);
        const size_t n = view_end(a, before, first + i) - from;
        for (size_t j = 0; from + j < start; j++) row[j] = -__builtin_inff();
        sums[i] = exponentials_of_row(row, n, a->scale);
        for (size_t j = n; j < width; j++) row[j] = 0;
    }
}

static void attention_forward(const ingot_attention *a, float *scratch) {
    const size_t before = earlier(a);
    for (size_t first = 0; first < a->rows; first += INGOT_ATTENTION_TILE) {
        const size_t left = a->rows - first;
        const size_t rows = left < INGOT_ATTENTION_TILE ? left : INGOT_ATTENTION_TILE;
        const size_t from = view_start(a, before, first) / 16 * 16;
        const size_t end = view_end(a, before, first + rows - 1);
        const size_t width = (end - from + 15) / 16 * 16;
        for (size_t h = 0; h < a->group; h++) {
            const float *q = a->q + first * a->q_row + h * a->head_size;
            float *o = a->o + first * a->o_row + h * a->head_size;
            float sums[INGOT_ATTENTION_TILE];
            size_t base = 0, at = 0;
            for (size_t r = 0; r < a->run_count; base += a->runs[r++].count) {
                const ingot_run *run = &a->runs[r];
                const part here = part_of_run(run, base, from, end);
                scores_of_run(
                    q, a->q_row, rows, a->head_size, run->k + here.skip * run->row, run->row,
                    here.count, scratch, width, at);
                at += here.count;
            }
            soften(a, first, rows, before, from, scratch, width, sums);
            base = at = 0;
            for (size_t r = 0; r < a->run_count; base += a->runs[r++].count) {
                const ingot_run *run = &a->runs[r];
                const part here = part_of_run(run, base, from, end);
                weighted_rows(
                    scratch + at, width, 1, rows, here.count, run->v + here.skip * run->row,
                    run->row, o, a->o_row, a->head_size, at == 0);
                at += here.count;
            }
            for (size_t i = 0; i < rows; i++) {
                const float inverse = 1.0f / sums[i];
                for (size_t d = 0; d < a->head_size; d++) o[i * a->o_row + d] *= inverse;
            }
        }
    }
}

/// One owner for a key-value head of a run: heads of the group in order, tiles in order.
static void attention_backward(
    const ingot_attention *a, const ingot_attention_gradient *g, float *scratch) {
    const ingot_run *run = &a->runs[a->run_count - 1];
    const size_t size = a->head_size;
    for (size_t h = 0; h < a->group; h++)
        for (size_t first = 0; first < a->rows; first += INGOT_ATTENTION_TILE) {
            const size_t left = a->rows - first;
            const size_t rows = left < INGOT_ATTENTION_TILE ? left : INGOT_ATTENTION_TILE;
            const size_t from = view_start(a, 0, first) / 16 * 16;
            const size_t keys = view_end(a, 0, first + rows - 1) - from;
            const size_t width = (keys + 15) / 16 * 16;
            const float *k = run->k + from * run->row, *v = run->v + from * run->row;
            float *p = scratch, *ds = scratch + rows * width;
            const size_t offset = first * a->q_row + h * size;
            const float *q = a->q + offset;
            const float *o = g->o + first * a->o_row + h * size;
            const float *d_o = g->d_o + first * a->o_row + h * size;
            float sums[INGOT_ATTENTION_TILE];
            scores_of_run(q, a->q_row, rows, size, k, run->row, keys, p, width, 0);
            soften(a, first, rows, 0, from, p, width, sums);
            scores_of_run(d_o, a->o_row, rows, size, v, run->row, keys, ds, width, 0);
            for (size_t i = 0; i < rows; i++) {
                const float inverse = 1.0f / sums[i];
                const float shift = dot_of_rows(d_o + i * a->o_row, o + i * a->o_row, size);
                const size_t seen_keys = view_end(a, 0, first + i) - from;
                for (size_t j = 0; j < width; j++) {
                    float *pj = p + i * width + j, *dj = ds + i * width + j;
                    *pj *= inverse;
                    *dj = j < seen_keys ? *pj * (*dj - shift) * a->scale : 0;
                }
            }
            weighted_rows(
                ds, width, 1, rows, keys, k, run->row, g->dq + first * g->q_row + h * size,
                g->q_row, size, 1);
            weighted_rows(
                ds, 1, width, keys, rows, q, a->q_row, g->dk + from * g->kv_row, g->kv_row, size,
                0);
            // weighted_rows takes (rows of the result, length of the chain) of the transpose.
            weighted_rows(
                p, 1, width, keys, rows, d_o, a->o_row, g->dv + from * g->kv_row, g->kv_row, size,
                0);
        }
}
