/* SPDX-License-Identifier: Apache-2.0 */
/* The forms ssz, cometbft and openzeppelin-*, and rfc6962 over other hashes: roots, trees, proofs and multiproofs against
 * the definitions; trees that do without their lower layers; what is refused. */
#include <stdlib.h>

#include "check.h"
#include "merkle_reference.h"

#define MAX_LEAVES 8195u /* several pages of a kept tree, and subtrees of a root */

static uint8_t leaves[MAX_LEAVES * NODE];
static uint8_t other[MAX_LEAVES * NODE];
static uint8_t scratch[(2 * MAX_LEAVES + 64) * NODE];

static pyaccel_merkle_options defaults(void)
{
    return (pyaccel_merkle_options){.struct_size = sizeof(pyaccel_merkle_options), .threads = 3};
}

static void hash_pair(uint8_t *out, uint32_t algorithm, const uint8_t *left, const uint8_t *right)
{
    uint8_t pair[2 * NODE];
    memcpy(pair, left, NODE);
    memcpy(pair + NODE, right, NODE);
    hash_bytes(out, algorithm, pair, sizeof pair);
}

/* ---- definitions ----------------------------------------------------------------------------------------- */

/* merkleize of consensus-specs, by recursion: the node over 2^height chunks from `first` on. */
static void ssz_node(uint8_t *out, const uint8_t *chunks, uint64_t n, uint64_t first,
                     unsigned height)
{
    uint8_t left[NODE], right[NODE];
    if (first >= n) {
        memset(out, 0, NODE);
        for (unsigned k = 0; k < height; k++) {
            hash_pair(out, PYACCEL_HASH_SHA256, out, out);
        }
    } else if (height == 0) {
        memcpy(out, chunks + first * NODE, NODE);
    } else {
        ssz_node(left, chunks, n, first, height - 1);
        ssz_node(right, chunks, n, first + (UINT64_C(1) << (height - 1)), height - 1);
        hash_pair(out, PYACCEL_HASH_SHA256, left, right);
    }
}

static void ssz_root(uint8_t *out, const uint8_t *chunks, uint64_t n, uint64_t limit, int mixed,
                     uint64_t length)
{
    unsigned height = 0;
    while (height < 63 && UINT64_C(1) << height < (limit ? limit : n)) {
        height++;
    }
    ssz_node(out, chunks, n, 0, height);
    if (mixed) {
        uint8_t chunk[NODE] = {0};
        for (unsigned i = 0; i < 8; i++) {
            chunk[i] = (uint8_t)(length >> 8 * i);
        }
        hash_pair(out, PYACCEL_HASH_SHA256, out, chunk);
    }
}

static int compare_nodes(const void *a, const void *b)
{
    return memcmp(a, b, NODE);
}

/* makeMerkleTree: tree[0] is the root, leaf i stands at tree[2n - 2 - i]. */
static void heap_root(uint8_t *out, uint32_t form, uint32_t algorithm, const uint8_t *values,
                      uint64_t n, int sorted)
{
    uint8_t *tree = scratch;
    for (uint64_t i = 0; i < n; i++) {
        memcpy(tree + i * NODE, values + i * NODE, NODE);
        if (form == PYACCEL_MERKLE_OPENZEPPELIN_STANDARD) {
            uint8_t once[NODE];
            hash_bytes(once, algorithm, values + i * NODE, NODE);
            hash_bytes(tree + i * NODE, algorithm, once, NODE);
        }
    }
    if (sorted) {
        qsort(tree, n, NODE, compare_nodes);
    }
    for (uint64_t i = 0; i < n / 2; i++) {
        uint8_t swap[NODE];
        memcpy(swap, tree + i * NODE, NODE);
        memcpy(tree + i * NODE, tree + (n - 1 - i) * NODE, NODE);
        memcpy(tree + (n - 1 - i) * NODE, swap, NODE);
    }
    memmove(tree + (n - 1) * NODE, tree, n * NODE);
    for (uint64_t i = n - 1; i-- > 0;) {
        const uint8_t *left = tree + (2 * i + 1) * NODE, *right = left + NODE;
        const int swap = memcmp(left, right, NODE) > 0;
        hash_pair(tree + i * NODE, algorithm, swap ? right : left, swap ? left : right);
    }
    memcpy(out, tree, NODE);
}

