/* SPDX-License-Identifier: Apache-2.0 */
/* Multiproofs verified. OpenZeppelin Contracts, MerkleProof.processMultiProof; Ethereum consensus-specs,
 * ssz/merkle-proofs.md, calculate_multi_merkle_root. Whatever can be hashed together is. */
#include <stdlib.h>
#include <string.h>

#include "multiproof.h"
#include "tree.h"

/* What comes in, checked as far as sizes go. */
typedef struct {
    const pa_merkle *merkle;
    const uint8_t *root;
    const uint8_t *proof;
    uint64_t proof_nodes;
    const uint8_t *flags;
    uint64_t flag_count;
    const uint64_t *indices;
    uint64_t n;
} question;

/* ---- flags ----------------------------------------------------------------------------------- */

/* The queue that processMultiProof takes from: leaves, then parents as far as they are made. */
typedef struct {
    const uint8_t *leaves, *parents;
    uint64_t leaf_count, made, taken;
} queue;

/* NULL when there is nothing to take as yet. */
static const uint8_t *take(queue *from)
{
    const uint64_t i = from->taken;
    if (i >= from->leaf_count + from->made) {
        return NULL;
    }
    from->taken++;
    return i < from->leaf_count ? from->leaves + i * NODE
                                : from->parents + (i - from->leaf_count) * NODE;
}

/* Fills pairs for parents from->made, made + 1, ... up to one whose children are not there yet; *used: nodes of the proof.
 * Returns how many; 0 when the proof or the flags are malformed. */
static uint64_t ready_pairs(const question *ask, queue *from, uint64_t *used, uint8_t *pairs)
{
    uint64_t count = 0;
    for (uint64_t i = from->made; i < ask->flag_count; i++, count++) {
        const uint64_t taken = from->taken, used_before = *used;
        const uint8_t *first = take(from), *second = NULL;
        const uint8_t flag = ask->flags[i];
        if (flag > 1) {
            return 0;
        }
        if (flag == 1) {
            second = take(from);
        } else if (*used < ask->proof_nodes) {
            second = ask->proof + (*used)++ * NODE;
        } else {
            return 0;
        }
        if (first == NULL || second == NULL) {
            *used = used_before;
            from->taken = taken;
            break;
        }
        memcpy(pairs + 2 * count * NODE, first, NODE);
        memcpy(pairs + (2 * count + 1) * NODE, second, NODE);
    }
    return count;
}

/* parents, pairs: room for flag_count of them. */
static pyaccel_status follow_flags(const question *ask, uint8_t *verdict, const uint8_t *nodes,
                                   uint8_t *parents, uint8_t *pairs)
{
    queue from = {nodes, parents, ask->n, 0, 0};
    uint64_t used = 0;
    while (from.made < ask->flag_count) {
        const uint64_t count = ready_pairs(ask, &from, &used, pairs);
        if (count == 0) {
            return PYACCEL_OK;
        }
        pyaccel_status status =
            pa_merkle_pairs_parallel(ask->merkle, parents + from.made * NODE, pairs, count);
        if (status != PYACCEL_OK) {
            return status;
        }
        from.made += count;
    }
    const uint8_t *last = ask->flag_count > 0 ? parents + (ask->flag_count - 1) * NODE
                          : ask->n > 0        ? nodes
                                              : ask->proof;
    const uint64_t all = ask->flag_count > 0 || ask->n > 0 ? ask->proof_nodes : 0;
    *verdict = used == all && memcmp(last, ask->root, NODE) == 0;
    return PYACCEL_OK;
}

/* Each parent has two children: leaves, nodes of the proof, and parents but the last. */
static bool flags_fit(const question *ask)
{
    return ask->proof_nodes <= UINT64_MAX - ask->n && ask->flag_count < UINT64_MAX &&
           ask->n + ask->proof_nodes == ask->flag_count + 1;
}

