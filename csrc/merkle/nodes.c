/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes and parents in batches, per form, and the way from the node over all leaves to the root. */
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "../hash/hash.h"
#include "../tables/ssz_zero_hashes.h"
#include "tree.h"

/* Domain separation of RFC 6962. */
static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

/* Nodes a range of threads: about 100 microseconds of hashing, enough to outweigh handing it over. */
#define GRAIN 1024u

/* Rows whose digests are hashed once more go through a buffer together. */
#define BUFFERED_ROWS 256u

/* Rows that are joined with their prefix together, for algorithms that do not take segments. */
#define JOINED_ROWS 64u
#define JOINED_BYTES 8192u

/* Algorithms that are no chain of padded blocks: they hash whole messages. */
static bool wants_whole_messages(uint32_t algorithm)
{
    return algorithm == PYACCEL_HASH_BLAKE2B_256 || algorithm == PYACCEL_HASH_BLAKE2S_256 ||
           algorithm == PYACCEL_HASH_BLAKE3;
}

static pyaccel_status hash_whole(uint32_t algorithm, uint8_t *digests, const pyaccel_rows *rows,
                                 uint64_t n)
{
    static const pyaccel_hash_options one_thread = {.struct_size = sizeof one_thread, .threads = 1};
    return pyaccel_hash_many(digests, n * NODE, algorithm, rows, n, &one_thread);
}

