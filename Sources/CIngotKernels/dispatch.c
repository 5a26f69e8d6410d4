// SPDX-License-Identifier: Apache-2.0
#include "ingot_kernels.h"
#include "tables.h"

ingot_level ingot_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")
        || !__builtin_cpu_supports("f16c"))
        return INGOT_PLAIN;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return INGOT_AVX512;
    return INGOT_AVX2;
#else
    return INGOT_PLAIN;
#endif
}

const ingot_kernel_table *ingot_kernels(ingot_level level) {
#if defined(__x86_64__)
    if (level == INGOT_AVX512) return &ingot_table_avx512;
    if (level == INGOT_AVX2) return &ingot_table_avx2;
#endif
    return &ingot_table_plain;
}

const ingot_kernel_table *ingot_pair_kernels(void) {
#if defined(__x86_64__)
    if (ingot_best_level() == INGOT_AVX512 && __builtin_cpu_supports("avx512bf16"))
        return &ingot_table_pairs;
#endif
    return NULL;
}
