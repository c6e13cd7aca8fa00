/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of each family: what is bound, with costs measured on this core at first use. */
#include <stdatomic.h>

#include "algorithm.h"

#define MEASURED_BLOCKS 2 /* a message of one block, and its padding's */
#define MOST_BLOCKS 3     /* and its digest's, where that is hashed again */
/* Nanoseconds that a group of brief messages, or a single one, takes beside its kernel: pointers, lines fetched, code that isn't
 * what ran last. What calls of 1 to 32 messages of SHA-256 take more than their kernels in a loop (Zen 4, gcc 12); those of SM3
 * are taken to be the same. A fence behind each call that is measured left it as it was. */
#define BESIDE 28u
#define BESIDE_TWICE 22u /* where digests are hashed again, which hides some of it */
/* And where vectors make the words of a group's first messages before its rounds. */
#define BESIDE_VECTORS 48u
/* Of other messages, whose costs count by the block: enough that of ways that take about as long the one of fewer groups is gone,
 * which short messages take less time in. HASH160 of 33 bytes, 15 rows, 865 to 790 ns. */
#define BESIDE_ANY 14u

typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *single;
    const pa_hash_menu *menu;
    bool brief;     /* of two blocks lanes share the second */
    uint32_t few;   /* the item that rehearse_few is about */
    uint32_t ready; /* the item whose state stands in `states` */
    const uint8_t *data[PA_HASH_MAX_LANES];
    pa_hash_state state;
    pa_lane_words states;
    uint32_t schedule[PA_HASH_MAX_SCHEDULE];
    uint8_t message[MOST_BLOCKS * PA_HASH_MAX_BLOCK];
    uint8_t digests[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST];
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

/* Of brief messages as many as leave `idle` lanes. */
static void hash_brief(rehearsal *r, const struct pa_hash_lanes *kernel, uint32_t idle)
{
    const pa_hash_state *initial = &r->algorithm->initial;
    const pa_hash_shape shape = {.initial = initial,
                                 .again = r->algorithm->twice ? initial : NULL,
                                 .schedule = r->schedule,
                                 .whole = MEASURED_BLOCKS - 1,
                                 .digest_size = r->algorithm->digest_size,
                                 .idle = idle};
    /* Every kernel with `shared` has it. */
    kernel->messages(r->digests, &shape, r->data, NULL);
}

static void rehearse(void *context, uint32_t item)
{
    rehearsal *r = context;
    const struct pa_hash_lanes *kernel = r->menu->kernels[item];
    const bool again = r->brief && r->algorithm->twice;
    if (kernel == NULL) {
        r->single->blocks(&r->state, r->message, again ? MOST_BLOCKS : MEASURED_BLOCKS);
        return;
    }
    if (r->brief) {
        hash_brief(r, kernel, 0);
        return;
    }
    if (r->ready != item) {
        make_ready(r, item);
    }
    kernel->blocks(&r->states, r->data, MEASURED_BLOCKS);
}

static void rehearse_few(void *context, uint32_t item)
{
    rehearsal *r = context;
    const struct pa_hash_lanes *kernel = r->menu->kernels[r->few];
    (void)item;
    hash_brief(r, kernel, kernel->lanes - kernel->idle_unit);
}

/* Whether the item's kernel takes less time where lanes of it idle. */
static bool spares(const pa_hash_menu *menu, uint32_t item)
{
    return menu->kernels[item] != NULL && menu->kernels[item]->idle_unit > 0;
}

static uint32_t beside(const pa_hash_menu *menu, const pa_hash_algorithm *algorithm, uint32_t item)
{
    const struct pa_hash_lanes *kernel = menu->kernels[item];
    const uint32_t some = kernel != NULL && kernel->brief ? BESIDE_VECTORS : BESIDE;
    return (algorithm->twice ? BESIDE_TWICE : some) * PA_PLAN_TICKS;
}

/* ticks[i] of all lanes of item i; few[i], of brief messages and where idle lanes spare time: of no more than one unit of them.
 * False where costs stay what they are. */
