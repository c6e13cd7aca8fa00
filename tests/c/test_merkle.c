/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle roots, layers, kept trees and proofs against published roots and the recursive definitions. */
#include <stdlib.h>

#include "check.h"
#include "merkle_reference.h"

#define MAX_LEAVES 36000u /* several ranges of subtrees, so that threads have work */
#define WIDTH 40u         /* bytes of an rfc6962 leaf here */

static uint8_t leaves[MAX_LEAVES * WIDTH];
static uint8_t scratch[(MAX_LEAVES + 1) * NODE];

static pyaccel_rows leaf_rows(uint32_t form, uint64_t n)
{
    uint64_t width = form == PYACCEL_MERKLE_BITCOIN ? NODE : WIDTH;
    return fixed_rows(leaves, n, width, WIDTH);
}

/* Root and mutated flag by the definition. */
static uint32_t expected_root(uint8_t *root, uint32_t form, uint64_t n)
{
    if (form == PYACCEL_MERKLE_RFC6962) {
        reference_root(root, leaves, WIDTH, n);
        return 0;
    }
    for (uint64_t i = 0; i < n; i++) {
        memcpy(scratch + i * NODE, leaves + i * WIDTH, NODE);
    }
    int mutated = reference_bitcoin(scratch, n, NULL, 0);
    memcpy(root, scratch, NODE);
    return (uint32_t)mutated;
}

/* ---- published roots ------------------------------------------------------------------------------------ */

/* Certificate Transparency's test leaves, and the roots of the trees of the first 0 .. 8 of them. */
static void test_transparency(void)
{
    static const char *const inputs[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    uint8_t text[64], root[NODE], expected[NODE];
    uint32_t offsets[9] = {0}, mutated;
    for (uint32_t i = 0; i < 8; i++) {
        offsets[i + 1] = offsets[i] + (uint32_t)from_hex(text + offsets[i], inputs[i]);
    }
    for (uint64_t n = 0; n <= 8; n++) {
        pyaccel_rows rows = ragged_rows(text, offsets, n);
        from_hex(expected, roots[n]);
        CHECK(pyaccel_merkle_root(root, NODE, &mutated, PYACCEL_MERKLE_RFC6962, &rows, n, NULL) ==
              PYACCEL_OK);
        CHECK(memcmp(root, expected, NODE) == 0 && mutated == 0);
    }
}

/* Main-net block 100000: four transactions, ids as displayed (byte order reversed). */
static void test_bitcoin_block(void)
{
    static const char *const ids[] = {
        "8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87",
        "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
        "6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4",
        "e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d",
        "f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766"};
    uint8_t nodes[5][NODE], root[NODE];
    uint32_t mutated;
    for (unsigned i = 0; i < 5; i++) {
        uint8_t shown[NODE];
        from_hex(shown, ids[i]);
        for (unsigned b = 0; b < NODE; b++) {
            nodes[i][b] = shown[NODE - 1 - b];
        }
    }
    pyaccel_rows rows = fixed_rows(nodes[0], 4, NODE, NODE);
    CHECK(pyaccel_merkle_root(root, NODE, &mutated, PYACCEL_MERKLE_BITCOIN, &rows, 4, NULL) ==
          PYACCEL_OK);
    CHECK(memcmp(root, nodes[4], NODE) == 0 && mutated == 0);
}

/* ---- roots, layers, trees ------------------------------------------------------------------------------- */

static void check_tree(const pyaccel_merkle_tree *tree, uint32_t form, uint64_t n)
{
    uint8_t root[NODE], expected[NODE];
    CHECK(pyaccel_merkle_tree_size(tree) == n);
    if (n == 0 && form == PYACCEL_MERKLE_BITCOIN) {
        CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_INVALID_ARGUMENT);
        return;
    }
    expected_root(expected, form, n);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0);
}

/* One size: the root on one and on several threads, and the top of the layers. */
static void check_size(uint32_t form, uint64_t n)
{
    uint8_t root[NODE], expected[NODE];
    uint32_t mutated = 7;
    pyaccel_rows rows = leaf_rows(form, n);
    pyaccel_merkle_options options = {.struct_size = sizeof options, .threads = 3};
    uint64_t count = pyaccel_merkle_node_count(n);
    uint8_t *nodes = malloc(count * NODE + 1);
    uint32_t flag = expected_root(expected, form, n);
    CHECK(pyaccel_merkle_root(root, NODE, &mutated, form, &rows, n, NULL) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0 && mutated == flag);
    CHECK(pyaccel_merkle_root(root, NODE, NULL, form, &rows, n, &options) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0);
    nodes[count * NODE] = 0x5a;
    CHECK(pyaccel_merkle_layers(nodes, count * NODE, form, &rows, n, &options) == PYACCEL_OK);
    CHECK(nodes[count * NODE] == 0x5a);
    CHECK(memcmp(nodes + (count - 1) * NODE, expected, NODE) == 0);
    free(nodes);
}

