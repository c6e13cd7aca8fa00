/* SPDX-License-Identifier: Apache-2.0 */
/* Inclusion proofs, many at once. RFC 9162 2.1.3.2; for the other forms the same walk with their own odd nodes. */
#include <string.h>

#include "../tables/ssz_zero_hashes.h"
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
    uint64_t size;
    unsigned height;
    pa_bytes proof; /* what is left of it */
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
    const bool heap = batch->merkle->form->odd == PA_ODD_HEAP;
    *row = (climber){.height = 0};
    if (!pa_rows_get(&row->root, batch->roots, i) || !pa_rows_get(&row->proof, batch->proofs, i)) {
        return false;
    }
    row->live = row->root.size == NODE && row->proof.size % NODE == 0;
    if (!heap) {
        row->size = batch->sizes[batch->sizes_count == 1 ? 0 : i];
        row->index = batch->indices[i];
        row->last = row->size - 1;
        row->live = row->live && row->index < row->size &&
                    pa_merkle_size_allowed(batch->merkle, row->size) == PYACCEL_OK;
    }
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
    if (batch->merkle->form->leaf != PA_LEAF_NODE) {
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

/* Whether the next node of the proof may stand beside `node`: what is known of it is what it is. */
static bool sibling_fits(const pa_merkle *merkle, const climber *row, const uint8_t *node)
{
    const uint8_t *sibling = row->proof.data;
    uint8_t length[NODE];
    const bool alone = row->index == row->last && row->index % 2 == 0;
    switch (merkle->form->odd) {
    case PA_ODD_TWICE:
        return alone == (memcmp(sibling, node, NODE) == 0);
    case PA_ODD_ZERO:
        if (row->height == pa_merkle_depth(merkle, row->size)) {
            pa_merkle_length_chunk(merkle, length, row->size);
            return memcmp(sibling, length, NODE) == 0;
        }
        return !alone || memcmp(sibling, pa_ssz_zero_hashes[row->height], NODE) == 0;
    case PA_ODD_PROMOTED:
    case PA_ODD_HEAP:
    default:
        return true;
    }
}

/* Whether the row's node is where the root should be. A heap's proof ends where it ends. */
static bool at_root(const pa_merkle *merkle, const climber *row)
{
    switch (merkle->form->odd) {
    case PA_ODD_HEAP:
        return row->proof.size == 0;
    case PA_ODD_ZERO:
        return row->height ==
               pa_merkle_depth(merkle, row->size) + (merkle->mix_in_length != 0 ? 1u : 0u);
    case PA_ODD_TWICE:
    case PA_ODD_PROMOTED:
    default:
        return row->last == 0;
    }
}

/* Takes a row one layer up: true when pair holds what is to be hashed; false when the row has come to its end, then
 * *verdict says how. */
static bool step_up(const pa_merkle *merkle, climber *row, const uint8_t *node, uint8_t *pair,
                    uint8_t *verdict)
{
    while (merkle->form->odd == PA_ODD_PROMOTED && row->last != 0 && row->index == row->last &&
           row->index % 2 == 0) {
        row->index >>= 1; /* promoted unchanged */
        row->last >>= 1;
    }
    if (at_root(merkle, row)) {
        *verdict = row->proof.size == 0 && memcmp(node, row->root.data, NODE) == 0;
        return false;
    }
    if (row->proof.size == 0 || !sibling_fits(merkle, row, node)) {
        return false;
    }
    const uint8_t *sibling = row->proof.data;
    memcpy(pair, row->index % 2 ? sibling : node, NODE);
    memcpy(pair + NODE, row->index % 2 ? node : sibling, NODE);
    row->proof.data += NODE;
    row->proof.size -= NODE;
    row->index >>= 1;
    row->last >>= 1;
    row->height++;
    return true;
}

/* Called: what hashes pairs and what hashes leaves, one after the other, fit a stack of 128 KiB, but not both at once. */
static __attribute__((noinline)) pyaccel_status climb(const proof_batch *batch, proof_chunk *chunk,
                                                      uint64_t first, uint32_t count)
{
    pa_merkle_pairing pairing;
    pyaccel_status status = PYACCEL_OK;
    uint32_t climbing = 1;
    pa_merkle_pairing_start(&pairing, batch->merkle, count);
    while (status == PYACCEL_OK && climbing > 0) {
        climbing = 0;
        for (uint32_t i = 0; i < count; i++) {
            climber *row = &chunk->rows[i];
            if (!row->live) {
                continue;
            }
            row->live = step_up(batch->merkle, row, chunk->nodes[i], chunk->pairs[climbing],
                                &batch->verdicts[first + i]);
            if (row->live) {
                chunk->slot[climbing++] = i;
            }
        }
        status = pa_merkle_pairing_run(&pairing, chunk->parents[0], chunk->pairs[0], climbing);
        for (uint32_t i = 0; i < climbing; i++) {
            memcpy(chunk->nodes[chunk->slot[i]], chunk->parents[i], NODE);
        }
    }
    pa_merkle_pairing_end(&pairing);
    return status;
}

static pyaccel_status verify_range(void *context, uint64_t first, uint64_t last)
{
    const proof_batch *batch = context;
    proof_chunk chunk;
    pyaccel_status status = PYACCEL_OK;
    for (; first < last && status == PYACCEL_OK; first += CHUNK) {
        const uint32_t count = last - first < CHUNK ? (uint32_t)(last - first) : CHUNK;
        status = read_rows(batch, &chunk, first, count);
        memset(batch->verdicts + first, 0, count);
        if (status == PYACCEL_OK) {
            status = climb(batch, &chunk, first, count);
        }
    }
    return status;
}

/* Whether positions and sizes are as the form has them. */
static bool numbers_fit(uint32_t form, const uint64_t *indices, const uint64_t *sizes,
                        uint64_t sizes_count, uint64_t n)
{
    const pa_merkle_form *found = pa_merkle_form_get(form);
    if (found != NULL && found->odd == PA_ODD_HEAP) {
        return indices == NULL && sizes == NULL && sizes_count == 0;
    }
    return (sizes_count == n || sizes_count == 1) && (n == 0 || (indices != NULL && sizes != NULL));
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
                 verdicts_size >= n && numbers_fit(form, indices, sizes, sizes_count, n) &&
                 (n == 0 || verdicts != NULL) && !pa_rows_overlap(roots, n, verdicts, n) &&
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
