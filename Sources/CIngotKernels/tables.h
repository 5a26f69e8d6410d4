// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ingot_kernels.h"

extern const ingot_kernel_table ingot_table_plain;
extern const ingot_kernel_table ingot_table_avx2;
extern const ingot_kernel_table ingot_table_avx512;
extern const ingot_kernel_table ingot_table_pairs;
