// SPDX-License-Identifier: Apache-2.0
#include "ingot_kernels.h"
#include "half.h"

#include <string.h>

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
    }
}