/* Appends to a tree of each smaller size give the same tree; the old one stays. */
static void check_append(uint32_t form, uint64_t old_n, uint64_t n)
{
    pyaccel_merkle_tree *old, *tree;
    pyaccel_rows rows = leaf_rows(form, old_n), more = leaf_rows(form, n - old_n);
    more.data += old_n * WIDTH;
    CHECK(pyaccel_merkle_tree_new(&old, form, &rows, old_n, NULL) == PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_append(&tree, old, &more, n - old_n, NULL) == PYACCEL_OK);
    check_tree(tree, form, n);
    check_tree(old, form, old_n);
    pyaccel_merkle_tree_free(tree);
    pyaccel_merkle_tree_free(old);
}

/* Replaces `count` random leaves, some of them twice. */
static void check_update(uint32_t form, uint64_t n, uint64_t count)
{
    pyaccel_merkle_tree *old, *tree;
    uint64_t indices[64];
    uint8_t values[64][WIDTH];
    pyaccel_rows rows = leaf_rows(form, n);
    pyaccel_rows fresh =
        fixed_rows(values[0], count, form == PYACCEL_MERKLE_BITCOIN ? NODE : WIDTH, WIDTH);
    CHECK(pyaccel_merkle_tree_new(&old, form, &rows, n, NULL) == PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        indices[i] = i % 5 == 4 ? indices[i - 1] : (random_word() >> 20) % n;
        random_bytes(values[i], WIDTH);
    }
    CHECK(pyaccel_merkle_tree_update(&tree, old, indices, &fresh, count, NULL) == PYACCEL_OK);
    check_tree(old, form, n);
    for (uint64_t i = 0; i < count; i++) {
        memcpy(leaves + indices[i] * WIDTH, values[i], WIDTH);
    }
    check_tree(tree, form, n);
    indices[count - 1] = n;
    pyaccel_merkle_tree_free(tree);
    CHECK(pyaccel_merkle_tree_update(&tree, old, indices, &fresh, count, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(tree == NULL);
    pyaccel_merkle_tree_free(old);
}

static void test_sizes(uint32_t form)
{
    static const uint64_t large[] = {100, 255, 256, 257, 1000, 4095, 4096, 4097, 8192, 8193, 9000};
    for (uint64_t n = 1; n <= 40; n++) {
        check_size(form, n);
        for (uint64_t old_n = 0; old_n <= n; old_n++) {
            check_append(form, old_n, n);
        }
        check_update(form, n, 1 + n % 7);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        check_size(form, large[i]);
        check_append(form, large[i] / 3, large[i]);
        check_update(form, large[i], 60);
    }
    check_size(form, MAX_LEAVES);
    CHECK(pyaccel_merkle_node_count(0) == 0 && pyaccel_merkle_node_count(1) == 1);
    CHECK(pyaccel_merkle_node_count(5) == 5 + 3 + 2 + 1);
    CHECK(pyaccel_merkle_node_count(UINT64_C(1) << 40) == (UINT64_C(1) << 41) - 1);
}

/* CVE-2012-2459: [a, b, c] and [a, b, c, c] have one root; pairs of equal nodes in any layer tell. */
static void test_mutation(void)
{
    for (uint64_t n = 3; n < 64; n++) {
        for (uint64_t block = 1; block < n; block *= 2) {
            /* Repeat the last `block` leaves, as an attacker would. */
            uint64_t whole = n - n % block;
            if (n % block != 0 || whole / block % 2 == 0 || n + block > 64) {
                continue;
            }
            uint8_t honest[NODE], forged[NODE];
            uint32_t mutated;
            pyaccel_rows rows = leaf_rows(PYACCEL_MERKLE_BITCOIN, n);
            CHECK(pyaccel_merkle_root(honest, NODE, &mutated, PYACCEL_MERKLE_BITCOIN, &rows, n,
                                      NULL) == PYACCEL_OK);
            CHECK(mutated == 0);
            uint8_t kept[64 * WIDTH];
            memcpy(kept, leaves, sizeof kept);
            memcpy(leaves + n * WIDTH, leaves + (n - block) * WIDTH, block * WIDTH);
            rows = leaf_rows(PYACCEL_MERKLE_BITCOIN, n + block);
            CHECK(pyaccel_merkle_root(forged, NODE, &mutated, PYACCEL_MERKLE_BITCOIN, &rows,
                                      n + block, NULL) == PYACCEL_OK);
            CHECK(memcmp(honest, forged, NODE) == 0 && mutated == 1);
            memcpy(leaves, kept, sizeof kept);
        }
    }
}

/* ---- wrong calls ---------------------------------------------------------------------------------------- */

static void refuse_root(uint64_t capacity, uint32_t form, const pyaccel_rows *rows, uint64_t n,
                        const pyaccel_merkle_options *options, pyaccel_status wanted)
{
    uint8_t root[NODE + 1];
    uint32_t mutated = 0;
    memset(root, 0xaa, sizeof root);
    CHECK(pyaccel_merkle_root(root, capacity, &mutated, form, rows, n, options) == wanted);
    CHECK(mutated == 1 && all_bytes(root, 0, capacity) && root[capacity] == 0xaa);
    uint8_t nodes[8 * NODE];
    memset(nodes, 0xaa, sizeof nodes);
    if (capacity == NODE && n > 0 && n <= 4) {
        uint64_t size = pyaccel_merkle_node_count(n) * NODE;
        CHECK(pyaccel_merkle_layers(nodes, size, form, rows, n, options) == wanted);
        CHECK(all_bytes(nodes, 0, size) && nodes[size] == 0xaa);
    }
    pyaccel_merkle_tree *tree = (pyaccel_merkle_tree *)(void *)nodes;
    if (capacity == NODE && n > 0) {
        CHECK(pyaccel_merkle_tree_new(&tree, form, rows, n, options) == wanted && tree == NULL);
    }
}

static void test_arguments(void)
{
    const pyaccel_rows good = leaf_rows(PYACCEL_MERKLE_BITCOIN, 4);
    const pyaccel_merkle_options defaults = {.struct_size = sizeof defaults};
    const pyaccel_status invalid = PYACCEL_INVALID_ARGUMENT;
    refuse_root(NODE, 0, &good, 4, NULL, invalid);
    refuse_root(NODE, 3, &good, 4, NULL, invalid);
    refuse_root(NODE - 1, PYACCEL_MERKLE_RFC6962, &good, 4, NULL, invalid);
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, NULL, 4, NULL, invalid);
    refuse_root(NODE, PYACCEL_MERKLE_BITCOIN, &good, 0, NULL, invalid);
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 5, NULL, invalid);
    CHECK(pyaccel_merkle_root(NULL, NODE, NULL, PYACCEL_MERKLE_RFC6962, &good, 4, NULL) == invalid);

    pyaccel_rows rows = good;
    rows.width = 31;
    refuse_root(NODE, PYACCEL_MERKLE_BITCOIN, &rows, 4, NULL, invalid);
    uint32_t offsets[5] = {0, 32, 64, 60, 128};
    rows = ragged_rows(leaves, offsets, 4);
    refuse_root(NODE, PYACCEL_MERKLE_BITCOIN, &rows, 4, NULL, invalid);
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &rows, 4, NULL, invalid);

    pyaccel_merkle_options options = defaults;
    options.struct_size--;
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 4, &options, invalid);
    options = defaults;
    options.reserved = 1;
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 4, &options, invalid);
    options = defaults;
    options.limit = 1;
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 4, &options, invalid);
    options = defaults;
    options.algorithm = 99;
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 4, &options, invalid);
    options.algorithm = PYACCEL_HASH_KECCAK256;
    refuse_root(NODE, PYACCEL_MERKLE_RFC6962, &good, 4, &options, PYACCEL_UNSUPPORTED);
    refuse_root(NODE, PYACCEL_MERKLE_BITCOIN, &good, 4, &options, PYACCEL_UNSUPPORTED);
    options.algorithm = PYACCEL_HASH_SHA256D;
    uint8_t root[NODE];
    CHECK(pyaccel_merkle_root(root, NODE, NULL, PYACCEL_MERKLE_BITCOIN, &good, 4, &options) ==
          PYACCEL_OK);
}

