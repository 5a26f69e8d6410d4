// SPDX-License-Identifier: Apache-2.0

// The kernels of one level: include inside its target attribute, with TILE_ROWS, DEPTH and
// TABLE (the name of its table) defined.

// Vectors are passed between inlined functions only, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

#include "vector.h"
#include "pack.h"
#include "product.h"
#include "rows.h"
#include "attention_view.h"
#include "attention.h"
#include "dropout.h"

const ingot_kernel_table TABLE = {
    .product = product,
    .column_block = 64,
    .attention_scratch = attention_scratch,
    .attention_forward = attention_forward,
    .attention_backward = attention_backward,
    ROW_KERNELS,
};
