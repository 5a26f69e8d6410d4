// SPDX-License-Identifier: Apache-2.0

// Products cut into tasks for the pool; results do not depend on the cut.
#include "ingot_kernels.h"

enum { ROW_BLOCK = 512, SMALL_ROW_BLOCK = 48, TASKS_WANTED = 16, ROWS_OF_PACKING = 32 };

typedef struct {
    const ingot_kernel_table *kernels;
    const ingot_product *products;
    size_t threads;
    /// So many products come before the others, which may read what these write.
    size_t early;
    int is_late;
} product_list;

/// How a product is cut: a grid of blocks.
typedef struct {
    size_t rows, columns, row_blocks, column_blocks;
} grid;

static size_t blocks(size_t count, size_t block) { return (count + block - 1) / block; }

/// All rows in a task, unless the columns alone make too few tasks.
static grid grid_of_rows(const ingot_product *p, size_t columns) {
    grid g = {ROW_BLOCK, columns, 0, blocks(p->n, columns)};
    while (g.rows > SMALL_ROW_BLOCK && g.column_blocks * blocks(p->m, g.rows) < TASKS_WANTED)
        g.rows /= 2;
    g.row_blocks = blocks(p->m, g.rows);
    return g;
}

enum { PAIR_TASKS_WANTED = 8, PAIR_ROWS = 48, LONG_CHAIN = 4096 };

/// The same where a task packs its columns of B, so that a cut through the rows costs a packing;
/// with a long chain, one wide task for each thread, so that its long A is read but once by each.
static grid grid_of_panels(const ingot_product *p, size_t columns, size_t threads) {
    size_t depth = 0;
    for (size_t i = 0; i < p->term_count; i++) depth += p->terms[i].k;
    grid g = {p->m, columns, 1, blocks(p->n, columns)};
    if (depth > LONG_CHAIN) {
        g.columns *= blocks(g.column_blocks, threads);
        g.column_blocks = blocks(p->n, g.columns);
        return g;
    }
    while (g.rows > PAIR_ROWS && g.column_blocks * g.row_blocks < PAIR_TASKS_WANTED) {
        g.rows = blocks(g.rows, 2 * PAIR_ROWS) * PAIR_ROWS;
        g.row_blocks = blocks(p->m, g.rows);
    }
    return g;
}

static grid grid_of(const product_list *list, const ingot_product *p) {
    const size_t columns = list->kernels->column_block;
    if (p->m == 0 || p->n == 0) return (grid){0};
    return list->kernels->pack_a ? grid_of_panels(p, columns, list->threads)
                                 : grid_of_rows(p, columns);
}

static void run_product(void *context, size_t task, size_t worker) {
    (void)worker;
    const product_list *list = context;
    const ingot_product *p = list->products;
    grid g = grid_of(list, p);
    while (task >= g.row_blocks * g.column_blocks) {
        task -= g.row_blocks * g.column_blocks;
        g = grid_of(list, ++p);
    }
    const size_t row = task / g.column_blocks * g.rows;
    const size_t column = task % g.column_blocks * g.columns;
    list->kernels->product(
        p, row, p->m - row < g.rows ? p->m : row + g.rows, column,
        p->n - column < g.columns ? p->n : column + g.columns);
}

static size_t packed_pairs(const ingot_product *p, const ingot_term *t) {
    return p->m * ((t->k + 31) / 32 * 16);
}

/// Whether two terms multiply the same rows.
static int have_same_a(
    const ingot_product *p, const ingot_term *t, const ingot_product *q, const ingot_term *u) {
    return t->a == u->a && t->a_row == u->a_row && t->a_column == u->a_column && t->k == u->k
        && p->m == q->m;
}

/// The first term of the list that multiplies the rows of term `index` of `p`.
static const ingot_term *first_with_a(
    const ingot_product *products, const ingot_product *p, size_t index) {
    for (const ingot_product *q = products;; q++)
        for (size_t i = 0; i < q->term_count; i++)
            if (have_same_a(p, &p->terms[index], q, &q->terms[i])) return &q->terms[i];
}

size_t ingot_packed_bytes(
    const ingot_kernel_table *kernels, const ingot_product *products, size_t count) {
    size_t pairs = 0;
    if (!kernels->pack_a) return 0;
    for (const ingot_product *p = products; p < products + count; p++)
        for (size_t i = 0; i < p->term_count; i++)
            if (first_with_a(products, p, i) == &p->terms[i])
                pairs += packed_pairs(p, &p->terms[i]);
    return pairs * sizeof(uint32_t);
}

/// Decides where each packed A lies.
static void place(ingot_product *products, size_t count, uint32_t *packed) {
    for (ingot_product *p = products; p < products + count; p++)
        for (size_t i = 0; i < p->term_count; i++) {
            ingot_term *t = &p->terms[i];
            const ingot_term *first = first_with_a(products, p, i);
            t->packed_a = first->packed_a;
            if (first != t) continue;
            t->packed_a = packed;
            packed += packed_pairs(p, t);
        }
}

/// Tasks that pack what term `index` of `p` multiplies, now: its first term stands for all that
/// share an A, and what the early products write is packed after them.
static size_t packing_tasks(const product_list *list, const ingot_product *p, size_t index) {
    const ingot_term *t = &p->terms[index];
    if (first_with_a(list->products, p, index) != t) return 0;
    int waits = 0;
    for (size_t i = 0; i < list->early; i++) waits |= list->products[i].c == t->a;
    return waits == list->is_late ? blocks(p->m, ROWS_OF_PACKING) : 0;
}

static void run_packing(void *context, size_t task, size_t worker) {
    (void)worker;
    const product_list *list = context;
    for (const ingot_product *p = list->products;; p++)
        for (size_t i = 0; i < p->term_count; i++) {
            const size_t tasks = packing_tasks(list, p, i);
            if (task >= tasks) {
                task -= tasks;
                continue;
            }
            const size_t row = task * ROWS_OF_PACKING;
            const size_t end = row + ROWS_OF_PACKING < p->m ? row + ROWS_OF_PACKING : p->m;
            list->kernels->pack_a(&p->terms[i], row, end, (uint32_t *)p->terms[i].packed_a);
            return;
        }
}

/// The early products or the late ones, and what they wait for.
static void run_stage(ingot_pool *pool, product_list list, size_t count) {
    size_t tasks = 0;
    if (list.kernels->pack_a) {
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < list.products[i].term_count; j++)
                tasks += packing_tasks(&list, &list.products[i], j);
        ingot_pool_run(pool, tasks, run_packing, &list);
    }
    const size_t from = list.is_late ? list.early : 0;
    const size_t to = list.is_late || list.early == 0 ? count : list.early;
    tasks = 0;
    for (size_t i = from; i < to; i++) {
        const grid g = grid_of(&list, &list.products[i]);
        tasks += g.row_blocks * g.column_blocks;
    }
    list.products += from;
    ingot_pool_run(pool, tasks, run_product, &list);
}

void ingot_pool_products(
    ingot_pool *pool, const ingot_kernel_table *kernels, ingot_product *products, size_t count,
    size_t early, uint32_t *packed) {
    product_list list = {kernels, products, ingot_pool_threads(pool), early, 0};
    if (kernels->pack_a) place(products, count, packed);
    run_stage(pool, list, count);
    if (early == 0) return;
    list.is_late = 1;
    run_stage(pool, list, count);
}
