/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs out of a kept tree: every node that they need stands in some layer. RFC 9162 2.1.3.1 and 2.1.4.1. */
#include <string.h>

#include "tree.h"

#define MAX_PROOF 64u /* nodes: one a layer */

/* Node `index` of layer k: the root of the subtree over leaves [index * 2^k, min((index + 1) * 2^k, n)). */
static const uint8_t *node_at(const pyaccel_merkle_tree *tree, unsigned k, uint64_t index)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < k; i++) {
        below += pa_merkle_layer_size(tree->n, i);
    }
    return tree->nodes + (below + index) * NODE;
}

/* Hands `count` collected nodes to the caller, or their size alone. */
static pyaccel_status give(uint8_t *proof, uint64_t *proof_size, const uint8_t *const *nodes,
                           uint32_t count)
{
    uint64_t capacity = *proof_size;
    *proof_size = (uint64_t)count * NODE;
    if (proof == NULL) {
        return PYACCEL_OK;
    }
    if (capacity < *proof_size) {
        *proof_size = 0;
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(proof + i * NODE, nodes[i], NODE);
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_merkle_tree_proof(uint8_t *proof, uint64_t *proof_size,
                                         const pyaccel_merkle_tree *tree, uint64_t index)
{
    const uint8_t *nodes[MAX_PROOF];
    uint32_t count = 0;
    if (proof_size == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (tree == NULL || index >= tree->n) {
        *proof_size = 0;
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (unsigned k = 0; k < pa_merkle_height(tree->n); k++, index /= 2) {
        bool alone = index % 2 == 0 && index + 1 == pa_merkle_layer_size(tree->n, k);
        if (!alone) {
            nodes[count++] = node_at(tree, k, index ^ 1);
        } else if (tree->form == PYACCEL_MERKLE_BITCOIN) {
            nodes[count++] = node_at(tree, k, index);
        }
    }
    return give(proof, proof_size, nodes, count);
}

/* Largest power of two below n, as its exponent. Before: n > 1. */
static unsigned split_exponent(uint64_t n)
{
    return pa_merkle_height(n) - 1;
}

/* PROOF(m, D[begin : end]) of RFC 9162, from the root down; nodes are collected in that order and then turned round. */
static uint32_t collect_consistency(const uint8_t **nodes, const pyaccel_merkle_tree *tree,
                                    uint64_t m)
{
    uint32_t count = 0;
    uint64_t begin = 0, end = tree->n;
    /* The verifier has the root of the old leaves from `begin` on: it is the old root itself. */
    bool known = true;
    while (m != end - begin) {
        unsigned k = split_exponent(end - begin);
        uint64_t half = UINT64_C(1) << k;
        if (m <= half) {
            nodes[count++] = node_at(tree, k, (begin + half) >> k);
            end = begin + half;
        } else {
            nodes[count++] = node_at(tree, k, begin >> k);
            begin += half;
            m -= half;
            known = false;
        }
    }
    if (!known) {
        unsigned k = pa_merkle_height(end - begin);
        nodes[count++] = node_at(tree, k, begin >> k);
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        const uint8_t *swap = nodes[i];
        nodes[i] = nodes[count - 1 - i];
        nodes[count - 1 - i] = swap;
    }
    return count;
}

pyaccel_status pyaccel_merkle_tree_consistency_proof(uint8_t *proof, uint64_t *proof_size,
                                                     const pyaccel_merkle_tree *tree,
                                                     uint64_t old_size)
{
    const uint8_t *nodes[MAX_PROOF + 1];
    if (proof_size == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (tree == NULL || old_size > tree->n || tree->form != PYACCEL_MERKLE_RFC6962) {
        *proof_size = 0;
        return tree != NULL && tree->form != PYACCEL_MERKLE_RFC6962 ? PYACCEL_UNSUPPORTED
                                                                    : PYACCEL_INVALID_ARGUMENT;
    }
    uint32_t count =
        old_size == 0 || old_size == tree->n ? 0 : collect_consistency(nodes, tree, old_size);
    return give(proof, proof_size, nodes, count);
}
