/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/merkle/layers.cl as C, on published roots. */
#include "kernels.h"
#include "merkle_published.h"

#include "../../kernels/merkle/layers.cl"

/* Climbs from count nodes to the root, each layer in memory of its own size; the nodes are freed. */
static uint *climb(uint *nodes, uint count, int bitcoin, uint *mutated)
{
    while (count > 1) {
        const uint n = (count + 1) / 2;
        uint *parents = exactly((size_t)n * 32);
        if (bitcoin) {
            LAUNCH(n, merkle_parents_bitcoin(parents, mutated, nodes, count, n));
        } else {
            LAUNCH(n, merkle_parents_rfc6962(parents, nodes, count, n));
        }
        free(nodes);
        nodes = parents;
        count = n;
    }
    return nodes;
}

static void bitcoin(const char *const *ids, uint count, const char *root, uint expect_mutated)
{
    uint *mutated = exactly(sizeof *mutated), *nodes = exactly((size_t)count * 32);
    for (uint i = 0; i < count; i++) {
        from_hex_reversed((uchar *)nodes + (size_t)i * 32, ids[i]);
    }
    nodes = climb(nodes, count, 1, mutated);
    CHECK(is_hex(nodes, root, 1));
    CHECK(*mutated == expect_mutated);
    free(nodes);
    free(mutated);
}

/* The first count leaves of the tree, from offsets. */
static void rfc6962(uint count)
{
    ulong *at = exactly(((size_t)count + 1) * sizeof *at);
    for (uint i = 0; i < count; i++) {
        at[i + 1] = at[i] + strlen(transparency_leaves[i]) / 2;
    }
    uchar *data = exactly(at[count]);
    for (uint i = 0; i < count; i++) {
        from_hex(data + at[i], transparency_leaves[i]);
    }
    uint *nodes = exactly((size_t)count * 32);
    LAUNCH(count, merkle_leaves_offsets(nodes, (const uint *)(const void *)data, at, count));
    nodes = climb(nodes, count, 0, NULL);
    CHECK(is_hex(nodes, transparency_roots[count], 0));
    free(nodes);
    free(data);
    free(at);
}

/* Leaves of one width give what leaves from offsets give. */
static void fixed_leaves(void)
{
    enum { LEAVES = 70, WIDTH = 129 };
    uchar *data = exactly((size_t)LEAVES * WIDTH);
    ulong *at = exactly((LEAVES + 1) * sizeof *at);
    uint *fixed = exactly((size_t)LEAVES * 32), *varied = exactly((size_t)LEAVES * 32);
    for (size_t i = 0; i < (size_t)LEAVES * WIDTH; i++) {
        data[i] = (uchar)(i * i >> 3);
    }
    for (size_t i = 0; i <= LEAVES; i++) {
        at[i] = i * WIDTH;
    }
    LAUNCH(LEAVES,
           merkle_leaves_fixed(fixed, (const uint *)(const void *)data, WIDTH, WIDTH, LEAVES));
    LAUNCH(LEAVES, merkle_leaves_offsets(varied, (const uint *)(const void *)data, at, LEAVES));
    CHECK(memcmp(fixed, varied, (size_t)LEAVES * 32) == 0);
    CHECK(memcmp(fixed, fixed + 8, 32) != 0);
    free(varied);
    free(fixed);
    free(at);
    free(data);
}

int main(void)
{
    for (uint count = 1; count <= 8; count++) {
        rfc6962(count);
    }
    fixed_leaves();
    bitcoin(block_170, 2, root_170, 0);
    bitcoin(block_100000, 4, root_100000, 0);
    /* CVE-2012-2459: the last pair once more gives the same root, and the flag tells. */
    const char *six[8];
    memcpy(six, block_100000, sizeof block_100000);
    six[4] = six[6] = block_170[0];
    six[5] = six[7] = block_170[1];
    uint *flag = exactly(sizeof *flag), *whole = exactly(6 * 32), *doubled = exactly(8 * 32);
    for (size_t i = 0; i < 8; i++) {
        if (i < 6) {
            from_hex_reversed((uchar *)whole + 32 * i, six[i]);
        }
        from_hex_reversed((uchar *)doubled + 32 * i, six[i]);
    }
    whole = climb(whole, 6, 1, flag);
    CHECK(*flag == 0);
    doubled = climb(doubled, 8, 1, flag);
    CHECK(*flag == 1);
    CHECK(memcmp(whole, doubled, 32) == 0);
    free(doubled);
    free(whole);
    free(flag);
    return finish();
}