/* ---- one tree in every way ------------------------------------------------------------------------------- */

typedef struct {
    uint32_t form;
    pyaccel_merkle_options options;
} shape;

static int is_heap(const shape *how)
{
    return how->form == PYACCEL_MERKLE_OPENZEPPELIN_STANDARD ||
           how->form == PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE;
}

/* MTH of RFC 9162 over any hash, leaves of 32 bytes. */
static void log_root(uint8_t *out, uint32_t algorithm, const uint8_t *values, uint64_t n)
{
    uint8_t text[1 + 2 * NODE];
    if (n == 0) {
        hash_bytes(out, algorithm, values, 0);
    } else if (n == 1) {
        text[0] = 0;
        memcpy(text + 1, values, NODE);
        hash_bytes(out, algorithm, text, 1 + NODE);
    } else {
        const uint64_t k = split(n);
        text[0] = 1;
        log_root(text + 1, algorithm, values, k);
        log_root(text + 1 + NODE, algorithm, values + k * NODE, n - k);
        hash_bytes(out, algorithm, text, sizeof text);
    }
}

static void expected_root(uint8_t *root, const shape *how, const uint8_t *values, uint64_t n)
{
    const pyaccel_merkle_options *o = &how->options;
    if (how->form == PYACCEL_MERKLE_SSZ) {
        ssz_root(root, values, n, o->limit, o->mix_in_length != 0,
                 o->mix_in_length == PYACCEL_MERKLE_MIX_IN_LENGTH ? o->length : n);
    } else if (is_heap(how)) {
        heap_root(root, how->form, o->algorithm ? o->algorithm : PYACCEL_HASH_KECCAK256, values, n,
                  !o->unsorted);
    } else {
        log_root(root, o->algorithm ? o->algorithm : PYACCEL_HASH_SHA256, values, n);
    }
}

static void check_root(const shape *how, const pyaccel_merkle_tree *tree, const uint8_t *values,
                       uint64_t n)
{
    uint8_t root[NODE], expected[NODE];
    expected_root(expected, how, values, n);
    CHECK(pyaccel_merkle_tree_size(tree) == n);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0);
}

/* Proofs of some leaves: all hold; with a bit flipped, none. */
static void check_proofs(const shape *how, const pyaccel_merkle_tree *tree, uint8_t *values,
                         uint64_t n)
{
    enum { SOME = 40 };
    static uint8_t proofs[SOME * 66 * NODE], chosen[SOME][NODE];
    uint64_t offsets[SOME + 1], indices[SOME];
    uint8_t root[NODE], verdicts[SOME];
    pyaccel_merkle_options options = how->options;
    const int keeps = options.keep_layers > 0;
    const pyaccel_rows rows = fixed_rows(values, n, NODE, NODE);
    for (uint64_t i = 0; i < SOME; i++) {
        indices[i] = i < 4 ? (n - 1) * (i % 2) : (random_word() >> 20) % n;
        memcpy(chosen[i], values + indices[i] * NODE, NODE);
    }
    CHECK(pyaccel_merkle_tree_proofs(NULL, 0, offsets, tree, indices, SOME, NULL) == PYACCEL_OK);
    const uint64_t size = offsets[SOME];
    CHECK(pyaccel_merkle_tree_proofs(proofs, size, offsets, tree, indices, SOME,
                                     keeps ? &rows : NULL) == PYACCEL_OK);
    CHECK(offsets[SOME] == size);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    const pyaccel_rows roots = fixed_rows(root, SOME, NODE, 0);
    const pyaccel_rows claimed = fixed_rows(chosen, SOME, NODE, NODE);
    const pyaccel_rows nodes = {
        .data = proofs, .data_size = size, .offsets = offsets, .offset_bits = 64};
    options.keep_layers = 0;
    options.threads = 1;
    for (int altered = 0; altered < 2; altered++) {
        CHECK(pyaccel_merkle_verify_many(verdicts, SOME, how->form, &roots, &claimed,
                                         is_heap(how) ? NULL : indices, &nodes,
                                         is_heap(how) ? NULL : &n, is_heap(how) ? 0 : 1, SOME,
                                         &options) == PYACCEL_OK);
        CHECK(all_bytes(verdicts, altered ? 0 : 1, SOME));
        root[5] ^= 4;
    }
    if (n > 1) {
        memset(proofs, 0x5a, size);
        CHECK(pyaccel_merkle_tree_proofs(proofs, size - 1, offsets, tree, indices, SOME,
                                         keeps ? &rows : NULL) == PYACCEL_INVALID_ARGUMENT);
        CHECK(all_bytes(proofs, 0, size - 1) && offsets[SOME] == 0);
    }
    if (keeps && n > 1) {
        CHECK(pyaccel_merkle_tree_proofs(proofs, sizeof proofs, offsets, tree, indices, SOME,
                                         NULL) == PYACCEL_INVALID_ARGUMENT);
        values[indices[0] * NODE] ^= 1; /* not the tree's leaves */
        CHECK(pyaccel_merkle_tree_proofs(proofs, sizeof proofs, offsets, tree, indices, SOME,
                                         &rows) == PYACCEL_INVALID_ARGUMENT);
        values[indices[0] * NODE] ^= 1;
    }
}

