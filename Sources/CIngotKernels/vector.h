// SPDX-License-Identifier: Apache-2.0

// Included once by each level, inside its target attribute: 16 lanes whatever the registers are.

#define INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((vector_size(64)));
typedef float v16_at __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint32_t u16 __attribute__((vector_size(64)));
typedef double d8 __attribute__((vector_size(64)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));
typedef float v4_at __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint8_t b16 __attribute__((vector_size(16)));
typedef int8_t s16 __attribute__((vector_size(16)));
typedef uint8_t b16_at __attribute__((vector_size(16), aligned(1), may_alias));

INLINE v16 splat(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE v16 load(const float *p) { return *(const v16_at *)p; }
INLINE void store(float *p, v16 x) { *(v16_at *)p = x; }
INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }

/// The first n < 16 elements; `rest` in the other lanes.
INLINE v16 load_part(const float *p, size_t n, float rest) {
    float lanes[16] __attribute__((aligned(64)));
    store(lanes, splat(rest));
    for (size_t i = 0; i < n; i++) lanes[i] = p[i];
    return load(lanes);
}

INLINE void store_part(float *p, v16 x, size_t n) {
    float lanes[16] __attribute__((aligned(64)));
    store(lanes, x);
    for (size_t i = 0; i < n; i++) p[i] = lanes[i];
}

INLINE v16 select16(i16 mask, v16 yes, v16 no) {
    return (v16)((mask & (i16)yes) | (~mask & (i16)no));
}

INLINE v16 max16(v16 a, v16 b) { return select16(a > b, a, b); }

/// Rule (2) of ingot_kernels.h.
INLINE float total(v16 x) {
    v8 a = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    v4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

INLINE float greatest(v16 x) {
    float result = x[0];
    for (int i = 1; i < 16; i++) result = x[i] > result ? x[i] : result;
    return result;
}

/// eˣ within 2 units in the last place; 0 below −87.3, infinity above 88.3.
/// Range reduction and coefficients as in Cephes' expf.
INLINE v16 exp16(v16 x) {
    const v16 magic = splat(12582912.0f);  // 1.5 · 2²³: adding it rounds to an integer
    v16 t = fma16(x, splat(1.44269504088896341f), magic);
    v16 n = t - magic;
    v16 r = fma16(n, splat(-0.693359375f), x);
    r = fma16(n, splat(2.12194440e-4f), r);
    v16 p = splat(1.9875691500e-4f);
    p = fma16(p, r, splat(1.3981999507e-3f));
    p = fma16(p, r, splat(8.3334519073e-3f));
    p = fma16(p, r, splat(4.1665795894e-2f));
    p = fma16(p, r, splat(1.6666665459e-1f));
    p = fma16(p, r, splat(5.0000001201e-1f));
    v16 y = fma16(p, r * r, r) + splat(1.0f);
    i16 bits = (i16)((u16)y + (((u16)t - (u16)magic) << 23));
    y = select16(x < splat(-87.3f), splat(0.0f), (v16)bits);
    y = select16(x > splat(88.3f), splat(__builtin_inff()), y);
    return select16(x == x, y, x);
}

INLINE v16 sigmoid16(v16 x) { return splat(1.0f) / (splat(1.0f) + exp16(-x)); }

/// 16 halves to singles, exactly, NaN and infinity included.
INLINE v16 half16(u16 half) {
    u16 sign = (half & 0x8000) << 16, magnitude = (half & 0x7FFF) << 13;
    v16 value = (v16)magnitude * splat(0x1p112f);  // moves the exponent; subnormals are exact
    u16 special = (u16)(magnitude >= 0x0F800000);
    u16 bits = (special & (magnitude | 0x7F800000)) | (~special & (u16)value);
    return (v16)(bits | sign);
}
