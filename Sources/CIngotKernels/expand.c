// SPDX-License-Identifier: Apache-2.0
#include "ingot_kernels.h"
#include "half.h"

#include <string.h>

/// Values first ..< first + count of a row of Q4_K blocks, groups of 32.
static void expand_q4_k(const uint8_t *row, size_t first, float *target, size_t count) {
    for (size_t i = first; i < first + count; i += 32, target += 32) {
        const uint8_t *block = row + i / 256 * 144;
        const size_t group = i % 256 / 32;
        uint8_t scale, minimum;
        ingot_q4_k_group(block, group, &scale, &minimum);
        const float d = ingot_half(ingot_u16(block)) * (float)scale;
        const float m = ingot_half(ingot_u16(block + 2)) * (float)minimum;
        const uint8_t *q = block + 16 + group / 2 * 32;
        for (size_t j = 0; j < 32; j++)
            target[j] = (float)(group % 2 ? q[j] >> 4 : q[j] & 15) * d - m;
    }
}

/// The same of Q6_K blocks.
static void expand_q6_k(const uint8_t *row, size_t first, float *target, size_t count) {
    for (size_t i = first; i < first + count; i += 32, target += 32) {
        const uint8_t *block = row + i / 256 * 210;
        const ingot_q6_k_place at = ingot_q6_k_group(i % 256 / 32);
        const float d = ingot_half(ingot_u16(block + 208));
        for (size_t j = 0; j < 32; j++) {
            const uint8_t low = block[at.lower + j];
            const int q = (at.high ? low >> 4 : low & 15)
                | (block[at.upper + j] >> at.shift & 3) << 4;
            target[j] = (float)(q - 32) * (d * (float)(int8_t)block[at.scale + j / 16]);
        }
    }
}

const float ingot_nf4[16] = {
    -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
    -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
    0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
    0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
};

/// The same of a row of NF4.
static void expand_nf4(
    const ingot_term *t, size_t row, size_t first, float *target, size_t count) {
    const uint8_t *codes = (const uint8_t *)t->b + row * t->b_row_bytes;
    const size_t blocks = row * (t->b_row_bytes / 32);
    for (size_t i = first; i < first + count; i += 32) {
        const float scale = ingot_block_scale(t->scales, blocks + i / 64);
        for (size_t j = 0; j < 16; j++) {
            const uint8_t pair = codes[i / 2 + j];
            *target++ = ingot_nf4[pair >> 4] * scale;
            *target++ = ingot_nf4[pair & 15] * scale;
        }
    }
}

static void expand_int8(
    const ingot_term *t, size_t row, size_t first, float *target, size_t count) {
    const int8_t *codes = (const int8_t *)t->b + row * t->b_row_bytes + first;
    for (size_t i = 0; i < count; i++)
        target[i] = (float)codes[i] * t->scales->values[row] * INGOT_INT8_UNIT;
}

void ingot_expand_row(
    ingot_weight_type type, const void *restrict source, float *restrict target, size_t count) {
    const uint8_t *bytes = source;
    switch (type) {
    case INGOT_F32: memcpy(target, source, count * 4); break;
    case INGOT_F16:
        for (size_t i = 0; i < count; i++) target[i] = ingot_half(ingot_u16(bytes + 2 * i));
        break;
    case INGOT_BF16:
        for (size_t i = 0; i < count; i++) target[i] = ingot_bf16(ingot_u16(bytes + 2 * i));
        break;
    case INGOT_Q4_0:
        for (size_t i = 0; i < count; i += 32, bytes += 18) {
            float d = ingot_half(ingot_u16(bytes));
            for (size_t j = 0; j < 16; j++) {
                target[i + j] = (float)((bytes[2 + j] & 15) - 8) * d;
                target[i + j + 16] = (float)((bytes[2 + j] >> 4) - 8) * d;
            }
        }
        break;
    case INGOT_Q4_1:
        for (size_t i = 0; i < count; i += 32, bytes += 20) {
            float d = ingot_half(ingot_u16(bytes)), m = ingot_half(ingot_u16(bytes + 2));
            for (size_t j = 0; j < 16; j++) {
                target[i + j] = (float)(bytes[4 + j] & 15) * d + m;
                target[i + j + 16] = (float)(bytes[4 + j] >> 4) * d + m;
            }
        }
        break;
    case INGOT_Q8_0:
        for (size_t i = 0; i < count; i += 32, bytes += 34) {
            float d = ingot_half(ingot_u16(bytes));
            for (size_t j = 0; j < 32; j++) target[i + j] = (float)(int8_t)bytes[2 + j] * d;
        }
        break;
    case INGOT_Q4_K: expand_q4_k(bytes, 0, target, count); break;
    case INGOT_Q6_K: expand_q6_k(bytes, 0, target, count); break;
    case INGOT_NF4:
    case INGOT_INT8: break;
    }
}

void ingot_expand(
    const ingot_term *term, size_t row, size_t first, float *restrict target, size_t count) {
    const uint8_t *bytes = (const uint8_t *)term->b + row * term->b_row_bytes;
    switch (term->type) {
    case INGOT_F32: bytes += first * 4; break;
    case INGOT_F16:
    case INGOT_BF16: bytes += first * 2; break;
    case INGOT_Q4_0: bytes += first / 32 * 18; break;
    case INGOT_Q4_1: bytes += first / 32 * 20; break;
    case INGOT_Q8_0: bytes += first / 32 * 34; break;
    case INGOT_Q4_K: expand_q4_k(bytes, first, target, count); return;
    case INGOT_Q6_K: expand_q6_k(bytes, first, target, count); return;
    case INGOT_NF4: expand_nf4(term, row, first, target, count); return;
    case INGOT_INT8: expand_int8(term, row, first, target, count); return;
    }
    ingot_expand_row(term->type, bytes, target, count);
}
