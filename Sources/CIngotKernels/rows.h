// SPDX-License-Identifier: Apache-2.0

// Kernels that work along rows. T rows, H columns.

static void norm_forward(
    const float *x, const float *weight, float *y, float epsilon, size_t T, size_t H) {
    const size_t whole = H / 16 * 16;
    for (size_t t = 0; t < T; t++, x += H, y += H) {
        v16 squares = splat(0);
        for (size_t i = 0; i < whole; i += 16) squares = fma16(load(x + i), load(x + i), squares);
        if (whole < H) {
            v16 rest = load_part(x + whole, H - whole, 0);
            squares = fma16(rest, rest, squares);
        }
        float inverse = 1.0f / __builtin_elementwise_sqrt(total(squares) / (float)H + epsilon);
        for (size_t i = 0; i < whole; i += 16)
            store(y + i, load(x + i) * splat(inverse) * load(weight + i));
        for (size_t i = whole; i < H; i++) y[i] = x[i] * inverse * weight[i];
    }
}

static void norm_backward(
    const float *x, const float *weight, const float *dy, float *dx, float epsilon, size_t T,
    size_t H) {
    const size_t whole = H / 16 * 16;
    for (size_t t = 0; t < T; t++, x += H, dy += H, dx += H) {
        v16 squares = splat(0), products = splat(0);
        for (size_t i = 0; i < whole; i += 16) {
            v16 xi = load(x + i);
            squares = fma16(xi, xi, squares);
            products = fma16(xi, load(dy + i) * load(weight + i), products);
        }
        if (whole < H) {
            v16 xi = load_part(x + whole, H - whole, 0);
            squares = fma16(xi, xi, squares);
            v16 gi = load_part(dy + whole, H - whole, 0)
                * load_part(weight + whole, H - whole, 0);
            products = fma16(xi, gi, products);
        }
        float inverse = 1.0f / __builtin_elementwise_sqrt(total(squares) / (float)H + epsilon);
        float back = total(products) * inverse * inverse * inverse / (float)H;
        for (size_t i = 0; i < whole; i += 16) {
            v16 g = load(dy + i) * load(weight + i) * splat(inverse) - load(x + i) * splat(back);
            store(dx + i, load(dx + i) + g);
        }
        for (size_t i = whole; i < H; i++)
            dx[i] += dy[i] * weight[i] * inverse - x[i] * back;
    }
}

static void rotate(
    float *x, size_t row, size_t heads, size_t size, const float *cosine, const float *sine,
    float direction, size_t T) {
    const size_t half = size / 2, whole = half / 16 * 16;
    for (size_t t = 0; t < T; t++) {
        const float *c = cosine + t * half;
        const float *s = sine + t * half;
        for (size_t h = 0; h < heads; h++) {
            float *p = x + t * row + h * size, *q = p + half;
            for (size_t i = 0; i < whole; i += 16) {
                v16 a = load(p + i), b = load(q + i);
                v16 ci = load(c + i), si = load(s + i) * splat(direction);
                store(p + i, a * ci - b * si);
                store(q + i, b * ci + a * si);
            }
            for (size_t i = whole; i < half; i++) {
                float a = p[i], b = q[i], si = s[i] * direction;
                p[i] = a * c[i] - b * si;
                q[i] = b * c[i] + a * si;
            }
        }
    }
}

static void swiglu_forward(const float *gate, const float *up, float *y, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        v16 g = load(gate + i);
        store(y + i, g * sigmoid16(g) * load(up + i));
    }
    if (i < n) {
        v16 g = load_part(gate + i, n - i, 0);
        store_part(y + i, g * sigmoid16(g) * load_part(up + i, n - i, 0), n - i);
    }
}

static void swiglu_backward(const float *dy, float *gate, float *up, float *y, size_t n) {
    const v16 one = splat(1);
    for (size_t i = 0; i < n; i += 16) {
        const size_t left = n - i;
        v16 d, g, u;
        if (left >= 16) d = load(dy + i), g = load(gate + i), u = load(up + i);
        else d = load_part(dy + i, left, 0), g = load_part(gate + i, left, 0),
             u = load_part(up + i, left, 0);
        v16 s = sigmoid16(g), silu = g * s;
        v16 dg = d * u * s * (one + g * (one - s));
        if (left >= 16) store(y + i, silu * u), store(gate + i, dg), store(up + i, d * silu);
        else {
            store_part(y + i, silu * u, left);
            store_part(gate + i, dg, left);
            store_part(up + i, d * silu, left);
        }
    }
}

static void add(const float *x, float *y, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) store(y + i, load(y + i) + load(x + i));
    for (; i < n; i++) y[i] += x[i];
}

