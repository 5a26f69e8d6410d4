// SPDX-License-Identifier: Apache-2.0

// One loop per definition, in fp64 where that is more exact than the kernels. Never used but in tests.
#include "half.h"
#include "ingot_kernels.h"

static double weight_at(const ingot_term *t, size_t k, size_t n) {
    const size_t row = t->b_is_transposed ? n : k, column = t->b_is_transposed ? k : n;
    const int is_plain =
        t->type == INGOT_F32 || t->type == INGOT_F16 || t->type == INGOT_BF16;
    float block[32];
    ingot_expand(t, row, is_plain ? column : column / 32 * 32, block, is_plain ? 1 : 32);
    return block[is_plain ? 0 : column % 32];
}

void ingot_reference_product(const ingot_product *p) {
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < p->n; j++) {
            float *c = p->c + i * p->c_row + j;
            double sum = p->accumulates ? *c : 0;
            for (size_t index = 0; index < p->term_count; index++) {
                const ingot_term *t = &p->terms[index];
                for (size_t k = 0; k < t->k; k++)
                    sum += (double)t->a[i * t->a_row + k * t->a_column] * weight_at(t, k, j);
            }
            *c = (float)(sum * p->scale);
        }
}

/// A subnormal becomes a zero of its sign.
static float flushed(float x) {
    uint32_t bits = ingot_bits_of_float(x);
    return ingot_float_of_bits(bits & 0x7F800000 ? bits : bits & 0x80000000);
}

static float rounded_to_bf16(float x) {
    if (x != x) return x;
    uint32_t bits = ingot_bits_of_float(flushed(x));
    return ingot_float_of_bits((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
}

void ingot_reference_pair_product(const ingot_product *p) {
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < p->n; j++) {
            float *c = p->c + i * p->c_row + j;
            float sum = p->accumulates ? *c : 0;
            for (size_t index = 0; index < p->term_count; index++) {
                const ingot_term *t = &p->terms[index];
                for (size_t pair = 0; pair < t->k; pair += 2)
                    for (size_t k = pair + 2; k-- > pair;) {
                        float a = 0, b = 0;
                        if (k < t->k) {
                            a = rounded_to_bf16(t->a[i * t->a_row + k * t->a_column]);
                            b = rounded_to_bf16((float)weight_at(t, k, j));
                        }
                        sum = flushed(__builtin_fmaf(a, b, flushed(sum)));
                    }
            }
            *c = sum * p->scale;
        }
}

void ingot_reference_attention(const ingot_attention *a) {
    for (size_t h = 0; h < a->group; h++)
        for (size_t i = 0; i < a->rows; i++) {
            const float *q = a->q + i * a->q_row + h * a->head_size;
            float *o = a->o + i * a->o_row + h * a->head_size;
            // Three passes over all keys: maximum, sum, output.
            double top = -__builtin_inf(), sum = 0;
            for (size_t d = 0; d < a->head_size; d++) o[d] = 0;
            size_t end = a->visible + i;
            for (size_t r = 0; r + 1 < a->run_count; r++) end += a->runs[r].count;
            for (int pass = 0; pass < 3; pass++)
                for (size_t r = 0, position = 0; r < a->run_count; r++) {
                    const ingot_run *run = &a->runs[r];
                    for (size_t j = 0; j < run->count; j++, position++) {
                        if (position >= end || end - position > a->window) continue;
                        double score = 0;
                        for (size_t d = 0; d < a->head_size; d++)
                            score += (double)q[d] * run->k[j * run->row + d];
                        score *= a->scale;
                        if (pass == 0) top = score > top ? score : top;
                        if (pass == 1) sum += ingot_exp(score - top);
                        if (pass == 2)
                            for (size_t d = 0; d < a->head_size; d++)
                                o[d] += (float)(ingot_exp(score - top) / sum
                                    * run->v[j * run->row + d]);
                    }
                }
        }
}

void ingot_reference_norm(
    const float *x, const float *weight, float *y, float epsilon, size_t T, size_t H) {
    for (size_t t = 0; t < T; t++) {
        double squares = 0;
        for (size_t i = 0; i < H; i++) squares += (double)x[t * H + i] * x[t * H + i];
        double root = __builtin_elementwise_sqrt(squares / (double)H + epsilon);
        for (size_t i = 0; i < H; i++) y[t * H + i] = (float)(x[t * H + i] / root * weight[i]);
    }
}
