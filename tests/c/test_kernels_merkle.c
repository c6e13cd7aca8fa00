/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/merkle/pairs.cl as C, and a tree made with it and kernels/hash/sha256.cl, on published roots. */
#include "kernels.h"
#include "merkle_published.h"

#include "../../kernels/hash/sha256.cl"
#include "../../kernels/merkle/pairs.cl"

/* Climbs from count nodes, with room for one more, to the root, as the host does; the nodes are freed. */
static uint *climb(uint *nodes, uint count, int bitcoin, uint *equal)
{
    while (count > 1) {
        uint pairs = count / 2;
        uint *parents = exactly(((size_t)count / 2 + 2) * 32);
        if (bitcoin) {
            LAUNCH(pairs, merkle_equal_pairs(equal, nodes, pairs));
        }
        if (count % 2 && bitcoin) {
            LAUNCH(8u, merkle_copy_nodes(nodes, nodes, count, count - 1, 8));
            pairs++;
        } else if (count % 2) {
            LAUNCH(8u, merkle_copy_nodes(parents, nodes, pairs, count - 1, 8));
        }
        LAUNCH(pairs, hash_sha256(parents, nodes, (ulong)pairs * 64, 0, NULL, 64, 64,
                                  bitcoin ? 0 : 0x101, NULL, bitcoin ? 2 : 0, pairs));
        free(nodes);
        nodes = parents;
        count = (count + 1) / 2;
    }
    return nodes;
}

static void bitcoin(const char *const *ids, uint count, const char *root, uint expect_equal)
{
    uint *equal = exactly(sizeof *equal), *nodes = exactly(((size_t)count + 1) * 32);
    for (uint i = 0; i < count; i++) {
        from_hex_reversed((uchar *)nodes + (size_t)i * 32, ids[i]);
    }
    nodes = climb(nodes, count, 1, equal);
    CHECK(is_hex(nodes, root, 1));
    CHECK(*equal == expect_equal);
    free(nodes);
    free(equal);
}

/* The first count leaves of the tree, from offsets, after the byte 0. */
static void rfc6962(uint count)
{
    ulong *at = exactly(((size_t)count + 1) * sizeof *at);
    uchar bytes[64] = {0};
    for (uint i = 0; i < count; i++) {
        at[i + 1] = at[i] + from_hex(bytes + at[i], transparency_leaves[i]);
    }
    const size_t whole = at[count] / 4 * 4;
    uint *data = exactly(whole), tail = 0;
    memcpy(data, bytes, whole);
    for (size_t k = whole; k < at[count]; k++) {
        tail |= (uint)bytes[k] << 8 * (k - whole);
    }
    uint *nodes = exactly(((size_t)count + 1) * 32);
    LAUNCH(count, hash_sha256(nodes, data, at[count], tail, at, VARIED, 0, 0x100, NULL, 0, count));
    nodes = climb(nodes, count, 0, NULL);
    CHECK(is_hex(nodes, transparency_roots[count], 0));
    free(nodes);
    free(data);
    free(at);
}

/* Pairs that differ in one byte only, each way round. */
static void sorted(void)
{
    enum { PAIRS = 65 };
    uint *nodes = exactly(PAIRS * 64), *out = exactly(PAIRS * 64);
    for (size_t i = 0; i < PAIRS; i++) {
        uchar *pair = (uchar *)nodes + 64 * i;
        memset(pair, 0x80, 64);
        if (i < 64) {
            pair[32 * (i / 32) + i % 32] = 0x81;
        }
    }
    LAUNCH(PAIRS, merkle_sort_pairs(out, nodes, 0, PAIRS));
    for (size_t i = 0; i < PAIRS; i++) {
        const uchar *pair = (const uchar *)nodes + 64 * i, *got = (const uchar *)out + 64 * i;
        const uchar *first = memcmp(pair, pair + 32, 32) <= 0 ? pair : pair + 32;
        CHECK(memcmp(got, first, 32) == 0);
        CHECK(memcmp(got + 32, first == pair ? pair + 32 : pair, 32) == 0);
    }
    free(out);
    free(nodes);
}

int main(void)
{
    for (uint count = 1; count <= 8; count++) {
        rfc6962(count);
    }
    sorted();
    bitcoin(block_170, 2, root_170, 0);
    bitcoin(block_100000, 4, root_100000, 0);
    /* CVE-2012-2459: the last pair once more gives the same root, and the flag tells. */
    const char *six[8];
    memcpy(six, block_100000, sizeof block_100000);
    six[4] = six[6] = block_170[0];
    six[5] = six[7] = block_170[1];
    uint *flag = exactly(sizeof *flag), *whole = exactly(7 * 32), *doubled = exactly(9 * 32);
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