static pyaccel_status by_flags(const question *ask, uint8_t *verdict, const uint8_t *nodes)
{
    if (ask->flag_count > SIZE_MAX / (3 * NODE) - 1) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    uint8_t *space = malloc((ask->flag_count + 1) * 3 * NODE);
    if (space == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status =
        follow_flags(ask, verdict, nodes, space, space + ask->flag_count * NODE);
    free(space);
    return status;
}

/* ---- generalized indices --------------------------------------------------------------------- */

/* One layer in the making: its nodes descending, each pair's bytes in place. */
typedef struct {
    pa_numbered *known; /* given ones, descending */
    uint64_t next;      /* first that is not used */
    uint64_t *made;     /* indices of this layer that were made, descending */
    uint64_t made_count;
    const uint8_t *given;  /* bytes of the given ones, by place */
    const uint8_t *hashed; /* bytes of the made ones */
    uint8_t *pairs;
    uint64_t used; /* nodes of the proof */
} layer;

typedef struct {
    uint64_t index; /* 0: none */
    const uint8_t *node;
} found;

/* The greatest of this depth, from both lists: *twice when it is in both. */
static found peek(const question *ask, const layer *at, uint64_t i, unsigned depth, bool *twice)
{
    found made = {0, NULL}, given = {0, NULL};
    if (i < at->made_count) {
        made = (found){at->made[i], at->hashed + i * NODE};
    }
    if (at->next < ask->n && pa_numbered_depth(at->known[at->next].index) == depth) {
        const pa_numbered *known = &at->known[at->next];
        given = (found){known->index, at->given + known->place * NODE};
    }
    *twice = made.index != 0 && made.index == given.index;
    return made.index > given.index ? made : given;
}

/* Takes the greatest; false when the layer is done or holds a node twice (*bad). */
static bool pull(const question *ask, layer *at, uint64_t *i, unsigned depth, found *node,
                 bool *bad)
{
    bool twice;
    *node = peek(ask, at, *i, depth, &twice);
    *bad = *bad || twice;
    if (node->index == 0 || twice) {
        return false;
    }
    if (*i < at->made_count && at->made[*i] == node->index) {
        ++*i;
    } else {
        at->next++;
        /* The same index given again. */
        *bad = *bad || (at->next < ask->n && at->known[at->next].index == node->index);
    }
    return !*bad;
}

/* Pairs of a layer with what the proof holds; their indices into `up`. False when the proof does not fit. */
static bool pair_layer(const question *ask, layer *at, unsigned depth, uint64_t *up,
                       uint64_t *count)
{
    uint64_t i = 0;
    bool bad = false;
    found node;
    *count = 0;
    while (pull(ask, at, &i, depth, &node, &bad)) {
        found sibling = {node.index ^ 1, NULL};
        bool twice;
        if (node.index % 2 == 1 && peek(ask, at, i, depth, &twice).index == sibling.index) {
            if (!pull(ask, at, &i, depth, &sibling, &bad)) {
                return false;
            }
        } else if (at->used < ask->proof_nodes) {
            sibling.node = ask->proof + at->used++ * NODE;
        } else {
            return false;
        }
        const bool right = node.index % 2 == 1;
        memcpy(at->pairs + 2 * *count * NODE, right ? sibling.node : node.node, NODE);
        memcpy(at->pairs + (2 * *count + 1) * NODE, right ? node.node : sibling.node, NODE);
        up[(*count)++] = node.index / 2;
    }
    return !bad;
}

/* Room at space: n pairs, n nodes, 2 n indices and n numbered nodes. */
static pyaccel_status by_numbers(const question *ask, uint8_t *verdict, const uint8_t *nodes)
{
    const uint64_t n = ask->n;
    const uint64_t row_bytes = 3 * NODE + 2 * sizeof(uint64_t) + sizeof(pa_numbered);
    if (n == 0) {
        return PYACCEL_OK;
    }
    uint8_t *space = n < SIZE_MAX / row_bytes ? malloc(n * row_bytes) : NULL;
    if (space == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pa_numbered *known = (pa_numbered *)(void *)space;
    uint64_t *made = (uint64_t *)(void *)(known + n);
    uint8_t *hashed = (uint8_t *)(made + 2 * n);
    layer at = {
        .known = known, .made = made, .given = nodes, .hashed = hashed, .pairs = hashed + n * NODE};
    bool sound = true;
    for (uint64_t i = 0; i < n; i++) {
        known[i] = (pa_numbered){ask->indices[i], i};
        sound = sound && known[i].index != 0;
    }
    pyaccel_status status = PYACCEL_OK;
    if (sound) {
        pa_numbered_sort(known, n);
        for (unsigned depth = pa_numbered_depth(known[0].index);
             depth > 0 && sound && status == PYACCEL_OK; depth--) {
            uint64_t count, *up = at.made == made ? made + n : made;
            sound = pair_layer(ask, &at, depth, up, &count);
            if (sound) {
                status = pa_merkle_pairs_parallel(ask->merkle, hashed, at.pairs, count);
                at.made = up;
                at.made_count = count;
            }
        }
    }
    if (sound && status == PYACCEL_OK && at.used == ask->proof_nodes) {
        uint64_t i = 0;
        bool bad = false;
        found root, more;
        *verdict = pull(ask, &at, &i, 0, &root, &bad) && memcmp(root.node, ask->root, NODE) == 0 &&
                   !pull(ask, &at, &i, 0, &more, &bad) && !bad && at.next == n;
    }
    free(space);
    return status;
}

/* ---- the call -------------------------------------------------------------------------------- */

/* nodes = leaf nodes; false in *sound when one can't be a node. */
static pyaccel_status leaf_nodes(const question *ask, uint8_t *nodes, const pyaccel_rows *leaves,
                                 bool *sound)
{
    *sound = true;
    if (ask->merkle->form->leaf != PA_LEAF_NODE) {
        return pa_merkle_leaves(ask->merkle, nodes, leaves, 0, ask->n);
    }
    for (uint64_t i = 0; i < ask->n; i++) {
        pa_bytes leaf;
        if (!pa_rows_get(&leaf, leaves, i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        if (leaf.size == NODE) {
            memcpy(nodes + i * NODE, leaf.data, NODE);
        } else {
            *sound = false;
        }
    }
    return PYACCEL_OK;
}

static pyaccel_status answer(const question *ask, uint8_t *verdict, const pyaccel_rows *leaves)
{
    bool sound;
    uint8_t *nodes = ask->n < SIZE_MAX / NODE - 1 ? malloc((ask->n + 1) * NODE) : NULL;
    if (nodes == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = leaf_nodes(ask, nodes, leaves, &sound);
    if (status == PYACCEL_OK && sound) {
        status = ask->merkle->form->odd == PA_ODD_HEAP ? by_flags(ask, verdict, nodes)
                                                       : by_numbers(ask, verdict, nodes);
    }
    free(nodes);
    return status;
}

pyaccel_status pyaccel_merkle_verify_multiproof(uint8_t *verdict, uint32_t form,
                                                const uint8_t *root, const pyaccel_rows *leaves,
                                                const uint64_t *indices, uint64_t n,
                                                const uint8_t *proof, uint64_t proof_size,
                                                const uint8_t *flags, uint64_t flags_size,
                                                const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (verdict == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *verdict = 0;
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    const bool heap = merkle.form->odd == PA_ODD_HEAP;
    if (!heap && merkle.form->odd != PA_ODD_ZERO) {
        return PYACCEL_UNSUPPORTED;
    }
    if (root == NULL || !pa_rows_valid(leaves, n) || (proof == NULL && proof_size > 0) ||
        (flags == NULL && flags_size > 0) ||
        (heap ? indices != NULL : flags_size > 0 || (indices == NULL && n > 0))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (proof_size % NODE != 0) {
        return PYACCEL_OK;
    }
    const question ask = {&merkle, root, proof, proof_size / NODE, flags, flags_size, indices, n};
    if (heap && !flags_fit(&ask)) {
        return PYACCEL_OK; /* before a leaf is looked at: there may be any number of equal ones */
    }
    uint8_t found_right = 0;
    status = answer(&ask, &found_right, leaves);
    *verdict = status == PYACCEL_OK && found_right;
    return status;
}
