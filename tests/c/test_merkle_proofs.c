/* SPDX-License-Identifier: Apache-2.0 */
/* Inclusion and consistency proofs: made as the recursive definitions say, verified, and refused when altered. */
#include <stdlib.h>

#include "check.h"
#include "merkle_reference.h"

#define MAX_LEAVES 70u
#define MAX_PROOF (8u * NODE)
#define WIDTH 40u

static uint8_t leaves[MAX_LEAVES * WIDTH];

/* A batch of proofs, one row an index: all of them right until a test alters some. */
typedef struct {
    uint32_t form;
    uint64_t n;
    uint8_t root[NODE];
    uint8_t proofs[MAX_LEAVES * MAX_PROOF];
    uint32_t offsets[MAX_LEAVES + 1];
    uint64_t indices[MAX_LEAVES];
    uint64_t size;
} proof_batch;

static void make_batch(proof_batch *batch, uint32_t form, uint64_t n)
{
    memset(batch, 0, sizeof *batch);
    batch->form = form;
    batch->n = batch->size = n;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *proof = batch->proofs + batch->offsets[i];
        uint64_t count = 0;
        batch->indices[i] = i;
        if (form == PYACCEL_MERKLE_RFC6962) {
            reference_root(batch->root, leaves, WIDTH, n);
            count = reference_path(proof, i, leaves, WIDTH, n);
        } else {
            uint8_t nodes[(MAX_LEAVES + 1) * NODE];
            for (uint64_t l = 0; l < n; l++) {
                memcpy(nodes + l * NODE, leaves + l * WIDTH, NODE);
            }
            reference_bitcoin(nodes, n, proof, i);
            memcpy(batch->root, nodes, NODE);
            while (UINT64_C(1) << count < n) {
                count++;
            }
        }
        batch->offsets[i + 1] = batch->offsets[i] + (uint32_t)(count * NODE);
    }
}

static void verify(uint8_t *verdicts, const proof_batch *batch)
{
    const uint64_t width = batch->form == PYACCEL_MERKLE_BITCOIN ? NODE : WIDTH;
    const pyaccel_rows roots = fixed_rows(batch->root, 1, NODE, 0);
    const pyaccel_rows rows = fixed_rows(leaves, batch->n, width, WIDTH);
    const pyaccel_rows proofs = ragged_rows(batch->proofs, batch->offsets, batch->n);
    memset(verdicts, 0xaa, batch->n);
    CHECK(pyaccel_merkle_verify_many(verdicts, batch->n, batch->form, &roots, &rows, batch->indices,
                                     &proofs, &batch->size, 1, batch->n, NULL) == PYACCEL_OK);
}

/* ---- inclusion ------------------------------------------------------------------------------------------ */

/* The kept tree gives the proofs of the definition, and refuses too little room. */
static void test_tree_proofs(const proof_batch *batch)
{
    pyaccel_merkle_tree *tree;
    const uint64_t width = batch->form == PYACCEL_MERKLE_BITCOIN ? NODE : WIDTH;
    const pyaccel_rows rows = fixed_rows(leaves, batch->n, width, WIDTH);
    CHECK(pyaccel_merkle_tree_new(&tree, batch->form, &rows, batch->n, NULL) == PYACCEL_OK);
    for (uint64_t i = 0; i < batch->n; i++) {
        uint8_t proof[64 * NODE];
        uint64_t size = sizeof proof, wanted = batch->offsets[i + 1] - batch->offsets[i], asked = 0;
        CHECK(pyaccel_merkle_tree_proof(proof, &size, tree, i) == PYACCEL_OK && size == wanted);
        CHECK(memcmp(proof, batch->proofs + batch->offsets[i], wanted) == 0);
        CHECK(pyaccel_merkle_tree_proof(NULL, &asked, tree, i) == PYACCEL_OK && asked == wanted);
        if (wanted > 0) {
            size = wanted - 1;
            CHECK(pyaccel_merkle_tree_proof(proof, &size, tree, i) == PYACCEL_INVALID_ARGUMENT);
            CHECK(size == 0);
        }
    }
    uint64_t size = 999;
    CHECK(pyaccel_merkle_tree_proof(NULL, &size, tree, batch->n) == PYACCEL_INVALID_ARGUMENT &&
          size == 0);
    CHECK(pyaccel_merkle_tree_proof(NULL, NULL, tree, 0) == PYACCEL_INVALID_ARGUMENT);
    pyaccel_merkle_tree_free(tree);
}

