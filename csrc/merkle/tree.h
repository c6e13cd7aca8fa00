/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the merkle room share: forms, one call's settings, and hashing of nodes in batches. */
#ifndef PA_MERKLE_TREE_H
#define PA_MERKLE_TREE_H

#include "../core/internal.h"
#include "../hash/uniform.h"
#include "pyaccel/merkle.h"

#define NODE 32u /* bytes */

/* Greatest height of a root: 2^63 leaves, and the length mixed in above them. */
#define PA_MERKLE_HEIGHTS 64u

/* What the node of a leaf is. */
typedef enum {
    PA_LEAF_NODE,     /* the leaf itself, 32 bytes */
    PA_LEAF_PREFIXED, /* H(0x00 || leaf)           */
    PA_LEAF_TWICE,    /* H(H(leaf))                */
} pa_merkle_leaf;

/* What becomes of a last node without a sibling; it also says how the nodes are laid out. */
typedef enum {
    PA_ODD_TWICE,    /* its own sibling                                                  */
    PA_ODD_PROMOTED, /* goes up unchanged                                                */
    PA_ODD_ZERO,     /* its sibling is the root over zero chunks of its height           */
    PA_ODD_HEAP,     /* there is none: the tree is a binary heap, leaves on two heights  */
} pa_merkle_odd;

typedef struct {
    pa_merkle_leaf leaf;
    pa_merkle_odd odd;
    bool prefixed;       /* parent = H(0x01 || left || right), not H(left || right) */
    bool sorted_pairs;   /* the lesser of two siblings is the left one              */
    bool empty;          /* a tree of no leaf has a root                            */
    bool consistency;    /* has consistency proofs                                  */
    uint32_t own;        /* algorithm                                               */
    uint64_t algorithms; /* those that it may be over, a bit each                   */
    uint64_t most;       /* leaves                                                  */
} pa_merkle_form;

/* NULL when the form is unknown. */
const pa_merkle_form *pa_merkle_form_get(uint32_t form);

/* One call's settings, checked. */
typedef struct {
    const pa_merkle_form *form;
    uint32_t algorithm;
    uint32_t threads;
    uint32_t mix_in_length; /* PYACCEL_MERKLE_MIX_IN_*, 0: none */
    uint32_t keep_layers;
    bool unsorted;
    uint64_t limit; /* 0: none */
    uint64_t length;
    const pyaccel_rows *old_leaves;
    uint64_t *positions;
} pa_merkle;

/* Checks form and options (NULL: defaults) and binds. Positions are refused. */
pyaccel_status pa_merkle_start(pa_merkle *merkle, uint32_t form,
                               const pyaccel_merkle_options *options);

/* The same where layers are handed out or in, with positions in the forms that have them. */
pyaccel_status pa_merkle_start_layers(pa_merkle *merkle, uint32_t form,
                                      const pyaccel_merkle_options *options);

/* INVALID_ARGUMENT when a tree of n leaves is more than form and limit allow. */
pyaccel_status pa_merkle_size_allowed(const pa_merkle *merkle, uint64_t n);

/* ---- nodes (nodes.c) ------------------------------------------------------------------------- */

/* The leaves where they are nodes that lie one after the other, so that they need no copy; else NULL. */
const uint8_t *pa_merkle_nodes_in_place(const pa_merkle *merkle, const pyaccel_rows *leaves);

/* nodes = leaf nodes of rows [first, first + n); one thread. INVALID_ARGUMENT for a bad offset, or a row of another
 * size than 32 bytes where leaves are nodes. */
pyaccel_status pa_merkle_leaves(const pa_merkle *merkle, uint8_t *nodes, const pyaccel_rows *leaves,
                                uint64_t first, uint64_t n);

/* pa_merkle_leaves of rows [0, n) on merkle->threads threads. */
pyaccel_status pa_merkle_leaves_parallel(const pa_merkle *merkle, uint8_t *nodes,
                                         const pyaccel_rows *leaves, uint64_t n);

/* How parents are hashed, made ready once for many layers; must not be moved. */
typedef struct {
    const pa_merkle *merkle;
    bool whole_messages; /* of an algorithm that takes no segments: nothing is ready */
    pa_hash_pairs pairs;
} pa_merkle_pairing;

