/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of each family: what is bound, with costs measured on this core at first use. */
#include <stdatomic.h>

#include "algorithm.h"

/* A call of two blocks is what a message of 64 bytes takes. */
#define MEASURED_BLOCKS 2

typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *single;
    const pa_hash_menu *menu;
    uint32_t ready; /* the item whose state stands in `states` */
    const uint8_t *data[PA_HASH_MAX_LANES];
    pa_hash_state state;
    pa_lane_words states;
    uint8_t message[MEASURED_BLOCKS * PA_HASH_MAX_BLOCK];
} rehearsal;

/* Time hangs on one word of a state at most: the rate of a sponge. */
static void make_ready(rehearsal *r, uint32_t item)
{
    const struct pa_hash_lanes *kernel = r->menu->kernels[item];
    r->ready = item;
    for (uint32_t l = 0; l < kernel->lanes && r->algorithm->state_words > PA_KECCAK_RATE; l++) {
        const size_t at = pa_hash_word_at(kernel, r->algorithm->state_words, PA_KECCAK_RATE, l);
        r->states.wide[at] = r->algorithm->initial.wide[PA_KECCAK_RATE];
    }
}

static void rehearse(void *context, uint32_t item)
{
    rehearsal *r = context;
    const struct pa_hash_lanes *kernel = r->menu->kernels[item];
    if (kernel == NULL) {
        r->single->blocks(&r->state, r->message, MEASURED_BLOCKS);
        return;
    }
    if (r->ready != item) {
        make_ready(r, item);
    }
    kernel->blocks(&r->states, r->data, MEASURED_BLOCKS);
}

static void measure(pa_hash_menu *menu, const pa_hash_algorithm *algorithm,
                    const struct pa_hash_single *single, const bool *measured)
{
    rehearsal r = {.algorithm = algorithm,
                   .single = single,
                   .menu = menu,
                   .ready = PA_PLAN_ITEMS,
                   .state = algorithm->initial};
    for (uint32_t l = 0; l < PA_HASH_MAX_LANES; l++) {
        r.data[l] = r.message;
    }
    pa_plan_measure(menu->items, measured, menu->count, rehearse, &r);
}

static void make(pa_hash_menu *menu, const pa_hash_algorithm *algorithm)
{
    const struct pa_hash_single *single = pa_bound(algorithm->single);
    pa_menu_row rows[PA_MENU_SIZE];
    bool measured[PA_PLAN_ITEMS], forced = false;
    const uint32_t lanes = pa_menu(algorithm->lanes, rows, &forced);
    *menu = (pa_hash_menu){.shares = true};
    for (uint32_t i = 0; i < lanes; i++) {
        const struct pa_hash_lanes *kernel = rows[i].table;
        menu->kernels[i] = kernel;
        menu->items[i] = (pa_plan_item){kernel->lanes, kernel->cost};
        menu->variants[i] = rows[i].variant;
        menu->shares = menu->shares && kernel->shared != NULL;
        menu->widest = kernel->lanes > menu->widest ? kernel->lanes : menu->widest;
        measured[i] = rows[i].measure;
    }
    menu->count = lanes;
    if (!forced || lanes == 0) {
        menu->items[lanes] = (pa_plan_item){1, single->cost};
        menu->widest = menu->widest > 0 ? menu->widest : 1;
        measured[lanes] = true;
        menu->count++;
    }
    if (menu->count > 1) {
        measure(menu, algorithm, single, measured);
    }
    for (uint32_t i = 1; i < menu->count; i++) {
        const pa_plan_item *best = &menu->items[menu->steady], *item = &menu->items[i];
        if ((uint64_t)item->cost * best->lanes < (uint64_t)best->cost * item->lanes) {
            menu->steady = i;
        }
    }
    pa_plan(menu->first, menu->items, menu->count);
}

/* A menu and the binding that it is of; 0 before the first, UINT32_MAX while one is written. */
typedef struct {
    _Atomic uint32_t binding;
    pa_hash_menu menu;
} shared_menu;

typedef struct {
    pa_family family;
    uint32_t binding;
    pa_hash_menu menu;
} own_menu;

/* Whoever comes first writes for all. A thread that finds another one writing, or that one's fork, takes its own. */
const pa_hash_menu *pa_hash_menu_get(const pa_hash_algorithm *algorithm)
{
    static shared_menu all[PA_FAMILY_COUNT];
    static _Thread_local own_menu own;
    shared_menu *shared = &all[algorithm->lanes];
    const uint32_t now = pa_binding();
    uint32_t found = atomic_load_explicit(&shared->binding, memory_order_acquire);
    if (found == now) {
        return &shared->menu;
    }
    if (own.binding != now || own.family != algorithm->lanes) {
        make(&own.menu, algorithm);
        own.binding = now;
        own.family = algorithm->lanes;
    }
    if (found != UINT32_MAX &&
        atomic_compare_exchange_strong_explicit(&shared->binding, &found, UINT32_MAX,
                                                memory_order_acquire, memory_order_relaxed)) {
        shared->menu = own.menu;
        atomic_store_explicit(&shared->binding, now, memory_order_release);
        return &shared->menu;
    }
    return &own.menu;
}
