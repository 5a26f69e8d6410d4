// SPDX-License-Identifier: Apache-2.0

// Kernel set `avx512`: products of bf16 pairs; everything else as in `portable`.
#include <string.h>

#include "half.h"
#include "ingot_kernels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), apply_to = function)
#pragma clang diagnostic ignored "-Wpsabi"
#include "vector.h"
#include "rows.h"
#include "dropout.h"
#include "bf16_expand.h"
#include "bf16_pack.h"
#include "bf16_product.h"
#include "attention_view.h"
#include "bf16_attention.h"

const ingot_kernel_table ingot_table_pairs = {
    .product = pair_product,
    .column_block = PANEL_COLUMNS,
    .pack_a = pack_a,
    .attention_scratch = attention_scratch,
    .attention_forward = pair_attention_forward,
    .attention_backward = pair_attention_backward,
    ROW_KERNELS,
};
#pragma clang attribute pop
#endif
