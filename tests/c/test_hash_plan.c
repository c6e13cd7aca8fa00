/* SPDX-License-Identifier: Apache-2.0 */
/* Plans against every combination there is, and what a plan promises: more rows never cost less. */
#include "check.h"
#include "hash/algorithm.h"
#include "random.h"

#define SMALL 9

/* The least cost of rows blocks[0 .. rows), descending, over all ways to cover them from the front. */
static uint64_t least(const uint64_t *blocks, uint32_t rows, const pa_plan_item *items,
                      uint32_t count)
{
    uint64_t best = rows == 0 ? 0 : UINT64_MAX;
    for (uint32_t i = 0; rows > 0 && i < count; i++) {
        const uint32_t taken = items[i].lanes < rows ? items[i].lanes : rows;
        const uint64_t cost = pa_plan_cost(&items[i], taken) * blocks[0] +
                              least(blocks + taken, rows - taken, items, count);
        best = cost < best ? cost : best;
    }
    return best;
}

/* What the plan's own choices cost. */
static uint64_t cost_of(const uint8_t *first, uint32_t rows, const pa_plan_item *items)
{
    uint64_t cost = 0;
    while (rows > 0) {
        const pa_plan_item *item = &items[first[rows]];
        const uint32_t taken = item->lanes < rows ? item->lanes : rows;
        cost += pa_plan_cost(item, taken);
        rows -= taken;
    }
    return cost;
}

static void test_random_menus(void)
{
    static const uint32_t lanes[] = {1, 2, 4, 8, 16, 32};
    for (uint32_t round = 0; round < 300; round++) {
        pa_plan_item items[4] = {{.lanes = 1, .cost = 100 + (uint32_t)(random_word() >> 40) % 900}};
        uint8_t first[PA_PLAN_ROWS + 1], places[SMALL];
        uint64_t best[SMALL + 1], same[SMALL], blocks[SMALL];
        const uint32_t count = 1 + round % 4;
        for (uint32_t i = 1; i < count; i++) {
            items[i].lanes = lanes[(random_word() >> 40) % 6];
            items[i].cost = 100 + (uint32_t)(random_word() >> 40) % 2900;
            /* Some with lanes that idle by fours and spare part of their share. */
            if (i % 2 == 0 && items[i].lanes > 4) {
                items[i].unit = 4;
                items[i].spared = items[i].cost / items[i].lanes * 3;
            }
        }
        for (uint32_t i = 0; i < SMALL; i++) {
            same[i] = 1;
            blocks[i] = (i == 0 ? 40 : blocks[i - 1]) - (random_word() >> 40) % 4;
        }
        pa_plan(first, items, count);
        for (uint32_t rows = 1; rows <= SMALL; rows++) {
            CHECK(cost_of(first, rows, items) == least(same, rows, items, count));
        }
        for (uint32_t rows = 1; rows <= PA_PLAN_ROWS; rows++) {
            CHECK(cost_of(first, rows - 1, items) <= cost_of(first, rows, items));
            CHECK(cost_of(first, rows, items) <= (uint64_t)rows * items[0].cost);
        }
        pa_plan_descending(places, best, blocks, SMALL, items, count);
        CHECK(best[0] == least(blocks, SMALL, items, count));
        uint64_t cost = 0;
        for (uint32_t i = 0; i < SMALL; i += items[places[i]].lanes) {
            const pa_plan_item *item = &items[places[i]];
            const uint32_t taken = item->lanes < SMALL - i ? item->lanes : SMALL - i;
            cost += pa_plan_cost(item, taken) * blocks[i];
        }
        CHECK(cost == best[0]);
    }
}

static void spin(void *context, uint32_t item)
{
    volatile uint64_t *sink = context;
    for (uint32_t i = 0; i < 50 * (item + 1) * (item + 1); i++) {
        *sink += i;
    }
}

static void nothing(void *context, uint32_t item)
{
    (void)context;
    (void)item;
}

/* Four and nine times the work, in that order whatever the machine does meanwhile. */
static void test_measure(void)
{
    uint64_t sink = 0;
    uint32_t ticks[PA_PLAN_ITEMS];
    if (pa_plan_measure(ticks, 3, spin, &sink)) {
        CHECK(ticks[0] < ticks[1] && ticks[1] < ticks[2]);
    } else {
        puts("no clock that tells 1 us: costs are the stated ones");
    }
    /* Too short for any clock: said, or a number that is not 0. */
    CHECK(!pa_plan_measure(ticks, 1, nothing, NULL) || ticks[0] > 0);
}

/* The menus that are bound here, of each family and of what is hashed twice. */
static void test_bound(void)
{
    static const uint32_t algorithms[] = {PYACCEL_HASH_SHA256,    PYACCEL_HASH_SHA256D,
                                          PYACCEL_HASH_SHA512,    PYACCEL_HASH_KECCAK256,
                                          PYACCEL_HASH_RIPEMD160, PYACCEL_HASH_SM3};
    CHECK(pa_bind() == PYACCEL_OK);
    for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++) {
        const pa_hash_algorithm *algorithm = pa_hash_algorithm_get(algorithms[a]);
        /* More calls than costs are looked at: menus stay sound. */
        for (uint32_t call = 0; call < 1200; call++) {
            const pa_hash_menu *menu = pa_hash_menu_get(algorithm);
            CHECK(menu->count > 0 && menu->count <= PA_PLAN_ITEMS);
            for (uint32_t costs = 0; costs < PA_HASH_COSTS; costs++) {
                const pa_hash_plan *plan = &menu->plans[costs];
                CHECK(plan->steady < menu->count && plan->first[1] < menu->count);
                CHECK(plan->items[plan->first[1]].cost > 0);
                for (uint32_t i = 0; i < menu->count; i++) {
                    const uint32_t least_cost = pa_plan_cost(&plan->items[i], 1);
                    CHECK(least_cost > 0 && least_cost <= plan->items[i].cost);
                }
                for (uint32_t rows = 1; rows <= PA_PLAN_ROWS && rows <= plan->alone; rows++) {
                    CHECK(menu->kernels[plan->first[rows]] == NULL);
                }
            }
            /* Messages of other shapes are left to kernels that take as long for them with fewer lanes. */
            const struct pa_hash_lanes *steady = menu->kernels[menu->plans[PA_HASH_ANY].steady];
            CHECK(!menu->measured || steady == NULL || !steady->brief);
        }
        const pa_hash_menu *menu = pa_hash_menu_get(algorithm);
        for (uint32_t i = 0; i < menu->count; i++) {
            const pa_plan_item *item = &menu->plans[PA_HASH_ANY].items[i];
            printf("algorithm %u: %u lanes, %u ns/64 a call\n", algorithms[a], item->lanes,
                   item->cost);
        }
    }
}

int main(void)
{
    test_random_menus();
    test_measure();
    test_bound();
    return finish();
}
