/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a kept tree in pieces that trees share: a tree of pages, each a subtree of nodes.
 *
 * A page of level j holds nodes of heights 10 j .. 10 j + 9 over the base layer: 512 at its bottom, one at its top, which is
 * 32 KiB. Two tops are the children of a bottom node one level up, so that a page has up to 1,024 pages below it. The last
 * page of a level is as small as its bottom; where it is the only one it ends at the node over all. Whoever makes a new
 * tree copies the pages it changes and those above them, and counts itself as one more user of the rest. */
#ifndef PA_MERKLE_PAGES_H
#define PA_MERKLE_PAGES_H

#include <stdatomic.h>

#include "tree.h"

#define PAGE_HEIGHTS 10u
#define PAGE_BOTTOM 512u
#define PAGE_BELOW 1024u

typedef struct pa_page {
    _Atomic uint32_t users;
    uint16_t count;         /* nodes at the bottom, 1 .. capacity            */
    uint16_t capacity;      /* a power of two                                */
    struct pa_page **below; /* 2 count of them, or one less; NULL at level 0 */
    uint8_t nodes[];
} pa_page;

/* Layers from `base` (a height of the tree) upwards. */
typedef struct {
    pa_page *top; /* NULL: no leaves */
    unsigned base;
    unsigned levels;
    uint64_t n; /* nodes of the base layer */
} pa_pages;

/* Nodes of layer `base` in a call: [first, first + count), to be written. */
typedef pyaccel_status pa_base_fn(void *context, uint8_t *nodes, uint64_t first, uint64_t count);

/* *pages = layers over n base nodes, of which the first `stay` are those of old (NULL: none) and the others are made by
 * base_nodes, on merkle->threads threads. On any status but OK *pages holds nothing. */
pyaccel_status pa_pages_extend(const pa_merkle *merkle, pa_pages *pages, const pa_pages *old,
                               uint64_t stay, unsigned base, uint64_t n, pa_base_fn *base_nodes,
                               void *context);

/* *pages = the layers of n leaves, which stand in nodes as pyaccel_merkle_layers gives them. OK or OUT_OF_MEMORY. */
pyaccel_status pa_pages_import(pa_pages *pages, const uint8_t *nodes, uint64_t n);

/* *pages = those of old with base nodes at `positions` (ascending, each once; scratch: changed) replaced by `nodes`. */
pyaccel_status pa_pages_update(const pa_merkle *merkle, pa_pages *pages, const pa_pages *old,
                               uint64_t *positions, const uint8_t *nodes, uint64_t count);

/* One more user of the same layers. */
pa_pages pa_pages_share(const pa_pages *pages);

void pa_pages_free(pa_pages *pages);

/* Node `index` of the layer of this height of the tree, pages->base <= height <= that of the node over all. */
const uint8_t *pa_pages_node(const pa_pages *pages, unsigned height, uint64_t index);

#endif
