/* SPDX-License-Identifier: Apache-2.0 */
/* The cheapest combination of kernels, and how long each takes. */
#include "plan.h"

#include <time.h>

void pa_plan(uint8_t first[PA_PLAN_ROWS + 1], const pa_plan_item *items, uint32_t count)
{
    uint64_t best[PA_PLAN_ROWS + 1] = {0};
    first[0] = 0;
    for (uint32_t rows = 1; rows <= PA_PLAN_ROWS; rows++) {
        best[rows] = UINT64_MAX;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t taken = items[i].lanes < rows ? items[i].lanes : rows;
            const uint64_t cost = best[rows - taken] + pa_plan_cost(&items[i], taken);
            if (cost < best[rows]) {
                best[rows] = cost;
                first[rows] = (uint8_t)i;
            }
        }
    }
}

void pa_plan_descending(uint8_t *first, uint64_t *best, const uint64_t *blocks, uint32_t rows,
                        const pa_plan_item *items, uint32_t count)
{
    best[rows] = 0;
    for (uint32_t row = rows; row-- > 0;) {
        best[row] = UINT64_MAX;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t taken = items[i].lanes < rows - row ? items[i].lanes : rows - row;
            const uint64_t cost = best[row + taken] + pa_plan_cost(&items[i], taken) * blocks[row];
            if (cost < best[row]) {
                best[row] = cost;
                first[row] = (uint8_t)i;
            }
        }
    }
}

#define ROUNDS 10
#define BURST_NANOSECONDS 1000u
#define MOST_REPEATS 4096u

/* Nanoseconds, or 0 where there is no clock. */
static uint64_t now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* After a call outside the time: what one finds cold after another item's, code of 20 KB above all, is warm in a batch. */
static uint64_t nanoseconds(pa_plan_work *work, void *context, uint32_t item, uint32_t repeats)
{
    work(context, item);
    const uint64_t start = now();
    for (uint32_t i = 0; i < repeats; i++) {
        work(context, item);
    }
    return now() - start;
}

/* Calls that fill a burst, 0 where the clock stands still. Doubling also wakes the unit. */
static uint32_t burst_calls(pa_plan_work *work, void *context, uint32_t item)
{
    uint32_t repeats = 1;
    while (nanoseconds(work, context, item, repeats) < BURST_NANOSECONDS) {
        repeats *= 2;
        if (repeats > MOST_REPEATS) {
            return 0;
        }
    }
    return repeats;
}

bool pa_plan_measure(uint32_t ticks[PA_PLAN_ITEMS], uint32_t count, pa_plan_work *work,
                     void *context)
{
    uint32_t repeats[PA_PLAN_ITEMS];
    uint64_t best[PA_PLAN_ITEMS];
    for (uint32_t i = 0; i < count; i++) {
        best[i] = UINT64_MAX;
        repeats[i] = burst_calls(work, context, i);
        if (repeats[i] == 0) {
            return false;
        }
    }
    /* In turns, so that what disturbs one disturbs all. */
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t took = nanoseconds(work, context, i, repeats[i]);
            best[i] = took < best[i] ? took : best[i];
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t each =
            best[i] > UINT32_MAX / PA_PLAN_TICKS ? 0 : best[i] * PA_PLAN_TICKS / repeats[i];
        if (each == 0) {
            return false;
        }
        ticks[i] = (uint32_t)each;
    }
    return true;
}
