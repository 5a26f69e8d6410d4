// SPDX-License-Identifier: Apache-2.0

/// Kernel set `portable`: fp32 arithmetic with the same bits at every level.
///
/// (1) An element of a matrix product is one chain of fused multiply-adds over k = 0, 1, 2, …;
///     vectors run over outputs, so neither their width nor the tiling can be seen in the result.
/// (2) A reduction inside a row uses 16 lanes (element i goes to lane i mod 16), added as
///     8 + 8, 4 + 4, 2 + 2, 1 + 1.
/// (3) No libm but fmaf, which is exact; exp, log, sin and cos are polynomials of our own.
/// (4) No allocation, no globals, no errno.
///
/// Kernel set `avx512`: as above, but products take bf16 operands; it needs AVX512_BF16.
///
/// (5) Both operands are rounded to bf16 (to nearest, ties to even) where a product reads them.
///     An element is one chain over the pairs k = (0, 1), (2, 3), … of each term in turn, its last
///     pair filled up with zeros. A pair adds its odd product first, then the even one, each by a
///     fused multiply-add in fp32; before and after each, subnormals become zeros. This is what
///     VDPBF16PS does, and `ingot_reference_pair_product` has the same bits in plain C.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How a frozen weight is stored; the quantised types are GGUF's blocks of 32 or 256 values, and
/// bitsandbytes' two, whose scales lie apart.
typedef enum ingot_weight_type {
    INGOT_F32 = 0,
    INGOT_F16 = 1,
    INGOT_BF16 = 2,
    INGOT_Q4_0 = 3,
    INGOT_Q4_1 = 4,
    INGOT_Q8_0 = 5,
    INGOT_Q4_K = 6,
    INGOT_Q6_K = 7,
    /// Two values a byte, the first in the upper half: places in the table `ingot_nf4`. Blocks of 64.
    INGOT_NF4 = 8,
    /// x = q · scale · (1 / 127); the scale is a row's.
    INGOT_INT8 = 9,
} ingot_weight_type;

/// Which instructions compute; the results do not depend on it.
typedef enum ingot_level {
    INGOT_PLAIN = 0,
    INGOT_AVX2 = 1,
    INGOT_AVX512 = 2,
} ingot_level;

/// Scales of INGOT_NF4, one for each block of 64 values, blocks numbered through all rows; or of
/// INGOT_INT8, one for each row.
typedef struct ingot_scales {
    const float *values;
    /// Scales that are quantised themselves (NF4): block b's is
    /// map[codes[b]] · values[b / 256] + offset. Otherwise NULL, and it is values[b].
    const uint8_t *codes;
    const float *map;
    float offset;
} ingot_scales;

/// A summand of a product: A [m, k] times B [k, n].
typedef struct ingot_term {
    /// Element (i, l) of A is a[i * a_row + l * a_column].
    const float *a;
    size_t a_row, a_column;
    size_t k;
    /// B is stored as k rows of n values, or, transposed, as n rows of k values.
    const void *b;
    size_t b_row_bytes;
    ingot_weight_type type;
    int b_is_transposed;
    /// Where the type has scales apart.
    const ingot_scales *scales;
    /// A as rows of bf16 pairs; set by `ingot_pool_products` where the kernels want it.
    const uint32_t *packed_a;
} ingot_term;

enum { INGOT_TERM_LIMIT = 6 };

/// C [m, n] = (the old C, if it accumulates) + Σ terms, in one chain; then C · scale.
typedef struct ingot_product {
    size_t m, n;
    float *c;
    size_t c_row;
    int accumulates;
    float scale;
    size_t term_count;
    ingot_term terms[INGOT_TERM_LIMIT];
} ingot_product;

/// Keys and values of consecutive positions: row j of head h begins at k[j * row + h * head_size].
typedef struct ingot_run {
    const float *k, *v;
    size_t count;
    size_t row;
} ingot_run;

