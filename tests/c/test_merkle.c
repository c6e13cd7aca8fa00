/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle roots, layers, kept trees and proofs against published roots and the recursive definitions. */
#include <stdlib.h>

#include "check.h"
#include "merkle_published.h"
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

static void test_transparency(void)
{
    uint8_t text[64], root[NODE], expected[NODE];
    uint32_t offsets[9] = {0}, mutated;
    for (uint32_t i = 0; i < 8; i++) {
        offsets[i + 1] = offsets[i] + (uint32_t)from_hex(text + offsets[i], transparency_leaves[i]);
    }
    for (uint64_t n = 0; n <= 8; n++) {
        pyaccel_rows rows = ragged_rows(text, offsets, n);
        from_hex(expected, transparency_roots[n]);
        CHECK(pyaccel_merkle_root(root, NODE, &mutated, PYACCEL_MERKLE_RFC6962, &rows, n, NULL) ==
              PYACCEL_OK);
        CHECK(memcmp(root, expected, NODE) == 0 && mutated == 0);
    }
}

static void check_block(const char *const *ids, uint64_t n, const char *published)
{
    uint8_t nodes[4][NODE], root[NODE], expected[NODE];
    uint32_t mutated;
    for (uint64_t i = 0; i < n; i++) {
        from_hex_reversed(nodes[i], ids[i]);
    }
    from_hex_reversed(expected, published);
    pyaccel_rows rows = fixed_rows(nodes[0], n, NODE, NODE);
    CHECK(pyaccel_merkle_root(root, NODE, &mutated, PYACCEL_MERKLE_BITCOIN, &rows, n, NULL) ==
          PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0 && mutated == 0);
}

static void test_bitcoin_blocks(void)
{
    check_block(block_170, 2, root_170);
    check_block(block_100000, 4, root_100000);
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
    CHECK(pyaccel_merkle_node_count(UINT64_C(1) << 63) == UINT64_MAX);
    CHECK(pyaccel_merkle_node_count((UINT64_C(1) << 63) + 1) == UINT64_MAX);
    CHECK(pyaccel_merkle_node_count(UINT64_MAX) == UINT64_MAX);
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
    refuse_root(NODE, 7, &good, 4, NULL, invalid);
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
    refuse_root(NODE, PYACCEL_MERKLE_COMETBFT, &good, 4, &options, PYACCEL_UNSUPPORTED);
    refuse_root(NODE, PYACCEL_MERKLE_SSZ, &good, 4, &options, PYACCEL_UNSUPPORTED);
    refuse_root(NODE, PYACCEL_MERKLE_BITCOIN, &good, 4, &options, PYACCEL_UNSUPPORTED);
    /* Layers over their own leaves. */
    uint8_t nodes[7 * NODE];
    memset(nodes, 0xaa, sizeof nodes);
    rows = fixed_rows(nodes + 6 * NODE, 4, NODE, 0);
    CHECK(pyaccel_merkle_layers(nodes, sizeof nodes, PYACCEL_MERKLE_BITCOIN, &rows, 4, NULL) ==
          invalid);
    CHECK(all_bytes(nodes, 0, sizeof nodes));

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
    test_bitcoin_blocks();
    test_sizes(PYACCEL_MERKLE_RFC6962);
    test_sizes(PYACCEL_MERKLE_BITCOIN);
    test_mutation();
    test_arguments();
    test_tree_arguments();
    return finish();
}
