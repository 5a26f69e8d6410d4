// SPDX-License-Identifier: Apache-2.0

// One row of dropout: y [n] = x ∘ mask, or y += x ∘ mask. Element i of row r is dropped when word
// i % 4 of Philox4x32-10 at the counter (i / 4, r, stream, step) is below the threshold.
static void dropout(
    const float *x, float *y, size_t n, const ingot_dropout *mask, uint32_t row, int adds) {
    enum { LANES = 8, COUNT = 4 * LANES };
    for (size_t first = 0; first < n; first += COUNT) {
        uint32_t x0[LANES], x1[LANES], x2[LANES], x3[LANES];
        for (size_t lane = 0; lane < LANES; lane++) {
            x0[lane] = (uint32_t)(first / 4 + lane);
            x1[lane] = row;
            x2[lane] = mask->stream;
            x3[lane] = mask->step;
        }
        uint32_t key0 = mask->key0, key1 = mask->key1;
        for (int round = 0; round < 10; round++) {
            for (size_t lane = 0; lane < LANES; lane++) {
                uint64_t a = (uint64_t)x0[lane] * 0xD2511F53u;
                uint64_t b = (uint64_t)x2[lane] * 0xCD9E8D57u;
                x0[lane] = (uint32_t)(b >> 32) ^ x1[lane] ^ key0;
                x1[lane] = (uint32_t)b;
                x2[lane] = (uint32_t)(a >> 32) ^ x3[lane] ^ key1;
                x3[lane] = (uint32_t)a;
            }
            key0 += 0x9E3779B9u;
            key1 += 0xBB67AE85u;
        }
        float kept[COUNT];
        for (size_t lane = 0; lane < LANES; lane++) {
            kept[4 * lane] = x0[lane] < mask->threshold ? 0 : mask->scale;
            kept[4 * lane + 1] = x1[lane] < mask->threshold ? 0 : mask->scale;
            kept[4 * lane + 2] = x2[lane] < mask->threshold ? 0 : mask->scale;
            kept[4 * lane + 3] = x3[lane] < mask->threshold ? 0 : mask->scale;
        }
        const size_t count = n - first < COUNT ? n - first : COUNT;
        for (size_t i = 0; i < count; i++) {
            float value = x[first + i] * kept[i];
            y[first + i] = adds ? y[first + i] + value : value;
        }
    }
}