static void test_tree_arguments(void)
{
    pyaccel_merkle_tree *tree = NULL, *other = NULL;
    const pyaccel_rows rows = leaf_rows(PYACCEL_MERKLE_RFC6962, 4);
    const uint64_t indices[4] = {0, 1, 2, 3};
    CHECK(pyaccel_merkle_tree_new(NULL, PYACCEL_MERKLE_RFC6962, &rows, 4, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_RFC6962, &rows, 0, NULL) == PYACCEL_OK);
    check_tree(tree, PYACCEL_MERKLE_RFC6962, 0);
    CHECK(pyaccel_merkle_tree_update(&other, tree, indices, &rows, 0, NULL) == PYACCEL_OK);
    pyaccel_merkle_tree_free(other);
    CHECK(pyaccel_merkle_tree_update(&other, tree, indices, &rows, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_tree_append(&other, NULL, &rows, 4, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_tree_append(&other, tree, &rows, UINT64_MAX, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_tree_update(&other, tree, NULL, &rows, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(other == NULL);
    pyaccel_merkle_tree_free(tree);
    pyaccel_merkle_tree_free(NULL);
    uint8_t root[NODE];
    memset(root, 0xaa, NODE);
    CHECK(pyaccel_merkle_tree_root(root, NODE, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(root, 0, NODE) && pyaccel_merkle_tree_size(NULL) == 0);
    CHECK(pyaccel_merkle_tree_root(NULL, NODE, NULL) == PYACCEL_INVALID_ARGUMENT);
}

int main(void)
{
    random_bytes(leaves, sizeof leaves);
    test_transparency();
    test_bitcoin_block();
    test_sizes(PYACCEL_MERKLE_RFC6962);
    test_sizes(PYACCEL_MERKLE_BITCOIN);
    test_mutation();
    test_arguments();
    test_tree_arguments();
    return finish();
}