/// Attention of one key-value head for consecutive query rows. The rows see all of `runs`, in
/// order, but of the last run row i sees only the first `visible + i` entries; of all these, a row
/// sees the last `window`.
typedef struct ingot_attention {
    /// Row i of the group's head h begins at q[i * q_row + h * head_size]; `o` likewise.
    const float *q;
    float *o;
    size_t q_row, o_row;
    size_t rows, group, head_size;
    float scale;
    const ingot_run *runs;
    size_t run_count;
    size_t visible;
    /// At least 1; SIZE_MAX for no limit.
    size_t window;
} ingot_attention;

/// The backward pass of `ingot_attention` over one run that is the rows' own (visible = 1).
/// Key and value gradients are added to dk and dv; dq is set.
typedef struct ingot_attention_gradient {
    const float *o, *d_o;
    float *dq, *dk, *dv;
    size_t q_row, kv_row;
} ingot_attention_gradient;

/// Query rows that share a tile of scores.
enum { INGOT_ATTENTION_TILE = 24 };

typedef struct ingot_adam {
    float decay;        // 1 − rate · weight decay
    float beta1, beta2;
    float step;         // rate / (1 − beta1ᵗ)
    float correction;   // √(1 − beta2ᵗ)
    float epsilon;
    float gradient;     // factor of the gradient: clipping
} ingot_adam;

/// Which elements of a row are dropped; Philox's key is the seed.
typedef struct ingot_dropout {
    uint32_t key0, key1;
    uint32_t stream, step;
    uint32_t threshold; // rate · 2³²
    float scale;        // 1 / (1 − rate)
} ingot_dropout;

/// The kernels of one level. T rows, H columns.
typedef struct ingot_kernel_table {
    /// Rows [row0, row1) and columns [column0, column1) of a product; column0 is a multiple of
    /// `column_block`.
    void (*product)(
        const ingot_product *product, size_t row0, size_t row1, size_t column0, size_t column1);
    size_t column_block;
    /// Packs rows [row0, row1) of a term's A for `product`; NULL if it reads A as it is.
    void (*pack_a)(const ingot_term *term, size_t row0, size_t row1, uint32_t *packed);
    /// Floats of scratch that attention over `keys` keys needs, both ways; 64-byte aligned.
    size_t (*attention_scratch)(size_t keys, size_t group, size_t head_size);
    void (*attention_forward)(const ingot_attention *attention, float *scratch);
    void (*attention_backward)(
        const ingot_attention *attention, const ingot_attention_gradient *gradient,
        float *scratch);
    /// y [T, H] = x / rms(x) · weight.
    void (*norm_forward)(
        const float *x, const float *weight, float *y, float epsilon, size_t T, size_t H);
    /// dx [T, H] += the gradient of norm_forward.
    void (*norm_backward)(
        const float *x, const float *weight, const float *dy, float *dx, float epsilon,
        size_t T, size_t H);
    /// Turns x [T, row] in place: heads of `size`, by the angles of cosine and sine
    /// [T, size / 2]; `direction` is 1, or −1 for the way back.
    void (*rotate)(
        float *x, size_t row, size_t heads, size_t size, const float *cosine, const float *sine,
        float direction, size_t T);
    /// y [n] = silu(gate) · up.
    void (*swiglu_forward)(const float *gate, const float *up, float *y, size_t n);
    /// In place: gate becomes its gradient, up likewise; y becomes silu(gate) · up.
    void (*swiglu_backward)(const float *dy, float *gate, float *up, float *y, size_t n);
    /// y [n] += x.
    void (*add)(const float *x, float *y, size_t n);
    /// y [n] = a + b.
    void (*sum)(const float *a, const float *b, float *y, size_t n);
    /// log Σ exp(x) of n values.
    double (*log_sum_exp)(const float *x, size_t n);
    /// x [n] becomes (softmax(x) − onehot(target)) · factor, given log Σ exp(x).
    void (*cross_entropy_backward)(
        float *x, size_t n, size_t target, double log_sum_exp, float factor);
    /// Σ x² in 16 fp64 lanes.
    double (*square_sum)(const float *x, size_t n);
    void (*adam_step)(
        float *parameter, const float *gradient, float *m, float *v, const ingot_adam *adam,
        size_t n);
    void (*exponential)(const float *x, float *y, size_t n);
    /// y [n] = x ∘ the mask of `row`, or y += that.
    void (*dropout)(
        const float *x, float *y, size_t n, const ingot_dropout *mask, uint32_t row, int adds);
} ingot_kernel_table;

