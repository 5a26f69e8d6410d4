// SPDX-License-Identifier: Apache-2.0

// Plain C: whatever the compiler's baseline has.
#include <string.h>

#include "half.h"
#include "ingot_kernels.h"
#include "tables.h"

#define TILE_ROWS 6
#define DEPTH 256
#define TABLE ingot_table_plain
#include "level.h"
