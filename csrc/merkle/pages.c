/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of a kept tree: made, looked up, counted. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

/* Heights of a level's bottom and of the nodes above it within a page. */
#define TOP (PAGE_HEIGHTS - 1u)

#define GRAIN 4u /* pages */

/* First node of height h in a page: halves one after the other, then one node a height. */
static uint32_t page_offset(uint32_t capacity, unsigned h)
{
    const unsigned whole = pa_merkle_height(capacity);
    return h <= whole ? 2 * capacity - (2 * capacity >> h) : 2 * capacity - 2 + (h - whole);
}

static uint8_t *page_node(pa_page *page, unsigned h, uint64_t index)
{
    return page->nodes + (page_offset(page->capacity, h) + index) * NODE;
}

/* A page of one user, its nodes to be filled; NULL when there is no memory. below is all NULL. */
static pa_page *page_new(uint32_t count, unsigned level)
{
    const uint32_t capacity = 1u << pa_merkle_height(count);
    const size_t size = (page_offset(capacity, TOP) + 1) * NODE;
    pa_page *page = malloc(sizeof *page + size);
    if (page == NULL) {
        return NULL;
    }
    atomic_init(&page->users, 1);
    page->count = (uint16_t)count;
    page->capacity = (uint16_t)capacity;
    page->below = NULL;
    if (level > 0) {
        page->below = calloc(2 * (size_t)count, sizeof *page->below);
        if (page->below == NULL) {
            free(page);
            return NULL;
        }
    }
    return page;
}

static pa_page *page_share(pa_page *page)
{
    atomic_fetch_add_explicit(&page->users, 1, memory_order_relaxed);
    return page;
}

