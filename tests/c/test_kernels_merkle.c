/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/merkle/layers.cl as C: the eight leaves of Certificate Transparency's test tree with their roots (as in
 * github.com/transparency-dev/merkle, testonly/constants.go), and Bitcoin's blocks 170 and 100,000. */
#include "kernels.h"

#include "../../kernels/merkle/layers.cl"

static const char *const ct_leaves[8] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
static const char *const ct_roots[8] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/* Hashes as explorers show them: the bytes the other way round. */
static const char *const block_170[] = {
    "b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082",
    "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"};
static const char root_170[] = "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff";
static const char *const block_100000[] = {
    "8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87",
    "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
    "6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4",
    "e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d"};
static const char root_100000[] =
    "f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766";

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
        unhex((uchar *)nodes + (size_t)i * 32, ids[i], 1);
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
        at[i + 1] = at[i] + strlen(ct_leaves[i]) / 2;
    }
    uchar *data = exactly(at[count]);
    for (uint i = 0; i < count; i++) {
        unhex(data + at[i], ct_leaves[i], 0);
    }
    uint *nodes = exactly((size_t)count * 32);
    LAUNCH(count, merkle_leaves_offsets(nodes, (const uint *)(const void *)data, at, count));
    nodes = climb(nodes, count, 0, NULL);
    CHECK(is_hex(nodes, ct_roots[count - 1], 0));
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
            unhex((uchar *)whole + 32 * i, six[i], 1);
        }
        unhex((uchar *)doubled + 32 * i, six[i], 1);
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
