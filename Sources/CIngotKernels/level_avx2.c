// SPDX-License-Identifier: Apache-2.0

// 16 registers of 8 lanes: tiles of 6 × 16, twelve accumulators.
#include <string.h>

#include "half.h"
#include "ingot_kernels.h"
#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define TILE_ROWS 6
#define DEPTH 256
#define TABLE ingot_table_avx2
#include "level.h"
#pragma clang attribute pop
#endif
