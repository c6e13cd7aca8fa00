/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels hash how many rows: the cheapest combination of what is bound, by costs measured on this core.
 *
 * A menu has items of so many lanes, each with the time of one block of all its lanes, however few of them have a row of
 * their own; of some, lanes that idle spare a part of it. The plan of m rows of equal block count is the cheapest sequence of
 * items of which each but the last takes as many rows as it has lanes: a combination for m + 1 rows also serves m, so no step
 * exists where more rows cost less, and one row costs no more than the single kernel. What PA_PLAN_ROWS rows take is tabulated;
 * beyond, the item of the least time a row goes first. */
#ifndef PA_HASH_PLAN_H
#define PA_HASH_PLAN_H

#include "../core/internal.h"

#define PA_PLAN_ITEMS (PA_MENU_SIZE + 1)
#define PA_PLAN_ROWS 128

typedef struct {
    uint32_t lanes;
    uint32_t cost;   /* of one block of all lanes, in any unit that the items share */
    uint32_t unit;   /* idle lanes, so many at a time, spare ... */
    uint32_t spared; /* ... so much of it; 0: nothing */
} pa_plan_item;

/* Of one block of `rows` rows, 0 < rows <= lanes. */
static inline uint32_t pa_plan_cost(const pa_plan_item *item, uint32_t rows)
{
    return item->spared == 0 ? item->cost
                             : item->cost - (item->lanes - rows) / item->unit * item->spared;
}

/* first[m] = the item that takes the first rows of m, for 1 <= m <= PA_PLAN_ROWS; a narrower one may go first, so that the last
 * one's lanes fill.
 *   before  1 <= count <= PA_PLAN_ITEMS, lanes <= PA_PLAN_ROWS, lanes and cost > 0; where spared > 0, 0 < unit < lanes and
 *           (lanes - 1) / unit * spared < cost */
void pa_plan(uint8_t first[PA_PLAN_ROWS + 1], const pa_plan_item *items, uint32_t count);

/* Rows in descending order of their block counts, of any range: first[i] = the item that takes rows i, i + 1, ... as far as
 * its lanes go, where no row before i is left. best: room for rows + 1 numbers. */
void pa_plan_descending(uint8_t *first, uint64_t *best, const uint64_t *blocks, uint32_t rows,
                        const pa_plan_item *items, uint32_t count);

/* One item's work, run again and again by pa_plan_measure. */
typedef void pa_plan_work(void *context, uint32_t item);

#define PA_PLAN_TICKS 64u /* a nanosecond */

/* ticks[i] = the time of work(context, i), in ticks, the least of some bursts, for i < count: about 15 us an item.
 * False where the clock is not fit for it; ticks are then worth nothing. */
bool pa_plan_measure(uint32_t ticks[PA_PLAN_ITEMS], uint32_t count, pa_plan_work *work,
                     void *context);

#endif