/// The best level of this processor.
ingot_level ingot_best_level(void);

/// The kernels of `level`, which the processor must have.
const ingot_kernel_table *ingot_kernels(ingot_level level);

/// The kernels of set `avx512`; NULL on a processor without AVX512_BF16.
const ingot_kernel_table *ingot_pair_kernels(void);

/// Expands `count` values of a row to fp32, in a type without scales apart. Quantised: `count` is a
/// multiple of 32, and `source` the start of a block.
void ingot_expand_row(
    ingot_weight_type type, const void *restrict source, float *restrict target, size_t count);

/// Expands values first ..< first + count of row `row` of the term's B as it is stored.
/// Quantised: both are multiples of 32.
void ingot_expand(
    const ingot_term *term, size_t row, size_t first, float *restrict target, size_t count);

/// The 16 values of NF4, in order.
extern const float ingot_nf4[16];

/// Quantises `count` blocks of 64 values as bitsandbytes does: 32 bytes of codes for each, and its
/// largest magnitude as its scale.
void ingot_quantise_nf4(const float *x, size_t count, uint8_t *codes, float *scales);

/// Quantises `count` scales in blocks of 256, as bitsandbytes does with its dynamic `map` of 256
/// values in order: a code for each, a scale for each block, and the offset that was taken off.
void ingot_quantise_scales(
    const float *scales, size_t count, const float *map, uint8_t *codes, float *values,
    float *offset);

/// Quantises a row of `count` values as LLM.int8() does: rounded to f16, then to 127ths of the
/// largest magnitude, which is the scale.
void ingot_quantise_int8(const float *x, size_t count, int8_t *codes, float *scale);

/// Elementary functions in fp64 without libm, for tables and totals; not for hot loops.
double ingot_exp(double x);
double ingot_log(double x);
double ingot_sin(double x);
double ingot_cos(double x);

/// Naive references, kept for ever and tested against; same orders of arguments.
void ingot_reference_product(const ingot_product *product);
/// Rule (5), to the bit.
void ingot_reference_pair_product(const ingot_product *product);
void ingot_reference_attention(const ingot_attention *attention);
void ingot_reference_norm(
    const float *x, const float *weight, float *y, float epsilon, size_t T, size_t H);

/// Threads that run tasks 0 ..< count, each once, in any order; the caller is one of them.
typedef struct ingot_pool ingot_pool;
ingot_pool *ingot_pool_create(size_t threads);
void ingot_pool_destroy(ingot_pool *pool);
size_t ingot_pool_threads(const ingot_pool *pool);
void ingot_pool_run(
    ingot_pool *pool, size_t count, void (*body)(void *context, size_t task, size_t worker),
    void *context);

/// Bytes that the products' packed A need together.
size_t ingot_packed_bytes(
    const ingot_kernel_table *kernels, const ingot_product *products, size_t count);

/// All products, cut into tasks. Only the A of those behind the first `early` may be
/// what one of the first writes, as a whole; no other product may read what another one writes.
/// `packed` has room for `ingot_packed_bytes` and is 64-byte aligned; the terms learn where in it
/// their packed A lies.
void ingot_pool_products(
    ingot_pool *pool, const ingot_kernel_table *kernels, ingot_product *products, size_t count,
    size_t early, uint32_t *packed);
