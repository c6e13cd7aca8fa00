/* SPDX-License-Identifier: Apache-2.0 */
/* Multiproofs out of a kept tree. OpenZeppelin's getMultiProof; Ethereum consensus-specs, ssz/merkle-proofs.md. */
#include "multiproof.h"

#include <stdlib.h>
#include <string.h>

#include "../tables/ssz_zero_hashes.h"
#include "kept.h"

static int descending(const void *a, const void *b)
{
    const pa_numbered *x = a, *y = b;
    return (x->index < y->index) - (x->index > y->index);
}

void pa_numbered_sort(pa_numbered *nodes, uint64_t n)
{
    qsort(nodes, n, sizeof *nodes, descending);
}

/* Where a multiproof goes: counted always, written where there is room. */
typedef struct {
    uint8_t *proof, *flags;
    uint64_t proof_capacity, flags_capacity; /* bytes */
    uint64_t nodes, parents;
} output;

static void put_node(output *out, const uint8_t *node)
{
    if (out->proof != NULL && out->nodes < out->proof_capacity / NODE) {
        memcpy(out->proof + out->nodes * NODE, node, NODE);
    }
    out->nodes++;
}

static void put_flag(output *out, uint8_t flag)
{
    if (out->flags != NULL && out->parents < out->flags_capacity) {
        out->flags[out->parents] = flag;
    }
    out->parents++;
}

/* ---- heaps ----------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const pa_numbered *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* The queue of getMultiProof: leaves by position, then parents as they are made, whose positions rise as well. */
static pyaccel_status heap_multiproof(output *out, uint64_t *order, const pyaccel_merkle_tree *tree,
                                      pa_numbered *queue, const uint64_t *indices, uint64_t n)
{
    const uint64_t root = 2 * tree->n - 2;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t index = indices[i];
        if (index >= tree->n) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        queue[i] = (pa_numbered){pa_kept_position(tree, index), index};
    }
    qsort(queue, n, sizeof *queue, ascending);
    for (uint64_t i = 0; i < n; i++) {
        if (i > 0 && queue[i].index == queue[i - 1].index) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        if (order != NULL) {
            order[i] = queue[i].place;
        }
    }
    if (n == 0) {
        put_node(out, tree->heap + root * NODE);
        return PYACCEL_OK;
    }
    /* A ring: each step takes at least one and puts one. */
    uint64_t head = 0, held = n;
    while (queue[head].index < root) {
        const uint64_t j = queue[head].index;
        head = (head + 1) % n;
        held--;
        const bool paired = held > 0 && queue[head].index == (j ^ 1);
        if (paired) {
            head = (head + 1) % n;
            held--;
        } else {
            put_node(out, tree->heap + (j ^ 1) * NODE);
        }
        put_flag(out, paired);
        queue[(head + held) % n].index = tree->n + j / 2;
        held++;
    }
    return PYACCEL_OK;
}

/* ---- generalized indices --------------------------------------------------------------------- */

/* The node over the leaves at `height` from that of all leaves upwards, in the padded tree. */
static pyaccel_status padded_node(const pyaccel_merkle_tree *tree, uint8_t *node, unsigned height)
{
    pa_merkle partly = tree->merkle;
    partly.limit = UINT64_C(1) << height;
    partly.mix_in_length = 0;
    /* The pages' top: where the whole tree is below keep_layers, it is not at its own height there. */
    const unsigned top = tree->pages.base + pa_merkle_height(tree->pages.n);
    return pa_merkle_finish(&partly, node, pa_pages_node(&tree->pages, top, 0), tree->n);
}

