// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How a frozen weight is stored; the quantised types are GGUF's blocks of 32 values.
typedef enum ingot_weight_type {
    INGOT_F32 = 0,
    INGOT_F16 = 1,
    INGOT_BF16 = 2,
    INGOT_Q4_0 = 3,
    INGOT_Q4_1 = 4,
    INGOT_Q8_0 = 5,
} ingot_weight_type;

/// Expands `count` values of a row to fp32. Quantised: `count` is a multiple of 32.
void ingot_expand_row(
    ingot_weight_type type, const void *restrict source, float *restrict target, size_t count);
