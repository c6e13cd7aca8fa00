/* SPDX-License-Identifier: Apache-2.0 */
/* Inclusion and consistency proofs. RFC 9162 2.1.3.2 and 2.1.4.2; for Bitcoin the same walk with its own odd nodes. */
#include <string.h>

#include "tree.h"

#define CHUNK 128u /* rows that climb together, so that each level is one batch of hashes */

typedef struct {
    const pa_merkle *merkle;
    uint8_t *verdicts;
    const pyaccel_rows *roots, *leaves, *proofs;
    const uint64_t *indices, *sizes;
    uint64_t sizes_count;
} proof_batch;

/* One row's way from its leaf to the root. */
typedef struct {
    uint64_t index, last; /* position in this layer, and that of the layer's last node */
    pa_bytes proof;       /* what is left of it */
    pa_bytes root;
    bool live;
} climber;

typedef struct {
    climber rows[CHUNK];
    uint8_t nodes[CHUNK][NODE];
    uint8_t pairs[CHUNK][2 * NODE];
    uint8_t parents[CHUNK][NODE];
    uint32_t slot[CHUNK]; /* row of each pair */
} proof_chunk;

/* Reads one row; it is not live when no proof could make it valid. */
static bool read_row(const proof_batch *batch, climber *row, uint64_t i)
{
    uint64_t size = batch->sizes[batch->sizes_count == 1 ? 0 : i];
    uint64_t index = batch->indices[i];
    *row = (climber){.index = index, .last = size - 1};
    if (!pa_rows_get(&row->root, batch->roots, i) || !pa_rows_get(&row->proof, batch->proofs, i)) {
        return false;
    }
    row->live = index < size && row->root.size == NODE && row->proof.size % NODE == 0;
    return true;
}

