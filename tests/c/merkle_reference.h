/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees as their documents define them, by recursion and one hash at a time; what the batched code is held against. */
#ifndef PA_TEST_MERKLE_REFERENCE_H
#define PA_TEST_MERKLE_REFERENCE_H

#include "hash_rows.h"

#define NODE 32u

static inline void hash_bytes(uint8_t *out, uint32_t algorithm, const uint8_t *data, uint64_t size)
{
    const pyaccel_rows row = fixed_rows(data, 1, size, 0);
    pyaccel_hash_many(out, NODE, algorithm, &row, 1, NULL);
}

static inline void hash_node(uint8_t *out, const uint8_t *left, const uint8_t *right)
{
    uint8_t text[1 + 2 * NODE] = {0x01};
    memcpy(text + 1, left, NODE);
    memcpy(text + 1 + NODE, right, NODE);
    hash_bytes(out, PYACCEL_HASH_SHA256, text, sizeof text);
}

/* k of RFC 9162 2.1.1: the largest power of two below n > 1. */
static inline uint64_t split(uint64_t n)
{
    uint64_t k = 1;
    while (2 * k < n) {
        k *= 2;
    }
    return k;
}

/* MTH(D[0 : n]) of RFC 9162 2.1.1; leaves are `width` bytes each. */
static inline void reference_root(uint8_t *out, const uint8_t *leaves, uint64_t width, uint64_t n)
{
    if (n == 0) {
        hash_bytes(out, PYACCEL_HASH_SHA256, leaves, 0);
    } else if (n == 1) {
        uint8_t text[256] = {0x00};
        memcpy(text + 1, leaves, width);
        hash_bytes(out, PYACCEL_HASH_SHA256, text, 1 + width);
    } else {
        uint8_t left[NODE], right[NODE];
        uint64_t k = split(n);
        reference_root(left, leaves, width, k);
        reference_root(right, leaves + k * width, width, n - k);
        hash_node(out, left, right);
    }
}

/* PATH(m, D[0 : n]) of RFC 9162 2.1.3.1; returns the nodes written. */
static inline uint64_t reference_path(uint8_t *out, uint64_t m, const uint8_t *leaves,
                                      uint64_t width, uint64_t n)
{
    if (n == 1) {
        return 0;
    }
    uint64_t k = split(n), count;
    if (m < k) {
        count = reference_path(out, m, leaves, width, k);
        reference_root(out + count * NODE, leaves + k * width, width, n - k);
    } else {
        count = reference_path(out, m - k, leaves + k * width, width, n - k);
        reference_root(out + count * NODE, leaves, width, k);
    }
    return count + 1;
}

/* SUBPROOF(m, D[0 : n], whole) of RFC 9162 2.1.4.1; returns the nodes written. */
static inline uint64_t reference_subproof(uint8_t *out, uint64_t m, const uint8_t *leaves,
                                          uint64_t width, uint64_t n, int whole)
{
    if (m == n) {
        if (!whole) {
            reference_root(out, leaves, width, n);
        }
        return whole ? 0 : 1;
    }
    uint64_t k = split(n), count;
    if (m <= k) {
        count = reference_subproof(out, m, leaves, width, k, whole);
        reference_root(out + count * NODE, leaves + k * width, width, n - k);
    } else {
        count = reference_subproof(out, m - k, leaves + k * width, width, n - k, 0);
        reference_root(out + count * NODE, leaves, width, k);
    }
    return count + 1;
}

/* Bitcoin's tree in place (nodes: room for n + 1): the root ends in nodes[0]. Returns 1 when two equal nodes are paired
 * that are not one node paired with itself. path, if given, gets the siblings of leaf m. */
static inline int reference_bitcoin(uint8_t *nodes, uint64_t n, uint8_t *path, uint64_t m)
{
    int mutated = 0;
    while (n > 1) {
        for (uint64_t i = 0; i + 1 < n; i += 2) {
            mutated |= memcmp(nodes + i * NODE, nodes + (i + 1) * NODE, NODE) == 0;
        }
        if (n % 2) {
            memcpy(nodes + n * NODE, nodes + (n - 1) * NODE, NODE);
            n++;
        }
        if (path != NULL) {
            memcpy(path, nodes + (m ^ 1) * NODE, NODE);
            path += NODE;
            m /= 2;
        }
        for (uint64_t i = 0; i < n / 2; i++) {
            uint8_t parent[NODE];
            hash_bytes(parent, PYACCEL_HASH_SHA256D, nodes + 2 * i * NODE, 2 * NODE);
            memcpy(nodes + i * NODE, parent, NODE);
        }
        n /= 2;
    }
    return mutated;
}

#endif
