// SPDX-License-Identifier: Apache-2.0

// 32 registers of 16 lanes: tiles of 12 × 32, 24 accumulators.
#include <string.h>

#include "half.h"
#include "ingot_kernels.h"
#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define TILE_ROWS 12
#define DEPTH 160
#define TABLE ingot_table_avx512
#include "level.h"
#pragma clang attribute pop
#endif