static void check_shape(const shape *how, uint64_t n, uint64_t old_n)
{
    uint8_t root[NODE], expected[NODE];
    uint32_t mutated = 7;
    pyaccel_merkle_options options = how->options;
    const pyaccel_rows rows = fixed_rows(leaves, n, NODE, NODE);
    const pyaccel_rows old_rows = fixed_rows(leaves, old_n, NODE, NODE);
    const pyaccel_rows more = fixed_rows(leaves + old_n * NODE, n - old_n, NODE, NODE);
    pyaccel_merkle_tree *old, *tree, *changed, *copy;
    expected_root(expected, how, leaves, n);
    CHECK(pyaccel_merkle_root(root, NODE, &mutated, how->form, &rows, n, &options) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0 && mutated == 0);

    CHECK(pyaccel_merkle_tree_new(&old, how->form, &old_rows, old_n, &options) == PYACCEL_OK);
    options.old_leaves = &old_rows;
    CHECK(pyaccel_merkle_tree_append(&tree, old, &more, n - old_n, &options) == PYACCEL_OK);
    check_root(how, tree, leaves, n);
    check_root(how, old, leaves, old_n);
    pyaccel_merkle_tree_free(old);
    check_root(how, tree, leaves, n);
    check_proofs(how, tree, leaves, n);

    /* Twenty leaves replaced, the last one of two for the same. */
    uint64_t indices[20];
    uint8_t fresh[20][NODE];
    memcpy(other, leaves, n * NODE);
    for (unsigned i = 0; i < 20; i++) {
        indices[i] = i % 5 == 4 ? indices[i - 1] : (random_word() >> 20) % n;
        random_bytes(fresh[i], NODE);
        memcpy(other + indices[i] * NODE, fresh[i], NODE);
    }
    const pyaccel_rows values = fixed_rows(fresh, 20, NODE, NODE);
    options.old_leaves = &rows;
    CHECK(pyaccel_merkle_tree_update(&changed, tree, indices, &values, 20, &options) == PYACCEL_OK);
    check_root(how, tree, leaves, n);
    pyaccel_merkle_tree_free(tree);
    check_root(how, changed, other, n);
    check_proofs(how, changed, other, n);
    pyaccel_merkle_tree_free(changed);

    /* The same out of its layers. */
    if (how->options.keep_layers == 0) {
        uint64_t *positions = calloc(n, sizeof *positions);
        const uint64_t count = pyaccel_merkle_layers_count(how->form, n);
        options = how->options;
        options.positions = is_heap(how) ? positions : NULL;
        CHECK(pyaccel_merkle_layers(scratch, count * NODE, how->form, &rows, n, &options) ==
              PYACCEL_OK);
        CHECK(pyaccel_merkle_tree_of_layers(&copy, how->form, scratch, count * NODE, n, &options) ==
              PYACCEL_OK);
        check_root(how, copy, leaves, n);
        check_proofs(how, copy, leaves, n);
        pyaccel_merkle_tree_free(copy);
        CHECK(pyaccel_merkle_tree_of_layers(&copy, how->form, scratch, count * NODE - 1, n,
                                            &options) == PYACCEL_INVALID_ARGUMENT);
        CHECK(copy == NULL);
        free(positions);
    }
}