static bool measure(uint32_t ticks[PA_PLAN_ITEMS], uint32_t few[PA_PLAN_ITEMS],
                    const pa_hash_menu *menu, const pa_hash_algorithm *algorithm, bool brief)
{
    rehearsal r = {.algorithm = algorithm,
                   .single = pa_bound(algorithm->single),
                   .menu = menu,
                   .brief = brief,
                   .ready = PA_PLAN_ITEMS,
                   .state = algorithm->initial};
    for (uint32_t l = 0; l < PA_HASH_MAX_LANES; l++) {
        r.data[l] = r.message;
    }
    if (!pa_plan_measure(ticks, menu->count, rehearse, &r)) {
        return false;
    }
    for (uint32_t i = 0; i < menu->count; i++) {
        ticks[i] += brief ? beside(menu, algorithm, i) : BESIDE_ANY * PA_PLAN_TICKS;
        if (brief && spares(menu, i)) {
            uint32_t took[PA_PLAN_ITEMS];
            r.few = i;
            if (!pa_plan_measure(took, 1, rehearse_few, &r)) {
                return false;
            }
            few[i] = took[0] + beside(menu, algorithm, i);
        }
    }
    return true;
}

/* What kernel i states, in the unit of `ticks`, by that of the single messages. */
static uint64_t stated_cost(const pa_hash_menu *menu, const uint32_t ticks[PA_PLAN_ITEMS],
                            const struct pa_hash_single *single, uint32_t i)
{
    return (uint64_t)menu->kernels[i]->cost * ticks[menu->count - 1] / single->cost;
}

/* The kernel that kernel i is slowed as: of AVX-512 kernels, which differ in streams alone, the one nearest to what it states. */
static uint32_t fellow(const pa_hash_menu *menu, const uint32_t ticks[PA_PLAN_ITEMS],
                       const struct pa_hash_single *single, uint32_t i)
{
    uint32_t best = i;
    for (uint32_t j = 0; j < menu->count && menu->kernels[i]->stage != NULL; j++) {
        const struct pa_hash_lanes *kernel = menu->kernels[j];
        if (kernel != NULL && kernel->stage == menu->kernels[i]->stage &&
            stated_cost(menu, ticks, single, j) * ticks[best] >
                stated_cost(menu, ticks, single, best) * ticks[j]) {
            best = j;
        }
    }
    return best;
}

/* Costs as measured, but where they are no more than half above what a kernel states, in units of the single messages', reduced
 * to that: a neighbour on the same core slows a single message little and many lanes by that much, for as long as it runs, and
 * what it did at start-up must not decide for ever. Another core's ways differ by more. */
static void settle(pa_plan_item items[PA_PLAN_ITEMS], const pa_hash_menu *menu,
                   const uint32_t ticks[PA_PLAN_ITEMS], const struct pa_hash_single *single)
{
    const uint32_t last = menu->count - 1;
    for (uint32_t i = 0; i < menu->count; i++) {
        uint64_t cost = ticks[i];
        if (menu->kernels[i] != NULL && menu->kernels[last] == NULL) {
            const uint32_t like = fellow(menu, ticks, single, i);
            const uint64_t took = ticks[like], stated = stated_cost(menu, ticks, single, like);
            cost = took > stated && took < stated + stated / 2 ? cost * stated / took : cost;
        }
        items[i].cost = cost == 0 ? 1 : (uint32_t)cost;
    }
}

/* The steady item. Of kernels that take the same time it is the narrower one: ends of batches leave fewer of its lanes idle, and
 * its words are nearer. */
static void make_plan(pa_hash_plan *plan, uint32_t count)
{
    plan->steady = 0;
    for (uint32_t i = 1; i < count; i++) {
        const pa_plan_item *best = &plan->items[plan->steady], *item = &plan->items[i];
        const uint64_t margin = item->lanes > best->lanes ? 2 : 0; /* % */
        if ((uint64_t)item->cost * best->lanes * 100 <
            (uint64_t)best->cost * item->lanes * (100 - margin)) {
            plan->steady = i;
        }
    }
    pa_plan(plan->first, plan->items, count);
}

