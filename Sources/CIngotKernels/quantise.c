// SPDX-License-Identifier: Apache-2.0

// Quantisation with the bits of bitsandbytes 0.50 on a CPU: IEEE operations one by one, in its
// order. Compiled without contraction and without wider instructions than the baseline.
#include "half.h"
#include "ingot_kernels.h"

static float magnitude(float x) { return __builtin_fabsf(x); }

static float largest_magnitude(const float *x, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        if (magnitude(x[i]) > largest) largest = magnitude(x[i]);
    return largest;
}

/// Places whose midpoint to the next one is below x: the nearest of `n` sorted values, the lower
/// one of two that are as near.
static size_t nearest(float x, const float *values, size_t n) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if ((values[middle] + values[middle + 1]) / 2 < x) low = middle + 1;
        else high = middle;
    }
    return low;
}

void ingot_quantise_nf4(const float *x, size_t count, uint8_t *codes, float *scales) {
    for (size_t block = 0; block < count; block++, x += 64) {
        const float largest = largest_magnitude(x, 64);
        const float inverse = 1.0f / (largest < 1e-38f ? 1e-38f : largest);
        scales[block] = largest;
        for (size_t i = 0; i < 64; i += 2) {
            const size_t first = nearest(x[i] * inverse, ingot_nf4, 16);
            const size_t second = nearest(x[i + 1] * inverse, ingot_nf4, 16);
            *codes++ = (uint8_t)(first << 4 | second);
        }
    }
}

/// The sum of the values at x, x + width, … (`n` of them), each `width` lanes wide, as torch makes
/// it in one thread: four chains side by side, each in four levels of rising weight.
static void cascade(const float *x, size_t n, size_t width, float *lanes) {
    enum { CHAINS = 4, LEVELS = 4, WIDEST = 8 };
    const size_t steps = n / CHAINS;
    size_t bits = 0;
    while (((size_t)1 << bits) < steps) bits++;
    const size_t power = bits / LEVELS > 4 ? bits / LEVELS : 4;
    const size_t step = (size_t)1 << power;
    float sums[LEVELS][CHAINS * WIDEST] = {{0}};
    const size_t wide = CHAINS * width;
    size_t i = 0;
    while (i + step <= steps) {
        for (size_t j = 0; j < step; j++, i++)
            for (size_t l = 0; l < wide; l++) sums[0][l] += x[i * wide + l];
        for (size_t level = 1; level < LEVELS; level++) {
            for (size_t l = 0; l < wide; l++) {
                sums[level][l] += sums[level - 1][l];
                sums[level - 1][l] = 0;
            }
            if (i & (step - 1) << level * power) break;
        }
    }
    for (; i < steps; i++)
        for (size_t l = 0; l < wide; l++) sums[0][l] += x[i * wide + l];
    for (size_t level = 1; level < LEVELS; level++)
        for (size_t l = 0; l < wide; l++) sums[0][l] += sums[level][l];
    for (size_t rest = steps * CHAINS; rest < n; rest++)
        for (size_t l = 0; l < width; l++) sums[0][l] += x[rest * width + l];
    for (size_t chain = 1; chain < CHAINS; chain++)
        for (size_t l = 0; l < width; l++) sums[0][l] += sums[0][chain * width + l];
    for (size_t l = 0; l < width; l++) lanes[l] = sums[0][l];
}

/// torch.mean of a row, in one thread and vectors of 8 lanes (its AVX2 kernel, which serves AVX-512
/// too).
static float mean(const float *x, size_t n) {
    const size_t width = n < 8 ? 1 : 8;
    float lanes[8], total = 0;
    cascade(x, n / width, width, lanes);
    for (size_t i = n / width * width; i < n; i++) total += x[i];
    for (size_t l = 0; l < width; l++) total += lanes[l];
    return total / (float)n;
}

/// As bitsandbytes' C++ does it: x in [−1, 1] becomes one of 65,536 points, and that the nearest
/// value of the map.
static uint8_t nearest_by_points(float x, const float *map) {
    const float point = (float)(int)((x + 1.0f) * 0.5f * 65535.0f + 0.5f);
    return (uint8_t)nearest(point / 65535.0f * 2.0f - 1.0f, map, 256);
}

void ingot_quantise_scales(
    const float *scales, size_t count, const float *map, uint8_t *codes, float *values,
    float *offset) {
    if (count == 0) return;
    *offset = mean(scales, count);
    for (size_t from = 0; from < count; from += 256) {
        const size_t n = count - from < 256 ? count - from : 256;
        float rest[256];
        for (size_t i = 0; i < n; i++) rest[i] = scales[from + i] - *offset;
        const float largest = largest_magnitude(rest, n);
        const float inverse = 1.0f / largest;
        *values++ = largest;
        for (size_t i = 0; i < n; i++)
            *codes++ = largest > 0 ? nearest_by_points(rest[i] * inverse, map) : 0;
    }
}

/// x as an IEEE half has it, ties to even; infinite beyond its range.
static float rounded_to_half(float x) {
    const uint32_t sign = ingot_bits_of_float(x) & 0x80000000u;
    uint32_t bits = ingot_bits_of_float(x) & 0x7FFFFFFFu;
    if (bits < 0x38800000u) {
        // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴: so are floats near 0.75.
        const float small = (ingot_float_of_bits(bits) + 0.75f) - 0.75f;
        return ingot_float_of_bits(ingot_bits_of_float(small) | sign);
    }
    bits += 0xFFF + (bits >> 13 & 1);
    if (bits >= 0x47800000u) bits = 0x7F800000u;
    return ingot_float_of_bits((bits & ~0x1FFFu) | sign);
}

void ingot_quantise_int8(const float *x, size_t count, int8_t *codes, float *scale) {
    float largest = 0;
    for (size_t i = 0; i < count; i++) {
        const float value = magnitude(rounded_to_half(x[i]));
        if (value > largest) largest = value;
    }
    *scale = largest;
    // torch divides a number by a tensor so.
    const float factor = largest > 0 ? 1.0f / largest * 127.0f : 0;
    // Adding and taking away 1.5 · 2²³ rounds to an integer, ties to even.
    for (size_t i = 0; i < count; i++)
        codes[i] = (int8_t)((rounded_to_half(x[i]) * factor + 12582912.0f) - 12582912.0f);
}
