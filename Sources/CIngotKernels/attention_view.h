// SPDX-License-Identifier: Apache-2.0

// Which positions a query row of an attention sees; those of the runs are counted through.

/// Positions in the runs before the last.
INLINE size_t earlier(const ingot_attention *a) {
    size_t count = 0;
    for (size_t r = 0; r + 1 < a->run_count; r++) count += a->runs[r].count;
    return count;
}

/// One past the last position that row i sees.
INLINE size_t view_end(const ingot_attention *a, size_t before, size_t i) {
    const size_t last = a->visible + i, limit = a->runs[a->run_count - 1].count;
    return before + (last < limit ? last : limit);
}

/// The first position that row i sees.
INLINE size_t view_start(const ingot_attention *a, size_t before, size_t i) {
    const size_t end = view_end(a, before, i);
    return end > a->window ? end - a->window : 0;
}