/* Every row right; then some altered, each in one way: these and no others are refused. */
static void test_inclusion(uint32_t form, uint64_t n)
{
    static proof_batch right, altered;
    uint8_t verdicts[MAX_LEAVES];
    make_batch(&right, form, n);
    test_tree_proofs(&right);
    verify(verdicts, &right);
    CHECK(all_bytes(verdicts, 1, n));

    /* One bit of every third proof. */
    altered = right;
    for (uint64_t i = 0; i < n; i++) {
        if (i % 3 == 0 && altered.offsets[i + 1] > altered.offsets[i]) {
            uint64_t span = altered.offsets[i + 1] - altered.offsets[i];
            altered.proofs[altered.offsets[i] + random_word() % span] ^= (uint8_t)(1 << i % 8);
        }
    }
    verify(verdicts, &altered);
    for (uint64_t i = 0; i < n; i++) {
        CHECK(verdicts[i] == (n == 1 || i % 3 != 0 || right.offsets[i + 1] == right.offsets[i]));
    }

    /* A node or a byte too many or too few: moving the boundary spoils both neighbours. */
    for (uint64_t cut = 1; cut < n; cut += 7) {
        static const uint32_t steps[] = {1, NODE};
        for (unsigned s = 0; s < 2; s++) {
            altered = right;
            altered.offsets[cut] -= steps[s];
            verify(verdicts, &altered);
            for (uint64_t i = 0; i < n; i++) {
                CHECK(verdicts[i] == (i != cut - 1 && i != cut));
            }
        }
    }

    /* Another index, one past the end, another root, another size. */
    altered = right;
    for (uint64_t i = 0; i < n; i++) {
        altered.indices[i] = i % 2 ? n + i : (i + 1) % n;
    }
    verify(verdicts, &altered);
    CHECK(n == 1 || all_bytes(verdicts, 0, n));
    altered = right;
    altered.root[31] ^= 1;
    verify(verdicts, &altered);
    CHECK(all_bytes(verdicts, 0, n));
    altered = right;
    altered.size = 0;
    verify(verdicts, &altered);
    CHECK(all_bytes(verdicts, 0, n));
    altered.size = 4 * n;
    verify(verdicts, &altered);
    CHECK(all_bytes(verdicts, 0, n));
}

/* The two readings of CVE-2012-2459 in a proof: a last node is its own sibling, and no other node is. */
static void test_duplicate(void)
{
    uint8_t nodes[5 * NODE], pair[2 * NODE], proof[2 * NODE], verdict;
    for (unsigned i = 0; i < 3; i++) {
        memcpy(nodes + i * NODE, leaves + i * WIDTH, NODE);
    }
    hash_bytes(proof + NODE, PYACCEL_HASH_SHA256D, nodes, 2 * NODE);
    memcpy(proof, nodes + 2 * NODE, NODE);
    reference_bitcoin(nodes, 3, NULL, 0);
    memcpy(pair, nodes, NODE);
    const pyaccel_rows root = fixed_rows(pair, 1, NODE, 0),
                       leaf = fixed_rows(leaves + 2 * WIDTH, 1, NODE, 0);
    const pyaccel_rows rows = fixed_rows(proof, 1, sizeof proof, 0);
    for (uint64_t index = 2; index < 4; index++) {
        for (uint64_t size = 3; size < 5; size++) {
            CHECK(pyaccel_merkle_verify_many(&verdict, 1, PYACCEL_MERKLE_BITCOIN, &root, &leaf,
                                             &index, &rows, &size, 1, 1, NULL) == PYACCEL_OK);
            CHECK(verdict == (index == 2 && size == 3));
        }
    }
}

static void test_arguments(void)
{
    static proof_batch batch;
    uint8_t verdicts[8];
    make_batch(&batch, PYACCEL_MERKLE_RFC6962, 8);
    const pyaccel_rows roots = fixed_rows(batch.root, 1, NODE, 0);
    const pyaccel_rows rows = fixed_rows(leaves, 8, WIDTH, WIDTH);
    const pyaccel_rows proofs = ragged_rows(batch.proofs, batch.offsets, 8);
    const uint64_t *indices = batch.indices, *size = &batch.size;
    pyaccel_rows backwards = proofs;
    uint32_t offsets[9] = {0, 96, 192, 288, 384, 480, 400, 672, 768};
    backwards.offsets = offsets;
    const pyaccel_rows empty = {.width = 0}, shifted = fixed_rows(batch.root, 1, NODE - 1, 0);
#define REFUSE(capacity, form, r, l, i, p, s, s_count)                                             \
    do {                                                                                           \
        memset(verdicts, 0xaa, sizeof verdicts);                                                   \
        CHECK(pyaccel_merkle_verify_many(verdicts, capacity, form, r, l, i, p, s, s_count, 8,      \
                                         NULL) == PYACCEL_INVALID_ARGUMENT);                       \
        CHECK(all_bytes(verdicts, 0, capacity) &&                                                  \
              all_bytes(verdicts + (capacity), 0xaa, 8 - (capacity)));                             \
    } while (0)
    REFUSE(8, 0, &roots, &rows, indices, &proofs, size, 1);
    REFUSE(7, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, NULL, &rows, indices, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, NULL, indices, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, NULL, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, NULL, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, &proofs, NULL, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, &proofs, size, 2);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, &backwards, size, 1);
    /* Verdicts written over what is still to be read. */
    const pyaccel_rows over = fixed_rows(verdicts + 7, 8, 1, 0);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &over, &rows, indices, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &over, indices, &proofs, size, 1);
    REFUSE(8, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices, &over, size, 1);