static void check_sizes(const shape *how)
{
    static const uint64_t sizes[] = {511, 512, 513, 1024, 1030, 2999};
    for (uint64_t n = 1; n < 40; n += n < 20 ? 1 : 6) {
        check_shape(how, n, n / 2 ? n / 2 : 1);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_shape(how, sizes[i], sizes[i] / 3);
        check_shape(how, sizes[i], sizes[i] - 1);
    }
    check_shape(how, 1024, 512);
}

static void test_shapes(void)
{
    static const uint32_t hashes[] = {PYACCEL_HASH_SHA512_256,  PYACCEL_HASH_SHA3_256,
                                      PYACCEL_HASH_KECCAK256,   PYACCEL_HASH_SM3,
                                      PYACCEL_HASH_BLAKE2B_256, PYACCEL_HASH_BLAKE2S_256,
                                      PYACCEL_HASH_BLAKE3};
    shape how = {PYACCEL_MERKLE_COMETBFT, defaults()};
    check_sizes(&how);
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        how.form = PYACCEL_MERKLE_RFC6962;
        how.options.algorithm = hashes[i];
        check_shape(&how, 77, 30);
    }
    for (uint32_t keep = 1; keep < 12; keep += 3) {
        how = (shape){PYACCEL_MERKLE_RFC6962, defaults()};
        how.options.keep_layers = keep;
        check_sizes(&how);
        how.form = PYACCEL_MERKLE_SSZ;
        how.options.limit = UINT64_C(1) << 40;
        check_sizes(&how);
    }
    how = (shape){PYACCEL_MERKLE_SSZ, defaults()};
    check_sizes(&how);
    how.options.limit = 5000;
    how.options.mix_in_length = PYACCEL_MERKLE_MIX_IN_SIZE;
    check_sizes(&how);
    how.options.limit = UINT64_C(1) << 63;
    how.options.mix_in_length = PYACCEL_MERKLE_MIX_IN_LENGTH;
    how.options.length = UINT64_MAX - 7;
    check_sizes(&how);
    for (uint32_t unsorted = 0; unsorted < 2; unsorted++) {
        how = (shape){PYACCEL_MERKLE_OPENZEPPELIN_STANDARD, defaults()};
        how.options.unsorted = unsorted;
        check_sizes(&how);
        how.form = PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE;
        check_sizes(&how);
        how.options.algorithm = PYACCEL_HASH_SM3;
        check_shape(&how, 77, 30);
        how.options.algorithm = PYACCEL_HASH_SHA256;
        check_shape(&how, 77, 30);
    }
}

/* Roots of more leaves than one subtree has, which lie one after the other, or apart. */
static void test_several_subtrees(const shape *how)
{
    static const uint64_t sizes[] = {4096 + 5, 4096 + 2999, 8192 + 3};
    static uint8_t apart[MAX_LEAVES * (NODE + 8)];
    for (uint64_t i = 0; i < MAX_LEAVES; i++) {
        memcpy(apart + i * (NODE + 8), leaves + i * NODE, NODE);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint64_t n = sizes[i];
        const pyaccel_rows rows[] = {fixed_rows(leaves, n, NODE, NODE),
                                     fixed_rows(apart, n, NODE, NODE + 8)};
        uint8_t root[NODE], expected[NODE];
        expected_root(expected, how, leaves, n);
        for (unsigned k = 0; k < 2; k++) {
            CHECK(pyaccel_merkle_root(root, NODE, NULL, how->form, &rows[k], n, &how->options) ==
                  PYACCEL_OK);
            CHECK(memcmp(root, expected, NODE) == 0);
        }
    }
}