static pyaccel_status read_rows(const proof_batch *batch, proof_chunk *chunk, uint64_t first,
                                uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!read_row(batch, &chunk->rows[i], first + i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
    }
    if (batch->merkle->form != PYACCEL_MERKLE_BITCOIN) {
        return pa_merkle_leaves(batch->merkle, chunk->nodes[0], batch->leaves, first, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        pa_bytes leaf;
        if (!pa_rows_get(&leaf, batch->leaves, first + i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        if (leaf.size == NODE) {
            memcpy(chunk->nodes[i], leaf.data, NODE);
        } else {
            chunk->rows[i].live = false;
        }
    }
    return PYACCEL_OK;
}

/* Takes a row one layer up: true when pair holds what is to be hashed; false when the row has come to its end, then
 * *verdict says how. */
static bool step_up(uint32_t form, climber *row, const uint8_t *node, uint8_t *pair,
                    uint8_t *verdict)
{
    bool bitcoin = form == PYACCEL_MERKLE_BITCOIN;
    while (!bitcoin && row->last != 0 && row->index == row->last && row->index % 2 == 0) {
        row->index >>= 1; /* promoted unchanged */
        row->last >>= 1;
    }
    if (row->last == 0) {
        *verdict = row->proof.size == 0 && memcmp(node, row->root.data, NODE) == 0;
        return false;
    }
    if (row->proof.size == 0) {
        return false;
    }
    const uint8_t *sibling = row->proof.data;
    bool alone = row->index == row->last && row->index % 2 == 0;
    if (bitcoin && alone != (memcmp(sibling, node, NODE) == 0)) {
        return false;
    }
    memcpy(pair, row->index % 2 ? sibling : node, NODE);
    memcpy(pair + NODE, row->index % 2 ? node : sibling, NODE);
    row->proof.data += NODE;
    row->proof.size -= NODE;
    row->index >>= 1;
    row->last >>= 1;
    return true;
}

static pyaccel_status verify_chunk(const proof_batch *batch, proof_chunk *chunk, uint64_t first,
                                   uint32_t count)
{
    pyaccel_status status = read_rows(batch, chunk, first, count);
    uint32_t climbing = 1;
    memset(batch->verdicts + first, 0, count);
    while (status == PYACCEL_OK && climbing > 0) {
        climbing = 0;
        for (uint32_t i = 0; i < count; i++) {
            climber *row = &chunk->rows[i];
            if (!row->live) {
                continue;
            }
            row->live = step_up(batch->merkle->form, row, chunk->nodes[i], chunk->pairs[climbing],
                                &batch->verdicts[first + i]);
            if (row->live) {
                chunk->slot[climbing++] = i;
            }
        }
        status = pa_merkle_pairs(batch->merkle, chunk->parents[0], chunk->pairs[0], climbing);
        for (uint32_t i = 0; i < climbing; i++) {
            memcpy(chunk->nodes[chunk->slot[i]], chunk->parents[i], NODE);
        }
    }
    return status;
}

static pyaccel_status verify_range(void *context, uint64_t first, uint64_t last)
{
    const proof_batch *batch = context;
    proof_chunk chunk;
    pyaccel_status status = PYACCEL_OK;
    for (; first < last && status == PYACCEL_OK; first += CHUNK) {
        status = verify_chunk(batch, &chunk, first,
                              last - first < CHUNK ? (uint32_t)(last - first) : CHUNK);
    }
    return status;
}

pyaccel_status pyaccel_merkle_verify_many(uint8_t *verdicts, uint64_t verdicts_size, uint32_t form,
                                          const pyaccel_rows *roots, const pyaccel_rows *leaves,
                                          const uint64_t *indices, const pyaccel_rows *proofs,
                                          const uint64_t *sizes, uint64_t sizes_count, uint64_t n,
                                          const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    bool sound = pa_rows_valid(roots, n) && pa_rows_valid(leaves, n) && pa_rows_valid(proofs, n) &&
                 verdicts_size >= n && (sizes_count == n || sizes_count == 1) &&
                 (n == 0 || (verdicts != NULL && indices != NULL && sizes != NULL)) &&
                 !pa_rows_overlap(roots, n, verdicts, n) &&
                 !pa_rows_overlap(leaves, n, verdicts, n) &&
                 !pa_rows_overlap(proofs, n, verdicts, n);
    if (sound) {
        status = pa_merkle_start(&merkle, form, options);
    }
    if (status == PYACCEL_OK) {
        proof_batch batch = {&merkle, verdicts, roots, leaves, proofs, indices, sizes, sizes_count};
        status = pa_parallel(merkle.threads, n, CHUNK, verify_range, &batch, NULL, NULL);
    }
    if (status != PYACCEL_OK && verdicts != NULL) {
        memset(verdicts, 0, (size_t)(n < verdicts_size ? n : verdicts_size));
    }
    return status;
}

/* Folds one proof node into both roots; before: *last > 0. */
static pyaccel_status fold(const pa_merkle *merkle, uint8_t *old_node, uint8_t *new_node,
                           const uint8_t *sibling, uint64_t *index, uint64_t *last)
{
    uint8_t pairs[2][2 * NODE];
    uint8_t parents[2][NODE];
    bool right = *index % 2 || *index == *last; /* the sibling stands to the left of both */
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *node = i ? new_node : old_node;
        memcpy(pairs[i], right ? sibling : node, NODE);
        memcpy(pairs[i] + NODE, right ? node : sibling, NODE);
    }
    pyaccel_status status = pa_merkle_pairs(merkle, parents[0], pairs[0], 2);
    if (right) {
        memcpy(old_node, parents[0], NODE);
        while (*index % 2 == 0 && *index != 0) {
            *index >>= 1;
            *last >>= 1;
        }
    }
    memcpy(new_node, parents[1], NODE);
    *index >>= 1;
    *last >>= 1;
    return status;
}

/* The walk of RFC 9162 2.1.4.2 for 0 < old_size < new_size. */
static pyaccel_status walk_consistency(const pa_merkle *merkle, uint8_t *verdict,
                                       const uint8_t *old_root, const uint8_t *new_root,
                                       uint64_t old_size, uint64_t new_size, const uint8_t *proof,
                                       uint64_t proof_size)
{
    uint8_t old_node[NODE], new_node[NODE];
    uint64_t index = old_size - 1, last = new_size - 1;
    bool power_of_two = (old_size & (old_size - 1)) == 0;
    if (proof_size == 0) {
        return PYACCEL_OK;
    }
    memcpy(old_node, power_of_two ? old_root : proof, NODE);
    memcpy(new_node, old_node, NODE);
    while (index % 2) {
        index >>= 1;
        last >>= 1;
    }
    for (uint64_t done = power_of_two ? 0 : NODE; done < proof_size; done += NODE) {
        if (last == 0) {
            return PYACCEL_OK;
        }
        pyaccel_status status = fold(merkle, old_node, new_node, proof + done, &index, &last);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    *verdict =
        last == 0 && memcmp(old_node, old_root, NODE) == 0 && memcmp(new_node, new_root, NODE) == 0;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_merkle_verify_consistency(uint8_t *verdict, uint32_t form,
                                                 const uint8_t *old_root, const uint8_t *new_root,
                                                 uint64_t old_size, uint64_t new_size,
                                                 const uint8_t *proof, uint64_t proof_size,
                                                 const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (verdict == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *verdict = 0;
    if (old_root == NULL || new_root == NULL || (proof == NULL && proof_size > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (form != PYACCEL_MERKLE_RFC6962) {
        return PYACCEL_UNSUPPORTED;
    }
    if (old_size > new_size || proof_size % NODE != 0) {
        return PYACCEL_OK;
    }
    if (old_size == 0 || old_size == new_size) {
        *verdict = proof_size == 0 &&
                   (old_size != new_size || memcmp(old_root, new_root, NODE) == 0) &&
                   (old_size != 0 || memcmp(old_root, pa_merkle_empty_root, NODE) == 0);
        return PYACCEL_OK;
    }
    return walk_consistency(&merkle, verdict, old_root, new_root, old_size, new_size, proof,
                            proof_size);
}