static pyaccel_status numbered_node(pa_view *view, uint8_t *node, uint64_t index)
{
    const pyaccel_merkle_tree *tree = view->tree;
    unsigned depth = pa_merkle_depth(&tree->merkle, tree->n), down;
    if (index == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    down = pa_numbered_depth(index);
    if (tree->merkle.mix_in_length != 0) {
        if (down == 0) {
            memcpy(node, tree->root, NODE);
            return PYACCEL_OK;
        }
        if (index >> (down - 1) == 3) {
            pa_merkle_length_chunk(&tree->merkle, node, tree->n);
            return down == 1 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
        }
        down--;
    }
    if (down > depth) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const unsigned height = depth - down;
    const uint64_t position = index & ((UINT64_C(1) << down) - 1);
    if (position >= pa_merkle_layer_size(tree->n, height)) {
        memcpy(node, pa_ssz_zero_hashes[height], NODE);
        return PYACCEL_OK;
    }
    return height >= pa_merkle_height(tree->n) ? padded_node(tree, node, height)
                                               : pa_view_node(view, node, height, position);
}

/* Indices of one layer, descending: those that were made of the layer below, and those that are given. */
typedef struct {
    const pa_numbered *given;
    uint64_t given_count, next;
    const uint64_t *made;
    uint64_t made_count, i;
} layer;

/* The greatest of this depth that is left, 0 for none; *twice when it is made and given: then it stands above another. */
static uint64_t peek(const layer *at, unsigned depth, bool *twice)
{
    const uint64_t made = at->i < at->made_count ? at->made[at->i] : 0;
    uint64_t given = at->next < at->given_count ? at->given[at->next].index : 0;
    given = given != 0 && pa_numbered_depth(given) == depth ? given : 0;
    *twice = made != 0 && made == given;
    return made > given ? made : given;
}

static void pull(layer *at, uint64_t index)
{
    if (at->i < at->made_count && at->made[at->i] == index) {
        at->i++;
    } else {
        at->next++;
    }
}

/* Siblings of a layer that are not known go into the proof, descending; up = the parents' indices. */
static pyaccel_status rise(output *out, pa_view *view, layer *at, unsigned depth, uint64_t *up,
                           uint64_t *count)
{
    uint8_t node[NODE];
    bool twice;
    *count = 0;
    for (uint64_t last = 0;;) {
        const uint64_t index = peek(at, depth, &twice);
        if (index == 0) {
            return PYACCEL_OK;
        }
        if (twice || index == last) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        pull(at, index);
        last = index;
        if (index % 2 == 1 && peek(at, depth, &twice) == index - 1) {
            if (twice) {
                return PYACCEL_INVALID_ARGUMENT;
            }
            pull(at, index - 1);
            last = index - 1;
        } else {
            pyaccel_status status = numbered_node(view, node, index ^ 1);
            if (status != PYACCEL_OK) {
                return status;
            }
            put_node(out, node);
        }
        up[(*count)++] = index / 2;
    }
}

/* Helper indices, from the deepest layer upwards. rows: room for 2 n indices. */
static pyaccel_status helpers(output *out, pa_view *view, const pa_numbered *given, uint64_t n,
                              uint64_t *rows)
{
    layer at = {.given = given, .given_count = n};
    if (n == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (unsigned depth = pa_numbered_depth(given[0].index); depth > 0; depth--) {
        uint64_t *up = at.made == rows ? rows + n : rows, count;
        pyaccel_status status = rise(out, view, &at, depth, up, &count);
        if (status != PYACCEL_OK) {
            return status;
        }
        at.made = up;
        at.made_count = count;
        at.i = 0;
    }
    /* The root is left, and it alone. */
    return at.made_count + (n - at.next) == 1 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

static pyaccel_status numbered_multiproof(output *out, const pyaccel_merkle_tree *tree,
                                          pa_numbered *known, const uint64_t *indices, uint64_t n,
                                          const pyaccel_rows *leaves)
{
    uint8_t node[NODE];
    pa_view view;
    pyaccel_status status = pa_view_start(&view, tree, leaves);
    for (uint64_t i = 0; i < n && status == PYACCEL_OK; i++) {
        known[i] = (pa_numbered){indices[i], i};
        status = numbered_node(&view, node, known[i].index);
    }
    if (status == PYACCEL_OK) {
        pa_numbered_sort(known, n);
        status = helpers(out, &view, known, n, (uint64_t *)(void *)(known + n));
    }
    pa_view_end(&view);
    return status;
}

/* The padded tree and its length in 64-bit generalized indices. */
static bool has_numbers(const pyaccel_merkle_tree *tree)
{
    return tree->merkle.form->odd == PA_ODD_ZERO &&
           pa_merkle_depth(&tree->merkle, tree->n) + (tree->merkle.mix_in_length != 0) <= 63;
}

static pyaccel_status multiproof(output *out, uint64_t *order, const pyaccel_merkle_tree *tree,
                                 const uint64_t *indices, uint64_t n, const pyaccel_rows *leaves)
{
    const bool heap = tree->merkle.form->odd == PA_ODD_HEAP;
    if (!heap && !has_numbers(tree)) {
        return PYACCEL_UNSUPPORTED;
    }
    if ((n > 0 && indices == NULL) || tree->n == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    /* Numbered nodes, and two rows of indices. */
    pa_numbered *space =
        n < SIZE_MAX / (2 * sizeof *space) ? malloc((2 * n + 1) * sizeof *space) : NULL;
    if (space == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = heap ? heap_multiproof(out, order, tree, space, indices, n)
                                 : numbered_multiproof(out, tree, space, indices, n, leaves);
    free(space);
    return status;
}

pyaccel_status pyaccel_merkle_tree_multiproof(uint8_t *proof, uint64_t *proof_size, uint8_t *flags,
                                              uint64_t *flags_size, uint64_t *order,
                                              const pyaccel_merkle_tree *tree,
                                              const uint64_t *indices, uint64_t n,
                                              const pyaccel_rows *leaves)
{
    if (proof_size == NULL || flags_size == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    output out = {proof, flags, *proof_size, *flags_size, 0, 0};
    pyaccel_status status =
        tree == NULL ? PYACCEL_INVALID_ARGUMENT : multiproof(&out, order, tree, indices, n, leaves);
    const uint64_t nodes_size = out.nodes * NODE;
    if (status == PYACCEL_OK && proof != NULL &&
        (nodes_size > *proof_size ||
         (out.parents > 0 && (flags == NULL || out.parents > *flags_size)))) {
        status = PYACCEL_INVALID_ARGUMENT;
    }
    if (status != PYACCEL_OK && proof != NULL) {
        memset(proof, 0, *proof_size);
    }
    if (status != PYACCEL_OK && flags != NULL) {
        memset(flags, 0, *flags_size);
    }
    *proof_size = status == PYACCEL_OK ? nodes_size : 0;
    *flags_size = status == PYACCEL_OK ? out.parents : 0;
    return status;
}

pyaccel_status pyaccel_merkle_tree_nodes(uint8_t *nodes, uint64_t nodes_size,
                                         const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                         uint64_t n, const pyaccel_rows *leaves)
{
    pa_view view = {.space = NULL};
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    if (tree != NULL && !has_numbers(tree)) {
        status = PYACCEL_UNSUPPORTED;
    } else if (tree != NULL && (n == 0 || (indices != NULL && nodes != NULL)) &&
               n <= nodes_size / NODE) {
        status = pa_view_start(&view, tree, leaves);
    }
    for (uint64_t i = 0; i < n && status == PYACCEL_OK; i++) {
        status = numbered_node(&view, nodes + i * NODE, indices[i]);
    }
    pa_view_end(&view);
    if (status != PYACCEL_OK && nodes != NULL) {
        memset(nodes, 0, nodes_size);
    }
    return status;
}