static void test_large(void)
{
    static const uint32_t hashes[] = {PYACCEL_HASH_KECCAK256, PYACCEL_HASH_SHA256,
                                      PYACCEL_HASH_SM3};
    shape how = {PYACCEL_MERKLE_SSZ, defaults()};
    test_several_subtrees(&how);
    how.options.limit = UINT64_C(1) << 40;
    test_several_subtrees(&how);
    for (uint32_t unsorted = 0; unsorted < 2; unsorted++) {
        how = (shape){PYACCEL_MERKLE_OPENZEPPELIN_STANDARD, defaults()};
        how.options.unsorted = unsorted;
        test_several_subtrees(&how);
        how.form = PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE;
        for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
            how.options.algorithm = hashes[i];
            test_several_subtrees(&how);
        }
    }
}

/* remerkleable's hash_tree_root of an empty List[Bytes32, 2^40] and of one chunk; the root over 2^64 zero chunks is out of
 * reach, that over 2^63 is not. */
static void test_ssz_empty(void)
{
    uint8_t root[NODE], expected[NODE];
    pyaccel_merkle_options options = defaults();
    const pyaccel_rows none = {.width = NODE, .stride = NODE};
    options.limit = UINT64_C(1) << 40;
    options.mix_in_length = PYACCEL_MERKLE_MIX_IN_SIZE;
    from_hex(expected, "ea569bcb4fbb2ed26d30e997d7337e7e12a43ac115793e9cbe25da401fcbb725");
    CHECK(pyaccel_merkle_root(root, NODE, NULL, PYACCEL_MERKLE_SSZ, &none, 0, &options) ==
          PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0);
    pyaccel_merkle_tree *tree, *grown;
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_SSZ, &none, 0, &options) == PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    CHECK(memcmp(root, expected, NODE) == 0);
    const pyaccel_rows rows = fixed_rows(leaves, 700, NODE, NODE);
    CHECK(pyaccel_merkle_tree_append(&grown, tree, &rows, 700, NULL) == PYACCEL_OK);
    const shape how = {PYACCEL_MERKLE_SSZ, options};
    check_root(&how, grown, leaves, 700);
    pyaccel_merkle_tree_free(grown);
    pyaccel_merkle_tree_free(tree);
}

/* ---- multiproofs ----------------------------------------------------------------------------------------- */

static uint8_t verify_flags(const pyaccel_merkle_options *options, const uint8_t *root,
                            const uint8_t *nodes, uint64_t n, const uint8_t *proof,
                            uint64_t proof_size, const uint8_t *flags, uint64_t flags_size)
{
    uint8_t verdict = 0xaa;
    const pyaccel_rows rows = fixed_rows(nodes, n, NODE, NODE);
    CHECK(pyaccel_merkle_verify_multiproof(&verdict, PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE, root,
                                           &rows, NULL, n, proof, proof_size, flags, flags_size,
                                           options) == PYACCEL_OK);
    return verdict;
}

static void test_flags(uint64_t n, uint64_t count)
{
    uint64_t indices[64], order[64], proof_size = 64 * 32 * NODE, flags_size = 2048;
    static uint8_t proof[64 * 32 * NODE], flags[2048], claimed[64 * NODE];
    uint8_t root[NODE];
    pyaccel_merkle_options options = defaults();
    pyaccel_merkle_tree *tree;
    const pyaccel_rows rows = fixed_rows(leaves, n, NODE, NODE);
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE, &rows, n, &options) ==
          PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        indices[i] = (i * 7 + 3) % n; /* apart for n that 7 does not divide */
    }
    CHECK(pyaccel_merkle_tree_multiproof(proof, &proof_size, flags, &flags_size, order, tree,
                                         indices, count, NULL) == PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        memcpy(claimed + i * NODE, leaves + order[i] * NODE, NODE);
    }
    CHECK(count + proof_size / NODE == flags_size + 1);
    CHECK(verify_flags(&options, root, claimed, count, proof, proof_size, flags, flags_size));
    for (uint64_t i = 0; i < flags_size; i++) {
        flags[i] ^= 1;
        CHECK(!verify_flags(&options, root, claimed, count, proof, proof_size, flags, flags_size));
        flags[i] ^= 3;
        CHECK(!verify_flags(&options, root, claimed, count, proof, proof_size, flags, flags_size));
        flags[i] ^= 2;
    }
    if (proof_size > 0) {
        CHECK(!verify_flags(&options, root, claimed, count, proof, proof_size - NODE, flags,
                            flags_size));
        CHECK(!verify_flags(&options, root, claimed, count, proof, proof_size - 1, flags,
                            flags_size));
        proof[proof_size / 2] ^= 1;
        CHECK(!verify_flags(&options, root, claimed, count, proof, proof_size, flags, flags_size));
    }
    if (count > 1) {
        indices[0] = indices[1];
        CHECK(pyaccel_merkle_tree_multiproof(proof, &proof_size, flags, &flags_size, order, tree,
                                             indices, count, NULL) == PYACCEL_INVALID_ARGUMENT);
        CHECK(proof_size == 0 && flags_size == 0);
    }
    pyaccel_merkle_tree_free(tree);
}