/* One user less; recursion goes a level deep each time: 7 for 2^64 base nodes. */
static void page_release(pa_page *page)
{
    if (page == NULL || atomic_fetch_sub_explicit(&page->users, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (page->below != NULL) {
        for (uint32_t i = 0; i < 2u * page->count; i++) {
            page_release(page->below[i]);
        }
        free(page->below);
    }
    free(page);
}

/* Pages of a level, and nodes at the bottom of all of them, over n base nodes. */
static uint64_t level_bottom(uint64_t n, unsigned level)
{
    return pa_merkle_layer_size(n, PAGE_HEIGHTS * level);
}

static uint64_t level_pages(uint64_t n, unsigned level)
{
    return (level_bottom(n, level) - 1) / PAGE_BOTTOM + 1;
}

static unsigned level_count(uint64_t n)
{
    unsigned levels = 1;
    while (level_pages(n, levels - 1) > 1) {
        levels++;
    }
    return levels;
}

/* Page p of a level; before: it is there. */
static pa_page *page_at(const pa_pages *pages, unsigned level, uint64_t p)
{
    pa_page *page = pages->top;
    for (unsigned l = pages->levels - 1; l > level; l--) {
        page = page->below[(p >> (PAGE_HEIGHTS * (l - 1 - level))) % PAGE_BELOW];
    }
    return page;
}

const uint8_t *pa_pages_node(const pa_pages *pages, unsigned height, uint64_t index)
{
    const unsigned level = (height - pages->base) / PAGE_HEIGHTS;
    const unsigned h = (height - pages->base) % PAGE_HEIGHTS;
    const uint64_t p = index >> (TOP - h);
    return page_node(page_at(pages, level, p), h, index - (p << (TOP - h)));
}

/* Heights that a page of this level holds above its bottom. */
static unsigned page_top(const pa_pages *pages, const pa_page *page, unsigned level)
{
    return level == pages->levels - 1 ? pa_merkle_height(page->count) : TOP;
}

/* One level of pages in the making: those from `first` on are new. */
typedef struct {
    const pa_merkle *merkle;
    const pa_pages *pages; /* without top as yet: base, levels, n */
    const pa_pages *old;   /* or NULL */
    uint64_t stay;         /* base nodes that stay */
    unsigned level;
    uint64_t first;
    pa_page **made;          /* pages first, first + 1, ... */
    pa_page *const *beneath; /* new ones of the level below */
    uint64_t beneath_first;
    pa_base_fn *base_nodes;
    void *context;
} level_batch;

/* Pages of a level whose every node stays: they come first. */
static uint64_t staying_pages(uint64_t stay, unsigned level)
{
    const unsigned shift = PAGE_HEIGHTS * level + TOP;
    return shift < 64 ? stay >> shift : 0;
}

/* Nodes at the bottom of a new page: first those that stay, from the old one, with what they alone make up. */
static uint64_t keep_nodes(const level_batch *batch, pa_page *page, uint64_t p)
{
    const unsigned shift = PAGE_HEIGHTS * batch->level;
    const uint64_t staying = shift < 64 ? batch->stay >> shift : 0;
    const uint64_t begin = p * PAGE_BOTTOM;
    if (batch->old == NULL || staying <= begin || batch->level >= batch->old->levels) {
        return 0;
    }
    const uint64_t count = staying - begin < page->count ? staying - begin : page->count;
    pa_page *old = page_at(batch->old, batch->level, p);
    for (unsigned h = 0; h < PAGE_HEIGHTS && count >> h > 0; h++) {
        memcpy(page_node(page, h, 0), page_node(old, h, 0), (count >> h) * NODE);
    }
    return count;
}

/* The bottom nodes from `stay` on of page p above level 0: parents of the tops below. */
static pyaccel_status join_tops(const level_batch *batch, pa_page *page, uint64_t p, uint64_t stay)
{
    const uint64_t below = level_pages(batch->pages->n, batch->level - 1) - p * PAGE_BELOW;
    const uint64_t children = below < PAGE_BELOW ? below : PAGE_BELOW;
    uint8_t *tops = malloc(children * NODE);
    if (tops == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t c = 0; c < children; c++) {
        const uint64_t child = p * PAGE_BELOW + c;
        page->below[c] = child < batch->beneath_first
                             ? page_share(page_at(batch->old, batch->level - 1, child))
                             : page_share(batch->beneath[child - batch->beneath_first]);
        memcpy(tops + c * NODE, page_node(page->below[c], TOP, 0), NODE);
    }
    const unsigned height = batch->pages->base + PAGE_HEIGHTS * batch->level - 1;
    pyaccel_status status = PYACCEL_OK;
    if (children > 2 * stay) {
        status = pa_merkle_parents(batch->merkle, page_node(page, 0, stay), tops + 2 * stay * NODE,
                                   children - 2 * stay, height);
    }
    free(tops);
    return status;
}

static pyaccel_status make_page(const level_batch *batch, uint64_t p)
{
    const uint64_t rest = level_bottom(batch->pages->n, batch->level) - p * PAGE_BOTTOM;
    const uint32_t count = rest < PAGE_BOTTOM ? (uint32_t)rest : PAGE_BOTTOM;
    pa_page *page = page_new(count, batch->level);
    if (page == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    batch->made[p - batch->first] = page;
    const uint64_t stay = keep_nodes(batch, page, p);
    pyaccel_status status = PYACCEL_OK;
    if (batch->level > 0) {
        status = join_tops(batch, page, p, stay);
    } else if (stay < count) {
        status = batch->base_nodes(batch->context, page_node(page, 0, stay), p * PAGE_BOTTOM + stay,
                                   count - stay);
    }
    const unsigned top = page_top(batch->pages, page, batch->level);
    const unsigned base = batch->pages->base + PAGE_HEIGHTS * batch->level;
    for (unsigned h = 0; h < top && status == PYACCEL_OK; h++) {
        const uint64_t nodes = pa_merkle_layer_size(count, h), known = stay >> (h + 1);
        if (nodes > 2 * known) {
            status = pa_merkle_parents(batch->merkle, page_node(page, h + 1, known),
                                       page_node(page, h, 2 * known), nodes - 2 * known, base + h);
        }
    }
    return status;
}

static pyaccel_status make_pages(void *context, uint64_t first, uint64_t last)
{
    const level_batch *batch = context;
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t i = first; i < last && status == PYACCEL_OK; i++) {
        status = make_page(batch, batch->first + i);
    }
    return status;
}

static void release_all(pa_page **pages, uint64_t count)
{
    for (uint64_t i = 0; i < count && pages != NULL; i++) {
        page_release(pages[i]);
    }
    free(pages);
}

pyaccel_status pa_pages_extend(const pa_merkle *merkle, pa_pages *pages, const pa_pages *old,
                               uint64_t stay, unsigned base, uint64_t n, pa_base_fn *base_nodes,
                               void *context)
{
    *pages = (pa_pages){.base = base, .n = n, .levels = n > 0 ? level_count(n) : 0};
    level_batch batch = {.merkle = merkle,
                         .pages = pages,
                         .old = stay > 0 ? old : NULL,
                         .stay = stay,
                         .base_nodes = base_nodes,
                         .context = context};
    uint64_t beneath_count = 0;
    pa_page **beneath = NULL;
    pyaccel_status status = PYACCEL_OK;
    for (unsigned level = 0; level < pages->levels && status == PYACCEL_OK; level++) {
        /* The page at the top is always made: it may hold nodes that the old tree had no room for. */
        uint64_t first = staying_pages(stay, level);
        const uint64_t all = level_pages(n, level);
        first = level == pages->levels - 1 ? 0 : first;
        const uint64_t count = all - first;
        pa_page **made = count < SIZE_MAX / sizeof *made ? calloc(count + 1, sizeof *made) : NULL;
        batch.level = level;
        batch.first = first;
        batch.made = made;
        batch.beneath = beneath;
        status = made == NULL
                     ? PYACCEL_OUT_OF_MEMORY
                     : pa_parallel(merkle->threads, count, GRAIN, make_pages, &batch, NULL, NULL);
        release_all(beneath, beneath_count);
        beneath = made;
        beneath_count = made == NULL ? 0 : count;
        batch.beneath_first = first;
    }
    if (status == PYACCEL_OK && beneath != NULL) {
        pages->top = page_share(beneath[0]);
    } else {
        pages->n = 0;
    }
    release_all(beneath, beneath_count);
    return status;
}

/* One level of given layers. */
static pa_page *import_page(const uint8_t *const *layers, uint64_t n, unsigned level, uint64_t p,
                            pa_page **beneath)
{
    const unsigned base = PAGE_HEIGHTS * level;
    const uint64_t rest = level_bottom(n, level) - p * PAGE_BOTTOM;
    const uint32_t count = rest < PAGE_BOTTOM ? (uint32_t)rest : PAGE_BOTTOM;
    pa_page *page = page_new(count, level);
    if (page == NULL) {
        return NULL;
    }
    for (unsigned h = 0; h < PAGE_HEIGHTS && base + h <= pa_merkle_height(n); h++) {
        const uint64_t first = p * PAGE_BOTTOM >> h;
        memcpy(page_node(page, h, 0), layers[base + h] + first * NODE,
               pa_merkle_layer_size(count, h) * NODE);
    }
    if (level > 0) {
        const uint64_t below = level_pages(n, level - 1) - p * PAGE_BELOW;
        for (uint64_t c = 0; c < PAGE_BELOW && c < below; c++) {
            page->below[c] = page_share(beneath[p * PAGE_BELOW + c]);
        }
    }
    return page;
}

pyaccel_status pa_pages_import(pa_pages *pages, const uint8_t *nodes, uint64_t n)
{
    const uint8_t *layers[PA_MERKLE_HEIGHTS + 1];
    *pages = (pa_pages){.n = n, .levels = n > 0 ? level_count(n) : 0};
    for (unsigned k = 0; n > 0 && k <= pa_merkle_height(n); k++) {
        layers[k] = nodes;
        nodes += pa_merkle_layer_size(n, k) * NODE;
    }
    uint64_t beneath_count = 0;
    pa_page **beneath = NULL;
    bool whole = true;
    for (unsigned level = 0; level < pages->levels && whole; level++) {
        const uint64_t count = level_pages(n, level);
        pa_page **made = calloc(count, sizeof *made);
        whole = made != NULL;
        for (uint64_t p = 0; p < count && whole; p++) {
            made[p] = import_page(layers, n, level, p, beneath);
            whole = made[p] != NULL;
        }
        release_all(beneath, beneath_count);
        beneath = made;
        beneath_count = made == NULL ? 0 : count;
    }
    if (whole && beneath != NULL) {
        pages->top = page_share(beneath[0]);
    } else {
        pages->n = 0;
    }
    release_all(beneath, beneath_count);
    return whole ? PYACCEL_OK : PYACCEL_OUT_OF_MEMORY;
}

pa_pages pa_pages_share(const pa_pages *pages)
{
    if (pages->top != NULL) {
        page_share(pages->top);
    }
    return *pages;
}

void pa_pages_free(pa_pages *pages)
{
    page_release(pages->top);
    *pages = (pa_pages){.top = NULL};
}

/* ---- update ---------------------------------------------------------------------------------- */

static pa_page *page_copy(const pa_page *old, unsigned level)
{
    pa_page *page = page_new(old->count, level);
    if (page == NULL) {
        return NULL;
    }
    memcpy(page->nodes, old->nodes, (page_offset(page->capacity, TOP) + 1) * NODE);
    for (uint32_t i = 0; level > 0 && i < 2u * old->count; i++) {
        page->below[i] = old->below[i] ? page_share(old->below[i]) : NULL;
    }
    return page;
}

/* Copies of page (of a level) and of those below it that hold one of the positions, which all lie below it. NULL when
 * there is no memory; what was copied is then released. */
static pa_page *copy_dirty(pa_page *old, unsigned level, const uint64_t *positions, uint64_t count)
{
    pa_page *page = page_copy(old, level);
    if (page == NULL || level == 0) {
        return page;
    }
    const unsigned shift = PAGE_HEIGHTS * (level - 1) + TOP;
    for (uint64_t i = 0; i < count;) {
        const uint64_t child = positions[i] >> shift;
        uint64_t end = i;
        while (end < count && positions[end] >> shift == child) {
            end++;
        }
        pa_page *copy =
            copy_dirty(page->below[child % PAGE_BELOW], level - 1, positions + i, end - i);
        if (copy == NULL) {
            page_release(page);
            return NULL;
        }
        page_release(page->below[child % PAGE_BELOW]);
        page->below[child % PAGE_BELOW] = copy;
        i = end;
    }
    return page;
}

/* Halves the positions to those of the parents, each once. */
static uint64_t halve(uint64_t *positions, uint64_t count)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t parent = positions[i] / 2;
        if (kept == 0 || positions[kept - 1] != parent) {
            positions[kept++] = parent;
        }
    }
    return kept;
}