/* digest = H(prefix || row) for a row too long for hash_joined's buffer. */
static pyaccel_status hash_long(uint32_t algorithm, uint8_t *digest, uint8_t prefix, pa_bytes row)
{
    if (row.size >= SIZE_MAX) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    uint8_t *joined = malloc(row.size + 1);
    if (joined == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    joined[0] = prefix;
    memcpy(joined + 1, row.data, row.size);
    const pyaccel_rows rows = {
        .data = joined, .data_size = row.size + 1, .width = row.size + 1, .stride = row.size + 1};
    pyaccel_status status = hash_whole(algorithm, digest, &rows, 1);
    free(joined);
    return status;
}

/* digests[i] = H(prefix || row first + i), joined in a buffer. */
static pyaccel_status hash_joined(uint32_t algorithm, uint8_t *digests, uint8_t prefix,
                                  const pyaccel_rows *rows, uint64_t first, uint64_t n)
{
    uint8_t buffer[JOINED_BYTES];
    uint64_t offsets[JOINED_ROWS + 1] = {0};
    const pyaccel_rows joined = {
        .data = buffer, .data_size = sizeof buffer, .offsets = offsets, .offset_bits = 64};
    uint64_t done = 0, held = 0;
    pyaccel_status status = PYACCEL_OK;
    while (status == PYACCEL_OK && done + held < n) {
        pa_bytes row;
        if (!pa_rows_get(&row, rows, first + done + held)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        const bool fits = row.size < JOINED_BYTES && row.size < JOINED_BYTES - offsets[held];
        if (fits) {
            buffer[offsets[held]] = prefix;
            if (row.size > 0) {
                memcpy(buffer + offsets[held] + 1, row.data, row.size);
            }
            offsets[held + 1] = offsets[held] + 1 + row.size;
            held++;
        }
        if (held > 0 && (!fits || held == JOINED_ROWS || done + held == n)) {
            status = hash_whole(algorithm, digests + done * NODE, &joined, held);
            done += held;
            held = 0;
        } else if (!fits) {
            status = hash_long(algorithm, digests + done * NODE, prefix, row);
            done++;
        }
    }
    return status;
}

/* digests[i] = H(prefix || row first + i). */
static pyaccel_status hash_prefixed(uint32_t algorithm, uint8_t *digests, const uint8_t *prefix,
                                    const pyaccel_rows *rows, uint64_t first, uint64_t n)
{
    if (wants_whole_messages(algorithm)) {
        return hash_joined(algorithm, digests, *prefix, rows, first, n);
    }
    const pyaccel_rows segments[2] = {{.data = prefix, .data_size = 1, .width = 1}, *rows};
    return pa_hash_segments(algorithm, digests, NODE, NULL, segments, 2, first, n);
}

const uint8_t *pa_merkle_nodes_in_place(const pa_merkle *merkle, const pyaccel_rows *leaves)
{
    const bool contiguous = merkle->form->leaf == PA_LEAF_NODE && leaves->offset_bits == 0 &&
                            leaves->width == NODE && leaves->stride == NODE;
    return contiguous ? leaves->data : NULL;
}

static pyaccel_status copy_nodes(const pa_merkle *merkle, uint8_t *nodes,
                                 const pyaccel_rows *leaves, uint64_t first, uint64_t n)
{
    const uint8_t *there = pa_merkle_nodes_in_place(merkle, leaves);
    if (there != NULL) {
        memcpy(nodes, there + first * NODE, n * NODE);
        return PYACCEL_OK;
    }
    for (uint64_t i = 0; i < n; i++) {
        pa_bytes leaf;
        if (!pa_rows_get(&leaf, leaves, first + i) || leaf.size != NODE) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        memcpy(nodes + i * NODE, leaf.data, NODE);
    }
    return PYACCEL_OK;
}

/* nodes[i] = H(H(leaf)), each step in its lanes. */
static pyaccel_status hash_twice(uint32_t algorithm, uint8_t *nodes, const pyaccel_rows *leaves,
                                 uint64_t first, uint64_t n)
{
    uint8_t inner[BUFFERED_ROWS * NODE];
    const pyaccel_rows rows = {
        .data = inner, .data_size = sizeof inner, .width = NODE, .stride = NODE};
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t done = 0; done < n && status == PYACCEL_OK; done += BUFFERED_ROWS) {
        const uint64_t count = n - done < BUFFERED_ROWS ? n - done : BUFFERED_ROWS;
        status = pa_hash_segments(algorithm, inner, NODE, NULL, leaves, 1, first + done, count);
        if (status == PYACCEL_OK) {
            status =
                pa_hash_segments(algorithm, nodes + done * NODE, NODE, NULL, &rows, 1, 0, count);
        }
    }
    return status;
}

pyaccel_status pa_merkle_leaves(const pa_merkle *merkle, uint8_t *nodes, const pyaccel_rows *leaves,
                                uint64_t first, uint64_t n)
{
    if (n == 0) {
        return PYACCEL_OK;
    }
    switch (merkle->form->leaf) {
    case PA_LEAF_PREFIXED:
        return hash_prefixed(merkle->algorithm, nodes, &leaf_prefix, leaves, first, n);
    case PA_LEAF_TWICE:
        return hash_twice(merkle->algorithm, nodes, leaves, first, n);
    case PA_LEAF_NODE:
    default:
        return copy_nodes(merkle, nodes, leaves, first, n);
    }
}

typedef struct {
    const pa_merkle *merkle;
    uint8_t *nodes;
    const pyaccel_rows *leaves;
} leaf_batch;

static pyaccel_status hash_leaves(void *context, uint64_t first, uint64_t last)
{
    const leaf_batch *batch = context;
    return pa_merkle_leaves(batch->merkle, batch->nodes + first * NODE, batch->leaves, first,
                            last - first);
}

pyaccel_status pa_merkle_leaves_parallel(const pa_merkle *merkle, uint8_t *nodes,
                                         const pyaccel_rows *leaves, uint64_t n)
{
    leaf_batch batch = {merkle, nodes, leaves};
    return pa_parallel(merkle->threads, n, GRAIN, hash_leaves, &batch, NULL, NULL);
}

void pa_merkle_pairing_start(pa_merkle_pairing *pairing, const pa_merkle *merkle, uint64_t most)
{
    const pa_merkle_form *form = merkle->form;
    pairing->merkle = merkle;
    pairing->whole_messages = wants_whole_messages(merkle->algorithm);
    if (!pairing->whole_messages) {
        pa_hash_pairs_start(&pairing->pairs, merkle->algorithm,
                            form->prefixed ? &node_prefix : NULL, form->sorted_pairs, most);
    }
}

pyaccel_status pa_merkle_pairing_run(pa_merkle_pairing *pairing, uint8_t *parents,
                                     const uint8_t *nodes, uint64_t n)
{
    if (pairing->whole_messages) { /* of logs alone, which prefix them */
        const pyaccel_rows rows = {
            .data = nodes, .data_size = n * 2 * NODE, .width = 2 * NODE, .stride = 2 * NODE};
        return hash_joined(pairing->merkle->algorithm, parents, node_prefix, &rows, 0, n);
    }
    pa_hash_pairs_run(&pairing->pairs, parents, nodes, n);
    return PYACCEL_OK;
}

void pa_merkle_pairing_end(const pa_merkle_pairing *pairing)
{
    if (!pairing->whole_messages) {
        pa_hash_pairs_end(&pairing->pairs);
    }
}

pyaccel_status pa_merkle_pairs(const pa_merkle *merkle, uint8_t *parents, const uint8_t *pairs,
                               uint64_t n)
{
    pa_merkle_pairing pairing;
    pa_merkle_pairing_start(&pairing, merkle, n);
    pyaccel_status status = pa_merkle_pairing_run(&pairing, parents, pairs, n);
    pa_merkle_pairing_end(&pairing);
    return status;
}

typedef struct {
    const pa_merkle *merkle;
    uint8_t *parents;
    const uint8_t *pairs;
} pair_batch;

static pyaccel_status hash_range(void *context, uint64_t first, uint64_t last)
{
    const pair_batch *batch = context;
    return pa_merkle_pairs(batch->merkle, batch->parents + first * NODE,
                           batch->pairs + 2 * first * NODE, last - first);
}

pyaccel_status pa_merkle_pairs_parallel(const pa_merkle *merkle, uint8_t *parents,
                                        const uint8_t *pairs, uint64_t n)
{
    pair_batch batch = {merkle, parents, pairs};
    return pa_parallel(merkle->threads, n, GRAIN, hash_range, &batch, NULL, NULL);
}

unsigned pa_merkle_depth(const pa_merkle *merkle, uint64_t n)
{
    return pa_merkle_height(merkle->limit ? merkle->limit : n);
}

void pa_merkle_length_chunk(const pa_merkle *merkle, uint8_t *chunk, uint64_t n)
{
    memset(chunk, 0, NODE);
    pa_store_le64(chunk, merkle->mix_in_length == PYACCEL_MERKLE_MIX_IN_SIZE ? n : merkle->length);
}

/* root = what stands above itself, the node of height `height` over n > 0 or no leaves: zeros beside it up to `depth`, and the
 * length. */
static pyaccel_status pad_and_mix_in(const pa_merkle *merkle, uint8_t *root, unsigned height,
                                     unsigned depth, uint64_t n)
{
    pa_merkle_pairing pairing;
    uint8_t pair[2 * NODE];
    pyaccel_status status = PYACCEL_OK;
    pa_merkle_pairing_start(&pairing, merkle, 1);
    for (unsigned k = height; k < depth && status == PYACCEL_OK; k++) {
        memcpy(pair, root, NODE);
        memcpy(pair + NODE, pa_ssz_zero_hashes[k], NODE);
        status = pa_merkle_pairing_run(&pairing, root, pair, 1);
    }
    if (merkle->mix_in_length != 0 && status == PYACCEL_OK) {
        memcpy(pair, root, NODE);
        pa_merkle_length_chunk(merkle, pair + NODE, n);
        status = pa_merkle_pairing_run(&pairing, root, pair, 1);
    }
    pa_merkle_pairing_end(&pairing);
    return status;
}

pyaccel_status pa_merkle_finish(const pa_merkle *merkle, uint8_t *root, const uint8_t *top,
                                uint64_t n)
{
    if (merkle->form->odd != PA_ODD_ZERO) {
        if (n > 0) {
            memcpy(root, top, NODE);
            return PYACCEL_OK;
        }
        const pyaccel_rows nothing = {.width = 0};
        return hash_whole(merkle->algorithm, root, &nothing, 1);
    }
    const unsigned depth = pa_merkle_depth(merkle, n), height = n > 0 ? pa_merkle_height(n) : depth;
    memcpy(root, n > 0 ? top : pa_ssz_zero_hashes[depth], NODE);
    return height < depth || merkle->mix_in_length != 0
               ? pad_and_mix_in(merkle, root, height, depth, n)
               : PYACCEL_OK;
}
