/* SPDX-License-Identifier: Apache-2.0 */
/* Inclusion and consistency proofs out of a kept tree: every node that they need stands in some layer. RFC 9162 2.1.3.1
 * and 2.1.4.1. */
#include <string.h>

#include "../tables/ssz_zero_hashes.h"
#include "kept.h"

#define MAX_PROOF (PA_MERKLE_HEIGHTS + 2u) /* nodes: one a layer, and a length */

/* Nodes of a proof as they are found. */
typedef struct {
    uint8_t nodes[MAX_PROOF][NODE];
    uint32_t count;
} collected;

/* Hands collected nodes to the caller, or their size alone. */
static pyaccel_status give(uint8_t *proof, uint64_t *proof_size, const collected *found)
{
    const uint64_t capacity = *proof_size;
    *proof_size = (uint64_t)found->count * NODE;
    if (proof == NULL) {
        return PYACCEL_OK;
    }
    if (capacity < *proof_size) {
        *proof_size = 0;
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (found->count > 0) {
        memcpy(proof, found->nodes[0], *proof_size);
    }
    return PYACCEL_OK;
}

static void collect_in_heap(collected *found, const pyaccel_merkle_tree *tree, uint64_t index)
{
    for (uint64_t j = pa_kept_position(tree, index); j < 2 * tree->n - 2; j = tree->n + j / 2) {
        memcpy(found->nodes[found->count++], tree->heap + (j ^ 1) * NODE, NODE);
    }
}

/* What stands beside the way from the node over all leaves to the root. */
static void collect_above(collected *found, const pyaccel_merkle_tree *tree)
{
    if (tree->merkle.form->odd != PA_ODD_ZERO) {
        return;
    }
    for (unsigned k = pa_merkle_height(tree->n); k < pa_merkle_depth(&tree->merkle, tree->n); k++) {
        memcpy(found->nodes[found->count++], pa_ssz_zero_hashes[k], NODE);
    }
    if (tree->merkle.mix_in_length != 0) {
        pa_merkle_length_chunk(&tree->merkle, found->nodes[found->count++], tree->n);
    }
}

/* Siblings of leaf `index` < n from the leaf upwards. */
static pyaccel_status collect_inclusion(collected *found, pa_view *view, uint64_t index)
{
    const pyaccel_merkle_tree *tree = view->tree;
    const pa_merkle_odd odd = tree->merkle.form->odd;
    pyaccel_status status = PYACCEL_OK;
    found->count = 0;
    if (odd == PA_ODD_HEAP) {
        collect_in_heap(found, tree, index);
        return PYACCEL_OK;
    }
    for (unsigned k = 0; k < pa_merkle_height(tree->n) && status == PYACCEL_OK; k++, index /= 2) {
        const bool alone = (index ^ 1) >= pa_merkle_layer_size(tree->n, k);
        if (!alone || odd == PA_ODD_TWICE) {
            status = pa_view_node(view, found->nodes[found->count++], k, alone ? index : index ^ 1);
        } else if (odd == PA_ODD_ZERO) {
            memcpy(found->nodes[found->count++], pa_ssz_zero_hashes[k], NODE);
        }
    }
    collect_above(found, tree);
    return status;
}

/* Nodes of the proof of leaf `index`, without looking at any. */
static uint32_t inclusion_count(const pyaccel_merkle_tree *tree, uint64_t index)
{
    const pa_merkle_odd odd = tree->merkle.form->odd;
    uint32_t count = 0;
    if (odd == PA_ODD_HEAP) {
        for (uint64_t j = pa_kept_position(tree, index); j < 2 * tree->n - 2; j = tree->n + j / 2) {
            count++;
        }
        return count;
    }
    if (odd != PA_ODD_PROMOTED) {
        return pa_merkle_depth(&tree->merkle, tree->n) + (tree->merkle.mix_in_length != 0);
    }
    for (unsigned k = 0; k < pa_merkle_height(tree->n); k++, index /= 2) {
        count += (index ^ 1) < pa_merkle_layer_size(tree->n, k);
    }
    return count;
}

pyaccel_status pyaccel_merkle_tree_proof(uint8_t *proof, uint64_t *proof_size,
                                         const pyaccel_merkle_tree *tree, uint64_t index)
{
    collected found = {.count = 0};
    pa_view view;
    if (proof_size == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (tree == NULL || index >= tree->n) {
        *proof_size = 0;
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (proof == NULL) {
        *proof_size = (uint64_t)inclusion_count(tree, index) * NODE;
        return PYACCEL_OK;
    }
    pyaccel_status status = pa_view_start(&view, tree, NULL);
    if (status == PYACCEL_OK) {
        status = collect_inclusion(&found, &view, index);
    }
    pa_view_end(&view);
    if (status != PYACCEL_OK) {
        *proof_size = 0;
        return status;
    }
    return give(proof, proof_size, &found);
}

/* Offsets of n proofs; INVALID_ARGUMENT for an index past the end. */
static pyaccel_status proof_offsets(uint64_t *offsets, const pyaccel_merkle_tree *tree,
                                    const uint64_t *indices, uint64_t n)
{
    offsets[0] = 0;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t index = indices[i];
        if (index >= tree->n) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        offsets[i + 1] = offsets[i] + (uint64_t)inclusion_count(tree, index) * NODE;
    }
    return PYACCEL_OK;
}

static pyaccel_status write_proofs(uint8_t *proofs, uint64_t proofs_size, uint64_t *offsets,
                                   const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                   uint64_t n, const pyaccel_rows *leaves)
{
    pa_view view;
    pyaccel_status status = pa_view_start(&view, tree, leaves);
    offsets[0] = 0;
    for (uint64_t i = 0; i < n && status == PYACCEL_OK; i++) {
        collected found;
        const uint64_t index = indices[i];
        if (index >= tree->n) {
            status = PYACCEL_INVALID_ARGUMENT;
            break;
        }
        status = collect_inclusion(&found, &view, index);
        const uint64_t size = (uint64_t)found.count * NODE;
        if (status == PYACCEL_OK && size > proofs_size - offsets[i]) {
            status = PYACCEL_INVALID_ARGUMENT;
        }
        if (status == PYACCEL_OK) {
            memcpy(proofs + offsets[i], found.nodes, size);
            offsets[i + 1] = offsets[i] + size;
        }
    }
    pa_view_end(&view);
    return status;
}

pyaccel_status pyaccel_merkle_tree_proofs(uint8_t *proofs, uint64_t proofs_size, uint64_t *offsets,
                                          const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                          uint64_t n, const pyaccel_rows *leaves)
{
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    if (offsets == NULL || n >= SIZE_MAX / sizeof *offsets) {
        return status;
    }
    if (tree != NULL && (n == 0 || indices != NULL)) {
        status = proofs == NULL
                     ? proof_offsets(offsets, tree, indices, n)
                     : write_proofs(proofs, proofs_size, offsets, tree, indices, n, leaves);
    }
    if (status != PYACCEL_OK) {
        memset(offsets, 0, (n + 1) * sizeof *offsets);
        if (proofs != NULL) {
            memset(proofs, 0, proofs_size);
        }
    }
    return status;
}

/* ---- consistency ----------------------------------------------------------------------------- */

/* Largest power of two below n, as its exponent. Before: n > 1. */
static unsigned split_exponent(uint64_t n)
{
    return pa_merkle_height(n) - 1;
}

/* PROOF(m, D[begin : end]) of RFC 9162, from the root down; nodes are collected in that order and then turned round. */
static pyaccel_status collect_consistency(collected *found, pa_view *view, uint64_t m)
{
    uint64_t begin = 0, end = view->tree->n;
    pyaccel_status status = PYACCEL_OK;
    /* The verifier has the root of the old leaves from `begin` on: it is the old root itself. */
    bool known = true;
    while (m != end - begin && status == PYACCEL_OK) {
        unsigned k = split_exponent(end - begin);
        uint64_t half = UINT64_C(1) << k;
        uint8_t *node = found->nodes[found->count++];
        if (m <= half) {
            status = pa_view_node(view, node, k, (begin + half) >> k);
            end = begin + half;
        } else {
            status = pa_view_node(view, node, k, begin >> k);
            begin += half;
            m -= half;
            known = false;
        }
    }
    if (!known && status == PYACCEL_OK) {
        unsigned k = pa_merkle_height(end - begin);
        status = pa_view_node(view, found->nodes[found->count++], k, begin >> k);
    }
    for (uint32_t i = 0; i < found->count / 2; i++) {
        uint8_t swap[NODE];
        memcpy(swap, found->nodes[i], NODE);
        memcpy(found->nodes[i], found->nodes[found->count - 1 - i], NODE);
        memcpy(found->nodes[found->count - 1 - i], swap, NODE);
    }
    return status;
}

pyaccel_status pyaccel_merkle_tree_consistency_proof_of(uint8_t *proof, uint64_t *proof_size,
                                                        const pyaccel_merkle_tree *tree,
                                                        uint64_t old_size,
                                                        const pyaccel_rows *leaves)
{
    collected found = {.count = 0};
    pa_view view;
    if (proof_size == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    if (tree != NULL && !tree->merkle.form->consistency) {
        status = PYACCEL_UNSUPPORTED;
    } else if (tree != NULL && old_size <= tree->n) {
        status = pa_view_start(&view, tree, leaves);
        if (status == PYACCEL_OK && old_size != 0 && old_size != tree->n) {
            status = collect_consistency(&found, &view, old_size);
        }
        pa_view_end(&view);
    }
    if (status != PYACCEL_OK) {
        *proof_size = 0;
        return status;
    }
    return give(proof, proof_size, &found);
}

pyaccel_status pyaccel_merkle_tree_consistency_proof(uint8_t *proof, uint64_t *proof_size,
                                                     const pyaccel_merkle_tree *tree,
                                                     uint64_t old_size)
{
    return pyaccel_merkle_tree_consistency_proof_of(proof, proof_size, tree, old_size, NULL);
}
