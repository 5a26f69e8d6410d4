// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ingot_kernels.h"

extern const ingot_kernel_table ingot_table_plain;
extern const ingot_kernel_table ingot_table_avx2;
extern const ingot_kernel_table ingot_table_avx512;
extern const ingot_kernel_table ingot_table_pairs;

/// What the kernel sets have in common: all but products and attention.
#define ROW_KERNELS                                                                            \
    .norm_forward = norm_forward, .norm_backward = norm_backward, .rotate = rotate,            \
    .swiglu_forward = swiglu_forward, .swiglu_backward = swiglu_backward, .add = add,          \
    .sum = sum, .log_sum_exp = log_sum_exp, .cross_entropy_backward = cross_entropy_backward,  \
    .square_sum = square_sum, .adam_step = adam_step, .exponential = exponential,              \
    .dropout = dropout