/* Makes ready for at most `most` pairs at a time; ends with pa_merkle_pairing_end. */
void pa_merkle_pairing_start(pa_merkle_pairing *pairing, const pa_merkle *merkle, uint64_t most);
void pa_merkle_pairing_end(const pa_merkle_pairing *pairing);

/* parents[i] = parent of the two nodes at pairs + 64 i; one thread; must not overlap. */
pyaccel_status pa_merkle_pairing_run(pa_merkle_pairing *pairing, uint8_t *parents,
                                     const uint8_t *pairs, uint64_t n);

/* The same of pairs that come once. */
pyaccel_status pa_merkle_pairs(const pa_merkle *merkle, uint8_t *parents, const uint8_t *pairs,
                               uint64_t n);

/* pa_merkle_pairs on merkle->threads threads. */
pyaccel_status pa_merkle_pairs_parallel(const pa_merkle *merkle, uint8_t *parents,
                                        const uint8_t *pairs, uint64_t n);

/* ---- layers (climb.c) ------------------------------------------------------------------------ */

/* parents = the (count + 1) / 2 nodes over `count` nodes of a height, which end the layer when count is odd; the last
 * one alone is treated as the form does. One thread; must not overlap; count > 0. */
pyaccel_status pa_merkle_parents(const pa_merkle *merkle, uint8_t *parents, const uint8_t *nodes,
                                 uint64_t count, unsigned height);

/* *nodes = the layer `heights` above the `count` nodes at lowest, which are of height `height`; the layers go to and fro between
 * *spare ((count + 1) / 2 nodes) and *nodes (count nodes), where lowest may lie and must where heights may be 0.
 *   mutated  may be NULL; set to 1 when two equal nodes are paired (form bitcoin), else left as it is
 * One thread. */
pyaccel_status pa_merkle_climb(const pa_merkle *merkle, const uint8_t *lowest, uint8_t **nodes,
                               uint8_t **spare, uint64_t count, unsigned height, unsigned heights,
                               uint32_t *mutated);

/* The node that stands as right sibling of the last node x of an odd layer: x, or zeros' root. Before: not
 * promoted, not of a heap. */
const uint8_t *pa_merkle_lone_sibling(const pa_merkle *merkle, const uint8_t *x, unsigned height);

/* ---- from the top node to the root (nodes.c) ------------------------------------------------- */

/* Height of the root of the n leaves, mixed-in length left aside: of the padded tree in form ssz. */
unsigned pa_merkle_depth(const pa_merkle *merkle, uint64_t n);

/* root = what stands above `top`, the node over n leaves at height pa_merkle_height(n) (any when n is 0). */
pyaccel_status pa_merkle_finish(const pa_merkle *merkle, uint8_t *root, const uint8_t *top,
                                uint64_t n);

/* chunk = what stands beside the contents' root when the length is mixed in. */
void pa_merkle_length_chunk(const pa_merkle *merkle, uint8_t *chunk, uint64_t n);

/* ---- sizes ------------------------------------------------------------------------------------ */

/* Nodes in layer k of a tree of n leaves: ceil(n / 2^k). */
static inline uint64_t pa_merkle_layer_size(uint64_t n, unsigned k)
{
    return n == 0 ? 0 : k > 63 ? 1 : ((n - 1) >> k) + 1;
}

/* Layers above the leaves: ceil(log2(n)), 0 for n <= 1. */
static inline unsigned pa_merkle_height(uint64_t n)
{
    return n <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(n - 1);
}

/* A heap of n > 1 leaves: the first `deep` of them are paired into the last deep / 2 of the `row` nodes of the height
 * above, whose first row - deep / 2 are the other leaves; from there on the tree is perfect. */
typedef struct {
    uint64_t deep, row;
} pa_heap_shape;

static inline pa_heap_shape pa_heap_shape_of(uint64_t n)
{
    if (n <= 1) {
        return (pa_heap_shape){0, n};
    }
    const uint64_t row = UINT64_C(1) << (pa_merkle_height(n) - 1);
    return (pa_heap_shape){2 * (n - row), row};
}

/* ---- sorting (sort.c) ------------------------------------------------------------------------- */

/* order = the numbers of the nodes in ascending order of their bytes; equal nodes keep theirs. OK or OUT_OF_MEMORY. */
pyaccel_status pa_merkle_sort(uint64_t *order, const uint8_t *nodes, uint64_t n);

#endif