/* OpenZeppelin Contracts before 4.9.2 took a proof that skips its last node: whoever chose the tree could prove any leaf.
 * One leaf of any kind, a tree with a node that is keccak(0 || leaf)-like is not needed: the count alone is refused. */
static void test_advisory(void)
{
    uint8_t tree[3][NODE], flags[2] = {1, 1}, pair[2 * NODE] = {0};
    const pyaccel_merkle_options options = defaults();
    memcpy(tree[0], leaves, NODE);
    hash_bytes(tree[1], PYACCEL_HASH_KECCAK256, pair, sizeof pair); /* of two unset parents */
    memcpy(tree[2], tree[1], NODE);
    /* One leaf and two nodes for two flags: the flags take parents that are not made, and leave nodes over. */
    CHECK(!verify_flags(&options, tree[1], tree[0], 1, tree[1], 2 * NODE, flags, 2));
    /* No leaf, one node: the empty set, true of its own root alone. */
    CHECK(verify_flags(&options, tree[1], tree[0], 0, tree[1], NODE, flags, 0));
    CHECK(!verify_flags(&options, tree[0], tree[0], 0, tree[1], NODE, flags, 0));
    /* No leaf, no node. */
    CHECK(!verify_flags(&options, tree[0], tree[0], 0, tree[1], 0, flags, 0));
    CHECK(!verify_flags(&options, tree[0], tree[0], 0, tree[1], 2 * NODE, flags, 1));
}

static void test_generalized(uint64_t n, uint32_t keep)
{
    enum { SOME = 24 };
    uint64_t indices[SOME], proof_size, flags_size = 0, first = 1;
    static uint8_t proof[SOME * 64 * NODE], nodes[SOME * NODE];
    uint8_t root[NODE], verdict;
    pyaccel_merkle_options options = defaults();
    pyaccel_merkle_tree *tree;
    const pyaccel_rows rows = fixed_rows(leaves, n, NODE, NODE);
    options.limit = 4 * n;
    options.keep_layers = keep;
    options.mix_in_length = PYACCEL_MERKLE_MIX_IN_SIZE;
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_SSZ, &rows, n, &options) == PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    while (first < options.limit) {
        first *= 2;
    }
    first *= 2;
    const uint64_t count = n < SOME - 1 ? n : SOME - 1;
    for (uint64_t i = 0; i < count; i++) {
        indices[i] = first + (i * 7 + 3) % n;
    }
    indices[count] = 3; /* the length */
    const pyaccel_rows *all = keep ? &rows : NULL;
    CHECK(pyaccel_merkle_tree_nodes(nodes, sizeof nodes, tree, indices, count + 1, all) ==
          PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        CHECK(memcmp(nodes + i * NODE, leaves + (indices[i] - first) * NODE, NODE) == 0);
    }
    CHECK(nodes[count * NODE] == (uint8_t)n && all_bytes(nodes + count * NODE + 8, 0, NODE - 8));
    proof_size = sizeof proof;
    CHECK(pyaccel_merkle_tree_multiproof(proof, &proof_size, NULL, &flags_size, NULL, tree, indices,
                                         count + 1, all) == PYACCEL_OK);
    const pyaccel_rows claimed = fixed_rows(nodes, count + 1, NODE, NODE);
    for (int step = 0; step < 5; step++) {
        uint64_t size = proof_size;
        if (step == 1) {
            size -= NODE;
        } else if (step == 2) {
            proof[0] ^= 1;
        } else if (step == 3) {
            indices[0] += first; /* below a chunk */
        } else if (step == 4) {
            indices[0] = indices[1] / 2; /* above another one */
        }
        CHECK(pyaccel_merkle_verify_multiproof(&verdict, PYACCEL_MERKLE_SSZ, root, &claimed,
                                               indices, count + 1, proof, size, NULL, 0,
                                               NULL) == PYACCEL_OK);
        CHECK(verdict == (step == 0));
        proof[0] ^= step == 2;
    }
    CHECK(pyaccel_merkle_tree_multiproof(proof, &proof_size, NULL, &flags_size, NULL, tree, indices,
                                         count + 1, all) == PYACCEL_INVALID_ARGUMENT);
    indices[0] = 6; /* below the length */
    CHECK(pyaccel_merkle_tree_nodes(nodes, sizeof nodes, tree, indices, 1, all) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(nodes, 0, sizeof nodes));
    pyaccel_merkle_tree_free(tree);
}

