// SPDX-License-Identifier: Apache-2.0

// fp64 without contraction: IEEE addition, multiplication and division only, so that every
// machine gets the same bits. Errors stay below 2e-16 relative in the ranges that are used.
#include "ingot_kernels.h"

#include <string.h>

static double scaled(double x, int exponent) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    bits += (uint64_t)(int64_t)exponent << 52;
    memcpy(&x, &bits, 8);
    return x;
}

/// eˣ for |x| < 700; saturates outside.
double ingot_exp(double x) {
    if (x != x) return x;
    if (x < -700) return 0;
    if (x > 700) return __builtin_inf();
    double n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
    double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    double term = 1, total = 1;
    for (int i = 1; i < 18; i++) total += term *= r / i;
    return scaled(total, (int)n);
}

/// ln x for normal x > 0; −∞ at 0.
double ingot_log(double x) {
    if (x != x || x < 0) return __builtin_nan("");
    if (x == 0) return -__builtin_inf();
    if (x > 1.7976931348623157e308) return x;
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int exponent = (int)(bits >> 52) - 1023;
    double m = scaled(x, -exponent);
    if (m > 1.4142135623730951) m *= 0.5, exponent++;
    double z = (m - 1) / (m + 1), square = z * z, term = z, total = 0;
    for (int i = 1; i < 42; i += 2, term *= square) total += term / i;
    return exponent * 6.93147180369123816490e-01
        + (2 * total + exponent * 1.90821492927058770002e-10);
}

/// x − quarter turns, for |x| < 1e6.
static double reduced(double x, int *quarter) {
    double n = (x * 0.6366197723675814 + 6755399441055744.0) - 6755399441055744.0;
    *quarter = (int)((int64_t)n & 3);
    return ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11)
        - n * 2.02226624879595063154e-21;
}

static double sine_near_zero(double r) {
    double term = r, total = r;
    for (int i = 2; i < 20; i += 2) total += term *= -r * r / (i * (i + 1));
    return total;
}

static double cosine_near_zero(double r) {
    double term = 1, total = 1;
    for (int i = 1; i < 20; i += 2) total += term *= -r * r / (i * (i + 1));
    return total;
}

double ingot_sin(double x) {
    int quarter;
    double r = reduced(x, &quarter);
    double value = quarter & 1 ? cosine_near_zero(r) : sine_near_zero(r);
    return quarter & 2 ? -value : value;
}

double ingot_cos(double x) {
    int quarter;
    double r = reduced(x, &quarter);
    double value = quarter & 1 ? sine_near_zero(r) : cosine_near_zero(r);
    return quarter == 1 || quarter == 2 ? -value : value;
}