static uint8_t *own_node(const pa_pages *pages, unsigned height, uint64_t index)
{
    return (uint8_t *)(uintptr_t)pa_pages_node(pages, height, index);
}

/* Makes the nodes at `positions` of layer height + 1 anew. */
static pyaccel_status rehash(const pa_merkle *merkle, const pa_pages *pages, unsigned height,
                             const uint64_t *positions, uint64_t count, uint8_t *pairs,
                             uint8_t *parents)
{
    const uint64_t width = pa_merkle_layer_size(pages->n, height - pages->base);
    uint64_t hashed = count;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t left = 2 * positions[i];
        const uint8_t *node = pa_pages_node(pages, height, left);
        if (left + 1 == width && merkle->form->odd == PA_ODD_PROMOTED) {
            memcpy(own_node(pages, height + 1, positions[i]), node, NODE);
            hashed--; /* it is the last */
            continue;
        }
        memcpy(pairs + 2 * i * NODE, node, NODE);
        memcpy(pairs + (2 * i + 1) * NODE,
               left + 1 == width ? pa_merkle_lone_sibling(merkle, node, height)
                                 : pa_pages_node(pages, height, left + 1),
               NODE);
    }
    pyaccel_status status = pa_merkle_pairs_parallel(merkle, parents, pairs, hashed);
    for (uint64_t i = 0; i < hashed; i++) {
        memcpy(own_node(pages, height + 1, positions[i]), parents + i * NODE, NODE);
    }
    return status;
}

pyaccel_status pa_pages_update(const pa_merkle *merkle, pa_pages *pages, const pa_pages *old,
                               uint64_t *positions, const uint8_t *nodes, uint64_t count)
{
    if (count == 0) {
        *pages = pa_pages_share(old);
        return PYACCEL_OK;
    }
    *pages = *old;
    uint8_t *space = count < SIZE_MAX / (3 * NODE) ? malloc(count * 3 * NODE) : NULL;
    pages->top = space ? copy_dirty(old->top, old->levels - 1, positions, count) : NULL;
    if (pages->top == NULL) {
        free(space);
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = 0; i < count; i++) {
        memcpy(own_node(pages, pages->base, positions[i]), nodes + i * NODE, NODE);
    }
    const unsigned heights = pa_merkle_height(pages->n);
    pyaccel_status status = PYACCEL_OK;
    for (unsigned h = 0; h < heights && status == PYACCEL_OK; h++) {
        count = halve(positions, count);
        status = rehash(merkle, pages, pages->base + h, positions, count, space,
                        space + count * 2 * NODE);
    }
    free(space);
    if (status != PYACCEL_OK) {
        pa_pages_free(pages);
    }
    return status;
}
