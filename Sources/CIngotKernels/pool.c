// SPDX-License-Identifier: Apache-2.0

// A fixed number of threads; the caller works too. Tasks are taken from a counter, so who computes
// what is open, and it does not matter: a task owns its outputs.
#include "ingot_kernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SPINS = 4000, MAXIMUM_THREADS = 256 };

struct ingot_pool {
    size_t threads;
    pthread_t *handles;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    // One run at a time: a second caller waits here.
    pthread_mutex_t turn;
    atomic_size_t generation;
    atomic_size_t next, busy;
    size_t count;
    void (*body)(void *, size_t, size_t);
    void *context;
    int stopping;
};

typedef struct {
    ingot_pool *pool;
    size_t worker;
} start;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void work(ingot_pool *pool, size_t worker) {
    const size_t count = pool->count;
    for (;;) {
        size_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (task >= count) break;
        pool->body(pool->context, task, worker);
    }
}

static void *run_worker(void *argument) {
    start mine = *(start *)argument;
    free(argument);
    ingot_pool *pool = mine.pool;
    size_t seen = 0;
    for (;;) {
        // A short spin keeps the many small steps of decoding from paying for a futex each.
        for (int i = 0; i < SPINS && atomic_load_explicit(
                 &pool->generation, memory_order_acquire) == seen; i++) relax();
        if (atomic_load_explicit(&pool->generation, memory_order_acquire) == seen) {
            pthread_mutex_lock(&pool->mutex);
            while (atomic_load(&pool->generation) == seen)
                pthread_cond_wait(&pool->wake, &pool->mutex);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (pool->stopping) return NULL;
        work(pool, mine.worker);
        if (atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void announce(ingot_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

ingot_pool *ingot_pool_create(size_t threads) {
    if (threads < 1) threads = 1;
    if (threads > MAXIMUM_THREADS) threads = MAXIMUM_THREADS;
    ingot_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pool->handles = calloc(threads, sizeof *pool->handles);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_mutex_init(&pool->turn, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->threads = 1;
    // Fewer threads than asked for (a full process table) compute the same results.
    for (size_t i = 1; pool->handles && i < threads; i++) {
        start *argument = malloc(sizeof *argument);
        if (!argument) break;
        *argument = (start){pool, i};
        if (pthread_create(&pool->handles[pool->threads - 1], NULL, run_worker, argument) != 0) {
            free(argument);
            break;
        }
        pool->threads++;
    }
    return pool;
}

void ingot_pool_destroy(ingot_pool *pool) {
    if (!pool) return;
    pool->stopping = 1;
    announce(pool);
    for (size_t i = 0; i + 1 < pool->threads; i++) pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->turn);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->handles);
    free(pool);
}

size_t ingot_pool_threads(const ingot_pool *pool) { return pool->threads; }

void ingot_pool_run(
    ingot_pool *pool, size_t count, void (*body)(void *, size_t, size_t), void *context) {
    if (count == 0) return;
    pthread_mutex_lock(&pool->turn);
    if (pool->threads == 1 || count == 1) {
        for (size_t task = 0; task < count; task++) body(context, task, 0);
    } else {
        pool->count = count;
        pool->body = body;
        pool->context = context;
        atomic_store(&pool->next, 0);
        atomic_store(&pool->busy, pool->threads - 1);
        announce(pool);
        work(pool, 0);
        for (int i = 0; i < SPINS && atomic_load_explicit(
                 &pool->busy, memory_order_acquire) != 0; i++) relax();
        if (atomic_load_explicit(&pool->busy, memory_order_acquire) != 0) {
            pthread_mutex_lock(&pool->mutex);
            while (atomic_load(&pool->busy) != 0) pthread_cond_wait(&pool->done, &pool->mutex);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->turn);
}