#undef REFUSE
    /* Roots of another size can't be anyone's. */
    CHECK(pyaccel_merkle_verify_many(verdicts, 8, PYACCEL_MERKLE_RFC6962, &shifted, &rows, indices,
                                     &proofs, size, 1, 8, NULL) == PYACCEL_OK);
    CHECK(all_bytes(verdicts, 0, 8));
    CHECK(pyaccel_merkle_verify_many(NULL, 0, PYACCEL_MERKLE_RFC6962, &empty, &empty, NULL, &empty,
                                     NULL, 0, 0, NULL) == PYACCEL_OK);
}

/* ---- consistency ---------------------------------------------------------------------------------------- */

static uint8_t consistent(const uint8_t *old_root, const uint8_t *new_root, uint64_t m, uint64_t n,
                          const uint8_t *proof, uint64_t size)
{
    uint8_t verdict = 0xaa;
    CHECK(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_RFC6962, old_root, new_root, m,
                                            n, proof, size, NULL) == PYACCEL_OK);
    return verdict;
}

static void test_consistency(uint64_t n)
{
    pyaccel_merkle_tree *tree;
    const pyaccel_rows rows = fixed_rows(leaves, n, WIDTH, WIDTH);
    uint8_t old_root[NODE], new_root[NODE], expected[MAX_PROOF], proof[64 * NODE];
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_RFC6962, &rows, n, NULL) == PYACCEL_OK);
    reference_root(new_root, leaves, WIDTH, n);
    for (uint64_t m = 0; m <= n; m++) {
        uint64_t size = sizeof proof;
        uint64_t wanted =
            m == 0 || m == n ? 0 : NODE * reference_subproof(expected, m, leaves, WIDTH, n, 1);
        reference_root(old_root, leaves, WIDTH, m);
        CHECK(pyaccel_merkle_tree_consistency_proof(proof, &size, tree, m) == PYACCEL_OK &&
              size == wanted);
        CHECK(memcmp(proof, expected, wanted) == 0);
        CHECK(consistent(old_root, new_root, m, n, proof, size) == 1);
        memset(proof + size, 0, NODE);
        CHECK(consistent(old_root, new_root, m, n, proof, size + NODE) == 0);
        CHECK(consistent(old_root, new_root, m, n, proof, size + 1) == 0);
        old_root[0] ^= 1;
        CHECK(consistent(old_root, new_root, m, n, proof, size) == 0);
        old_root[0] ^= 1;
        CHECK(m == n || consistent(new_root, old_root, n, m, proof, size) == 0);
        if (size == 0) {
            continue;
        }
        new_root[5] ^= 1;
        CHECK(consistent(old_root, new_root, m, n, proof, size) == 0);
        new_root[5] ^= 1;
        CHECK(consistent(old_root, new_root, m, n, proof, size - NODE) == 0);
        CHECK(consistent(old_root, new_root, m, n, proof, 0) == 0);
        proof[random_word() % size] ^= 0x10;
        CHECK(consistent(old_root, new_root, m, n, proof, size) == 0);
    }
    uint64_t size = sizeof proof;
    CHECK(pyaccel_merkle_tree_consistency_proof(proof, &size, tree, n + 1) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(size == 0);
    pyaccel_merkle_tree_free(tree);
}

static void test_consistency_arguments(void)
{
    uint8_t verdict = 0xaa, node[NODE] = {0};
    const pyaccel_rows rows = fixed_rows(leaves, 4, NODE, WIDTH);
    pyaccel_merkle_tree *tree;
    uint64_t size = 0;
    CHECK(pyaccel_merkle_verify_consistency(NULL, PYACCEL_MERKLE_RFC6962, node, node, 1, 2, node,
                                            NODE, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_RFC6962, node, node, 1, 2,
                                            NULL, NODE, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(verdict == 0);
    verdict = 0xaa;
    CHECK(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_BITCOIN, node, node, 1, 2,
                                            node, NODE, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(verdict == 0);
    verdict = 0xaa;
    CHECK(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_RFC6962, NULL, node, 1, 2,
                                            node, NODE, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(verdict == 0);
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_BITCOIN, &rows, 4, NULL) == PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_consistency_proof(NULL, &size, tree, 2) == PYACCEL_UNSUPPORTED);
    pyaccel_merkle_tree_free(tree);
    /* Sizes far beyond any tree end the walk, they don't run away with it. */
    CHECK(consistent(node, node, UINT64_MAX - 1, UINT64_MAX, node, NODE) == 0);
    CHECK(consistent(node, node, UINT64_C(1) << 63, UINT64_MAX, node, NODE) == 0);
}

int main(void)
{
    random_bytes(leaves, sizeof leaves);
    for (uint64_t n = 1; n <= MAX_LEAVES; n += n < 20 ? 1 : 10) {
        test_inclusion(PYACCEL_MERKLE_RFC6962, n);
        test_inclusion(PYACCEL_MERKLE_BITCOIN, n);
        test_consistency(n);
    }
    test_duplicate();
    test_arguments();
    test_consistency_arguments();
    return finish();
}
