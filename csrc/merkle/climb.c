/* SPDX-License-Identifier: Apache-2.0 */
/* From layer to layer.
 * Floor: the kernels' own time. Zen 4, 16 chunks of form ssz, 8 + 4 + 2 + 1 hashes: 208 + 117 + 79 + 75 ns, the last ones waiting
 * for what they hash. Reached: 600; 330 of 271 with 8 chunks, 118 of 75 with 2. The rest is some 550 instructions a call and 180
 * a layer, which no hash has beside it, and a kernel of 7 KB that comes once. Counting batches without an atomic addition: no
 * difference. */
#include <string.h>

#include "../tables/ssz_zero_hashes.h"
#include "tree.h"

/* Heights that pa_hash_subtrees rises at once. */
#define RISE PA_HASH_SUBTREE_HEIGHT

/* Nodes below which that gains nothing. */
#define FEW 256u

const uint8_t *pa_merkle_lone_sibling(const pa_merkle *merkle, const uint8_t *x, unsigned height)
{
    return merkle->form->odd == PA_ODD_ZERO ? pa_ssz_zero_hashes[height] : x;
}

/* *mutated as pa_merkle_climb has it. */
static void find_equal(const pa_merkle *merkle, const uint8_t *nodes, uint64_t pairs,
                       uint32_t *mutated)
{
    if (merkle->form->odd != PA_ODD_TWICE || mutated == NULL) {
        return;
    }
    for (uint64_t i = 0; i < pairs; i++) {
        if (memcmp(nodes + 2 * i * NODE, nodes + (2 * i + 1) * NODE, NODE) == 0) {
            *mutated = 1;
        }
    }
}

/* pa_merkle_parents, of pairs that were made ready for. */
static pyaccel_status parents_of(pa_merkle_pairing *pairing, uint8_t *parents, const uint8_t *nodes,
                                 uint64_t count, unsigned height)
{
    const uint64_t pairs = count / 2;
    pyaccel_status status = pa_merkle_pairing_run(pairing, parents, nodes, pairs);
    if (count % 2 == 0 || status != PYACCEL_OK) {
        return status;
    }
    const uint8_t *last = nodes + 2 * pairs * NODE;
    if (pairing->merkle->form->odd == PA_ODD_PROMOTED) {
        memcpy(parents + pairs * NODE, last, NODE);
        return PYACCEL_OK;
    }
    uint8_t pair[2 * NODE];
    memcpy(pair, last, NODE);
    memcpy(pair + NODE, pa_merkle_lone_sibling(pairing->merkle, last, height), NODE);
    return pa_merkle_pairing_run(pairing, parents + pairs * NODE, pair, 1);
}

pyaccel_status pa_merkle_parents(const pa_merkle *merkle, uint8_t *parents, const uint8_t *nodes,
                                 uint64_t count, unsigned height)
{
    pa_merkle_pairing pairing;
    pa_merkle_pairing_start(&pairing, merkle, (count + 1) / 2);
    pyaccel_status status = parents_of(&pairing, parents, nodes, count, height);
    pa_merkle_pairing_end(&pairing);
    return status;
}

/* Whether nodes are hashes of two nodes and nothing else is asked of those between. */
static bool rises(const pa_merkle *merkle, uint64_t count, unsigned heights)
{
    return count >= FEW && heights >= RISE && !merkle->form->prefixed &&
           merkle->form->odd != PA_ODD_TWICE;
}

/* above = the layer RISE heights over `count` nodes, low subtrees in lanes as wholes; the layers over the others take turns behind
 * it and in its end. above: (count + 1) / 2 nodes. False, and nothing done, where no lanes take them or there is no room. */
static bool rise(pa_merkle_pairing *pairing, uint8_t *above, const uint8_t *nodes, uint64_t count,
                 unsigned height, pyaccel_status *status)
{
    const pa_merkle *merkle = pairing->merkle;
    const uint64_t done = pa_hash_subtrees(merkle->algorithm, above, nodes, count >> RISE,
                                           merkle->form->sorted_pairs);
    const uint64_t rest = count - (done << RISE), first = (rest + 1) / 2, second = (first + 1) / 2;
    if (done == 0 || done + first + second > (count + 1) / 2) {
        return false;
    }
    if (rest > 0) {
        uint8_t *end = above + done * NODE, *later = end + first * NODE;
        *status = parents_of(pairing, end, nodes + (done << RISE) * NODE, rest, height);
        if (*status == PYACCEL_OK) {
            *status = parents_of(pairing, later, end, first, height + 1);
        }
        if (*status == PYACCEL_OK) {
            *status = parents_of(pairing, end, later, second, height + 2);
        }
    }
    return true;
}

pyaccel_status pa_merkle_climb(const pa_merkle *merkle, const uint8_t *lowest, uint8_t **nodes,
                               uint8_t **spare, uint64_t count, unsigned height, unsigned heights,
                               uint32_t *mutated)
{
    pa_merkle_pairing pairing;
    const uint8_t *from = lowest;
    pyaccel_status status = PYACCEL_OK;
    pa_merkle_pairing_start(&pairing, merkle, (count + 1) / 2);
    for (unsigned k = 0; k < heights && status == PYACCEL_OK;) {
        uint8_t *to = *spare;
        if (rises(merkle, count, heights - k) &&
            rise(&pairing, to, from, count, height + k, &status)) {
            count = pa_merkle_layer_size(count, RISE);
            k += RISE;
        } else {
            status = parents_of(&pairing, to, from, count, height + k);
            find_equal(merkle, from, count / 2, mutated); /* which hashing brought near */
            count = (count + 1) / 2;
            k++;
        }
        *spare = *nodes;
        *nodes = to;
        from = to;
    }
    pa_merkle_pairing_end(&pairing);
    return status;
}