/* What the first of n rows take says nothing of the others: a single one may go before lanes that would idle else. */
static uint64_t rows_alone(const pa_hash_menu *menu, const pa_hash_plan *plan)
{
    uint32_t rows = 0;
    while (rows < PA_PLAN_ROWS && menu->kernels[plan->first[rows + 1]] == NULL) {
        rows++;
    }
    return rows == PA_PLAN_ROWS && menu->kernels[plan->steady] == NULL ? UINT64_MAX : rows;
}

static void plan_all(pa_hash_menu *menu)
{
    for (uint32_t costs = 0; costs < PA_HASH_COSTS; costs++) {
        pa_hash_plan *plan = &menu->plans[costs];
        make_plan(plan, menu->count);
        plan->alone = rows_alone(menu, plan);
    }
}

/* Costs of brief messages or of any. Where there are some `before`, the shorter ones, since whatever else runs on a core only
 * adds. False where they stay what they are. */
static bool reckon(pa_hash_menu *menu, const pa_hash_algorithm *algorithm, pa_hash_costs costs,
                   const pa_hash_menu *before)
{
    const bool brief = costs == PA_HASH_BRIEF;
    pa_plan_item *items = menu->plans[costs].items;
    uint32_t ticks[PA_PLAN_ITEMS], few[PA_PLAN_ITEMS] = {0};
    if (!measure(ticks, few, menu, algorithm, brief)) {
        return false;
    }
    for (uint32_t i = 0; i < menu->count && before != NULL; i++) {
        const pa_plan_item *earlier = &before->plans[costs].items[i];
        ticks[i] = ticks[i] < earlier->cost ? ticks[i] : earlier->cost;
        if (brief && spares(menu, i)) {
            const uint32_t cost = pa_plan_cost(earlier, earlier->unit);
            few[i] = few[i] < cost ? few[i] : cost;
        }
    }
    settle(items, menu, ticks, pa_bound(algorithm->single));
    for (uint32_t i = 0; i < menu->count; i++) {
        pa_plan_item *item = &items[i];
        item->spared = 0;
        if (brief && spares(menu, i) && few[i] < item->cost) {
            item->spared = (item->cost - few[i]) / (item->lanes / item->unit - 1);
        }
        if (!brief && menu->kernels[i] != NULL && menu->kernels[i]->brief) { /* out of the way */
            const uint64_t cost = (uint64_t)item->lanes * items[menu->count - 1].cost;
            item->cost = cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX;
        }
    }
    return true;
}

static bool reckon_all(pa_hash_menu *menu, const pa_hash_algorithm *algorithm,
                       const pa_hash_menu *before)
{
    return reckon(menu, algorithm, PA_HASH_ANY, before) &&
           (!menu->shares || reckon(menu, algorithm, PA_HASH_BRIEF, before));
}

static void make(pa_hash_menu *menu, const pa_hash_algorithm *algorithm)
{
    const struct pa_hash_single *single = pa_bound(algorithm->single);
    pa_menu_row rows[PA_MENU_SIZE];
    bool forced = false;
    const uint32_t lanes = pa_menu(algorithm->lanes, rows, &forced);
    *menu = (pa_hash_menu){.shares = true, .measured = true, .widest = 1, .count = lanes};
    pa_plan_item *items = menu->plans[PA_HASH_ANY].items; /* as kernels state them */
    for (uint32_t i = 0; i < lanes; i++) {
        const struct pa_hash_lanes *kernel = rows[i].table;
        menu->kernels[i] = kernel;
        items[i] =
            (pa_plan_item){.lanes = kernel->lanes, .cost = kernel->cost, .unit = kernel->idle_unit};
        menu->variants[i] = rows[i].variant;
        menu->shares = menu->shares && kernel->shared != NULL;
        menu->pads = i == 0 || kernel->pads == menu->pads ? kernel->pads : 0;
        menu->measured = menu->measured && rows[i].measure;
        menu->widest = kernel->lanes > menu->widest ? kernel->lanes : menu->widest;
    }
    if (!forced || lanes == 0) {
        items[menu->count++] = (pa_plan_item){.lanes = 1, .cost = single->cost};
    }
    memcpy(menu->plans[PA_HASH_BRIEF].items, items, sizeof menu->plans[PA_HASH_BRIEF].items);
    menu->measured = menu->measured && menu->count > 1 && reckon_all(menu, algorithm, NULL);
    plan_all(menu);
}