static void sum(const float *a, const float *b, float *y, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) store(y + i, load(a + i) + load(b + i));
    for (; i < n; i++) y[i] = a[i] + b[i];
}

INLINE float greatest_of_row(const float *x, size_t n) {
    v16 top = splat(-__builtin_inff());
    size_t i = 0;
    for (; i + 16 <= n; i += 16) top = max16(load(x + i), top);
    if (i < n) top = max16(load_part(x + i, n - i, -__builtin_inff()), top);
    return greatest(top);
}

/// x becomes exp(x · scale − max); returns the sum. Lanes by position in the row.
INLINE float exponentials_of_row(float *x, size_t n, float scale) {
    const float top = greatest_of_row(x, n) * scale;
    v16 sums = splat(0);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        v16 e = exp16(load(x + i) * splat(scale) - splat(top));
        store(x + i, e);
        sums += e;
    }
    if (i < n) {
        v16 e = exp16(load_part(x + i, n - i, -__builtin_inff()) * splat(scale) - splat(top));
        store_part(x + i, e, n - i);
        sums += e;
    }
    return total(sums);
}

/// Chunks of 512 in fp32 lanes, chunks added in fp64: a vocabulary is long.
static double log_sum_exp(const float *x, size_t n) {
    const float top = greatest_of_row(x, n);
    double sum = 0;
    for (size_t from = 0; from < n; from += 512) {
        const size_t to = n - from < 512 ? n : from + 512;
        v16 part = splat(0);
        size_t i = from;
        for (; i + 16 <= to; i += 16) part += exp16(load(x + i) - splat(top));
        if (i < to) part += exp16(load_part(x + i, to - i, -__builtin_inff()) - splat(top));
        sum += (double)total(part);
    }
    return (double)top + ingot_log(sum);
}

static void cross_entropy_backward(
    float *x, size_t n, size_t target, double log_sum_exp, float factor) {
    const v16 shift = splat((float)log_sum_exp), f = splat(factor);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) store(x + i, exp16(load(x + i) - shift) * f);
    if (i < n) store_part(x + i, exp16(load_part(x + i, n - i, 0) - shift) * f, n - i);
    x[target] -= factor;
}

/// Σ a · b in 16 lanes.
INLINE float dot_of_rows(const float *a, const float *b, size_t n) {
    v16 sums = splat(0);
    for (size_t i = 0; i < n; i += 16)
        if (n - i >= 16) sums = fma16(load(a + i), load(b + i), sums);
        else sums = fma16(load_part(a + i, n - i, 0), load_part(b + i, n - i, 0), sums);
    return total(sums);
}

static double square_sum(const float *x, size_t n) {
    d8 low = {0}, high = {0};
    for (size_t i = 0; i < n; i += 16) {
        v16 v = n - i >= 16 ? load(x + i) : load_part(x + i, n - i, 0);
        d8 a = __builtin_convertvector(
            __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), d8);
        d8 b = __builtin_convertvector(
            __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), d8);
        low += a * a;
        high += b * b;
    }
    d8 s = low + high;
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// As torch.optim.AdamW: decoupled decay, then the bias-corrected step.
INLINE void adam_lanes(v16 *p, v16 g, v16 *m, v16 *v, const ingot_adam *adam) {
    g *= splat(adam->gradient);
    *m += (g - *m) * splat(1.0f - adam->beta1);
    *v = *v * splat(adam->beta2) + g * g * splat(1.0f - adam->beta2);
    v16 root = __builtin_elementwise_sqrt(*v) / splat(adam->correction) + splat(adam->epsilon);
    *p = *p * splat(adam->decay) - splat(adam->step) * (*m / root);
}

static void adam_step(
    float *parameter, const float *gradient, float *m, float *v, const ingot_adam *adam,
    size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        const size_t left = n - i;
        const int whole = left >= 16;
        v16 p = whole ? load(parameter + i) : load_part(parameter + i, left, 0);
        v16 g = whole ? load(gradient + i) : load_part(gradient + i, left, 0);
        v16 mi = whole ? load(m + i) : load_part(m + i, left, 0);
        v16 vi = whole ? load(v + i) : load_part(v + i, left, 0);
        adam_lanes(&p, g, &mi, &vi, adam);
        if (whole) store(parameter + i, p), store(m + i, mi), store(v + i, vi);
        else {
            store_part(parameter + i, p, left);
            store_part(m + i, mi, left);
            store_part(v + i, vi, left);
        }
    }
}

static void exponential(const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i += 16)
        if (n - i >= 16) store(y + i, exp16(load(x + i)));
        else store_part(y + i, exp16(load_part(x + i, n - i, 0)), n - i);
}
