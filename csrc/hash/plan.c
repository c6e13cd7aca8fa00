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
            const uint64_t cost = best[rows - taken] + items[i].cost;
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
            const uint64_t cost = best[row + taken] + items[i].cost * blocks[row];
            if (cost < best[row]) {
                best[row] = cost;
                first[row] = (uint8_t)i;
            }
        }
    }
}

#define BURSTS 5
#define BURST_NANOSECONDS 3000u
#define TICKS 64u /* a nanosecond */

/* Nanoseconds, or 0 where there is no clock. */
static uint64_t now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t nanoseconds(pa_plan_work *work, void *context, uint32_t item, uint32_t repeats)
{
    const uint64_t start = now();
    for (uint32_t i = 0; i < repeats; i++) {
        work(context, item);
    }
    return now() - start;
}

/* Ticks of one call, 0 where the clock stands still or leaps. */
static uint32_t measure(pa_plan_work *work, void *context, uint32_t item)
{
    uint64_t best = UINT64_MAX;
    uint32_t repeats = 1;
    /* Doubling until a burst is long enough also wakes the unit. */
    while (nanoseconds(work, context, item, repeats) < BURST_NANOSECONDS) {
        repeats *= 2;
        if (repeats > 4096) {
            return 0;
        }
    }
    for (uint32_t burst = 0; burst < BURSTS; burst++) {
        const uint64_t took = nanoseconds(work, context, item, repeats);
        best = took < best ? took : best;
    }
    const uint64_t ticks = best > UINT32_MAX / TICKS ? 0 : best * TICKS / repeats;
    return (uint32_t)ticks;
}

void pa_plan_measure(pa_plan_item *items, const bool *measured, uint32_t count, pa_plan_work *work,
                     void *context)
{
    uint32_t ticks[PA_PLAN_ITEMS];
    for (uint32_t i = 0; i < count; i++) {
        ticks[i] = measured[i] ? measure(work, context, i) : 0;
        if (ticks[i] == 0) {
            return;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i].cost = ticks[i];
    }
}