/* The same, after a second look. */
static void make_better(pa_hash_menu *menu, const pa_hash_menu *before,
                        const pa_hash_algorithm *algorithm)
{
    *menu = *before;
    if (reckon_all(menu, algorithm, before)) {
        plan_all(menu);
    }
}

/* The calls at which costs are measured once more: a neighbour on the same core may have stolen from the first time. */
#define VERSIONS 4
static const uint32_t looks[VERSIONS] = {0, 16, 128, 1024};

/* The menus of one family, or of those of its algorithms that hash their digests again, each written once a binding; `ready`
 * of them may be read. */
typedef struct {
    _Atomic uint32_t
        binding; /* that they are of; 0 before the first, UINT32_MAX while it is written */
    _Atomic uint32_t calls;
    _Atomic uint32_t ready;
    pa_hash_menu versions[VERSIONS];
} shared_menus;

typedef struct {
    const shared_menus *in_place_of;
    uint32_t binding;
    pa_hash_menu menu;
} own_menu;

/* Whoever comes first writes for all. A thread that finds another one writing, or that one's fork, takes its own. */
static const pa_hash_menu *first_menu(shared_menus *shared, uint32_t found,
                                      const pa_hash_algorithm *algorithm, uint32_t binding)
{
    static _Thread_local own_menu own;
    if (own.binding != binding || own.in_place_of != shared) {
        make(&own.menu, algorithm);
        own.binding = binding;
        own.in_place_of = shared;
    }
    if (found == UINT32_MAX ||
        !atomic_compare_exchange_strong_explicit(&shared->binding, &found, UINT32_MAX,
                                                 memory_order_acquire, memory_order_relaxed)) {
        return &own.menu;
    }
    shared->versions[0] = own.menu;
    atomic_store_explicit(&shared->calls, 0, memory_order_relaxed);
    atomic_store_explicit(&shared->ready, 1, memory_order_relaxed);
    atomic_store_explicit(&shared->binding, binding, memory_order_release);
    return &shared->versions[0];
}

const pa_hash_menu *pa_hash_menu_get(const pa_hash_algorithm *algorithm)
{
    static shared_menus all[PA_FAMILY_COUNT][2];
    shared_menus *shared = &all[algorithm->lanes][algorithm->twice];
    const uint32_t binding = pa_binding();
    const uint32_t found = atomic_load_explicit(&shared->binding, memory_order_acquire);
    if (found != binding) {
        return first_menu(shared, found, algorithm, binding);
    }
    const uint32_t ready = atomic_load_explicit(&shared->ready, memory_order_acquire);
    const pa_hash_menu *menu = &shared->versions[ready - 1];
    if (ready == VERSIONS || !menu->measured) {
        return menu;
    }
    /* One thread alone has this number; where two have looks at once, the later one finds `ready` moved on and its look is
     * left out. */
    if (atomic_fetch_add_explicit(&shared->calls, 1, memory_order_relaxed) == looks[ready]) {
        make_better(&shared->versions[ready], menu, algorithm);
        atomic_store_explicit(&shared->ready, ready + 1, memory_order_release);
    }
    return menu;
}

void pa_hash_menu_count(const pa_hash_menu *menu, const pa_hash_algorithm *algorithm, uint32_t used)
{
    for (; used != 0; used &= used - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(used);
        if (menu->kernels[i] != NULL) {
            pa_count_variant(menu->variants[i]);
        } else {
            pa_count(algorithm->single);
        }
    }
}