/* Nodes over all leaves of a tree that is lower than keep_layers: they are kept, so that they need no leaf. */
static void test_lower_than_kept(void)
{
    static const uint32_t keeps[] = {1, 2, 3, 4, 11, PYACCEL_MERKLE_MOST_KEEP_LAYERS};
    for (size_t k = 0; k < sizeof keeps / sizeof *keeps; k++) {
        for (uint64_t n = 1; n <= 8; n++) {
            shape how = {PYACCEL_MERKLE_SSZ, defaults()};
            how.options.limit = 8;
            how.options.keep_layers = keeps[k];
            pyaccel_merkle_tree *tree;
            const pyaccel_rows rows = fixed_rows(leaves, n, NODE, NODE);
            CHECK(pyaccel_merkle_tree_new(&tree, how.form, &rows, n, &how.options) == PYACCEL_OK);
            check_root(&how, tree, leaves, n);
            uint8_t root[NODE], node[NODE], proof[3 * NODE], verdict;
            CHECK(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
            for (uint64_t index = 1; n <= 8 / index; index *= 2) {
                uint64_t size = sizeof proof, flags_size = 0;
                const pyaccel_rows claimed = fixed_rows(node, 1, NODE, NODE);
                CHECK(pyaccel_merkle_tree_nodes(node, NODE, tree, &index, 1, NULL) == PYACCEL_OK);
                CHECK(pyaccel_merkle_tree_multiproof(proof, &size, NULL, &flags_size, NULL, tree,
                                                     &index, 1, NULL) == PYACCEL_OK);
                CHECK(pyaccel_merkle_verify_multiproof(&verdict, how.form, root, &claimed, &index,
                                                       1, proof, size, NULL, 0,
                                                       NULL) == PYACCEL_OK);
                CHECK(verdict == 1);
            }
            pyaccel_merkle_tree_free(tree);
        }
    }
}

/* ---- what is refused ------------------------------------------------------------------------------------- */

static void refuse(uint32_t form, pyaccel_merkle_options options, uint64_t n)
{
    uint8_t root[NODE];
    uint32_t mutated = 0;
    const pyaccel_rows rows = fixed_rows(leaves, n, NODE, NODE);
    pyaccel_merkle_tree *tree = (pyaccel_merkle_tree *)(void *)root;
    memset(root, 0xaa, NODE);
    CHECK(pyaccel_merkle_root(root, NODE, &mutated, form, &rows, n, &options) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(root, 0, NODE) && mutated == 1);
    if (n > 0) {
        CHECK(pyaccel_merkle_tree_new(&tree, form, &rows, n, &options) == PYACCEL_INVALID_ARGUMENT);
        CHECK(tree == NULL);
    }
}

static void test_arguments(void)
{
    pyaccel_merkle_options options;
    for (uint32_t form = PYACCEL_MERKLE_BITCOIN; form <= PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE;
         form++) {
        const int ssz = form == PYACCEL_MERKLE_SSZ;
        const int heap = form >= PYACCEL_MERKLE_OPENZEPPELIN_STANDARD;
        options = defaults();
        options.reserved_2 = 1;
        refuse(form, options, 4);
        if (!ssz) {
            options = defaults();
            options.limit = 8;
            refuse(form, options, 4);
            options = defaults();
            options.mix_in_length = PYACCEL_MERKLE_MIX_IN_SIZE;
            refuse(form, options, 4);
        }
        options = defaults();
        options.length = 4;
        refuse(form, options, 4);
        options = defaults();
        options.unsorted = heap ? 2 : 1;
        refuse(form, options, 4);
        options = defaults();
        options.keep_layers = heap ? 1 : PYACCEL_MERKLE_MOST_KEEP_LAYERS + 1;
        refuse(form, options, 4);
        uint64_t positions[4] = {9, 9, 9, 9};
        options = defaults();
        options.positions = positions;
        refuse(form, options, 4);
        CHECK(positions[0] == 9 && positions[3] == 9);
        if (heap) {
            refuse(form, defaults(), 0);
        }
    }
    options = defaults();
    options.limit = 3;
    refuse(PYACCEL_MERKLE_SSZ, options, 4);
    options.limit = (UINT64_C(1) << 63) + 1;
    refuse(PYACCEL_MERKLE_SSZ, options, 4);
    options = defaults();
    options.mix_in_length = PYACCEL_MERKLE_MIX_IN_LENGTH + 1;
    refuse(PYACCEL_MERKLE_SSZ, options, 4);

    /* Positions and sizes where there are none. */
    uint8_t verdict = 0xaa;
    const uint64_t number = 1;
    const pyaccel_rows row = fixed_rows(leaves, 1, NODE, 0);
    CHECK(pyaccel_merkle_verify_many(&verdict, 1, PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE, &row, &row,
                                     &number, &row, &number, 1, 1,
                                     NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(verdict == 0);
    CHECK(pyaccel_merkle_verify_multiproof(&verdict, PYACCEL_MERKLE_RFC6962, leaves, &row, &number,
                                           1, leaves, NODE, NULL, 0, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(pyaccel_merkle_verify_multiproof(&verdict, PYACCEL_MERKLE_SSZ, leaves, &row, NULL, 1,
                                           leaves, NODE, NULL, 0,
                                           NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_COMETBFT, leaves, leaves, 1, 1,
                                            leaves, 0, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(verdict == 0);

    /* More leaves than flags and proof make up: none of them is looked at, however many are claimed. */
    const uint8_t flags[2] = {1, 1};
    for (uint64_t claimed = UINT64_C(1) << 60; claimed > 3; claimed /= 2) {
        verdict = 0xaa;
        CHECK(pyaccel_merkle_verify_multiproof(&verdict, PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE, leaves,
                                               &row, NULL, claimed, NULL, 0, flags, 2,
                                               NULL) == PYACCEL_OK);
        CHECK(verdict == 0);
    }

    /* A new length that the options do not say to mix in. */
    pyaccel_merkle_tree *tree, *grown = (pyaccel_merkle_tree *)(void *)&options;
    options = defaults();
    options.mix_in_length = PYACCEL_MERKLE_MIX_IN_LENGTH;
    options.length = 7;
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_SSZ, &row, 1, &options) == PYACCEL_OK);
    options.mix_in_length = 0;
    CHECK(pyaccel_merkle_tree_append(&grown, tree, &row, 1, &options) == PYACCEL_INVALID_ARGUMENT);
    CHECK(grown == NULL);
    pyaccel_merkle_tree_free(tree);
}

int main(void)
{
    random_bytes(leaves, sizeof leaves);
    test_shapes();
    test_large();
    test_ssz_empty();
    for (uint64_t n = 1; n < 60; n++) {
        test_flags(n, n % 7 == 0 || n == 1 ? 1 : n < 9 ? n : 9);
        if (n % 7 != 0) {
            test_generalized(n, 0);
            test_generalized(n, 3);
        }
    }
    test_lower_than_kept();
    test_advisory();
    test_arguments();
    return finish();
}
