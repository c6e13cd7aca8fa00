/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes and parents in batches, per form. RFC 6962 2.1; Bitcoin Core's consensus/merkle. */
#include <string.h>

#include "../hash/hash.h"
#include "tree.h"

const uint8_t pa_merkle_empty_root[NODE] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

/* Domain separation of RFC 6962. */
static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

pyaccel_status pa_merkle_start(pa_merkle *merkle, uint32_t form,
                               const pyaccel_merkle_options *options)
{
    static const pyaccel_merkle_options defaults = {.struct_size = sizeof defaults};
    if (options == NULL) {
        options = &defaults;
    }
    if ((form != PYACCEL_MERKLE_BITCOIN && form != PYACCEL_MERKLE_RFC6962) ||
        !PA_OPTIONS_VALID(options) || options->limit != 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint32_t own = form == PYACCEL_MERKLE_BITCOIN ? PYACCEL_HASH_SHA256D : PYACCEL_HASH_SHA256;
    if (options->algorithm != 0 && options->algorithm != own) {
        return pyaccel_hash_digest_size(options->algorithm) ? PYACCEL_UNSUPPORTED
                                                            : PYACCEL_INVALID_ARGUMENT;
    }
    *merkle = (pa_merkle){form, options->threads};
    return pa_bind();
}

pyaccel_status pa_merkle_leaves(const pa_merkle *merkle, uint8_t *nodes, const pyaccel_rows *leaves,
                                uint64_t first, uint64_t n)
{
    if (merkle->form == PYACCEL_MERKLE_RFC6962) {
        const pyaccel_rows segments[2] = {{.data = &leaf_prefix, .data_size = 1, .width = 1},
                                          *leaves};
        return pa_sha256_lanes(nodes, NULL, segments, 2, first, n);
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

pyaccel_status pa_merkle_pairs(const pa_merkle *merkle, uint8_t *parents, const uint8_t *pairs,
                               uint64_t n)
{
    const pyaccel_rows segments[2] = {
        {.data = &node_prefix, .data_size = 1, .width = 1},
        {.data = pairs, .data_size = n * 2 * NODE, .width = 2 * NODE, .stride = 2 * NODE},
    };
    if (merkle->form == PYACCEL_MERKLE_RFC6962) {
        return pa_sha256_lanes(parents, NULL, segments, 2, 0, n);
    }
    return pa_sha256d_lanes(parents, NULL, segments + 1, 1, 0, n);
}

pyaccel_status pa_merkle_parents(const pa_merkle *merkle, uint8_t *parents, const uint8_t *nodes,
                                 uint64_t count, uint32_t *mutated)
{
    uint64_t pairs = count / 2;
    pyaccel_status status = pa_merkle_pairs(merkle, parents, nodes, pairs);
    bool bitcoin = merkle->form == PYACCEL_MERKLE_BITCOIN;
    if (bitcoin && mutated != NULL) {
        for (uint64_t i = 0; i < pairs; i++) {
            if (memcmp(nodes + 2 * i * NODE, nodes + (2 * i + 1) * NODE, NODE) == 0) {
                *mutated = 1;
            }
        }
    }
    if (count % 2 == 0 || status != PYACCEL_OK) {
        return status;
    }
    const uint8_t *last = nodes + 2 * pairs * NODE;
    if (!bitcoin) {
        memcpy(parents + pairs * NODE, last, NODE);
        return PYACCEL_OK;
    }
    uint8_t twice[2 * NODE];
    memcpy(twice, last, NODE);
    memcpy(twice + NODE, last, NODE);
    return pa_merkle_pairs(merkle, parents + pairs * NODE, twice, 1);
}
