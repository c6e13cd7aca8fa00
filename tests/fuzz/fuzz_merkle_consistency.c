/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a consistency proof holds exactly when it is the one that the tree gives; whatever sizes come with it, no byte
 * past its end is read.
 *
 * Input: leaves, old leaves, claimed old size, claimed new size, layout of numbers, edits. */
#include "merkle_edits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader in = {data, size};
    uint8_t leaves[MOST_LEAVES][NODE], old_root[NODE], new_root[NODE], proof[80 * NODE];
    uint8_t verdict = 0xaa;
    const uint64_t n = 1 + next_byte(&in) % MOST_LEAVES, old_n = next_byte(&in) % (n + 1);
    const uint8_t other_old = next_byte(&in), other_new = next_byte(&in), layout = next_byte(&in);
    uint64_t old_size = old_n, new_size = n;
    if (other_old % 8 == 1) {
        old_size = layout % 2 ? UINT64_MAX - other_old / 8 : other_old / 8;
    }
    if (other_new % 8 == 1) {
        new_size = layout % 3 ? UINT64_MAX - other_new / 8 : other_new / 8;
    }
    fill_leaves(leaves);
    pyaccel_merkle_tree *old = tree_of(PYACCEL_MERKLE_RFC6962, leaves, old_n, NULL);
    pyaccel_merkle_tree *tree = tree_of(PYACCEL_MERKLE_RFC6962, leaves, n, NULL);
    REQUIRE(pyaccel_merkle_tree_root(old_root, NODE, old) == PYACCEL_OK);
    REQUIRE(pyaccel_merkle_tree_root(new_root, NODE, tree) == PYACCEL_OK);
    uint64_t proof_size = sizeof proof;
    REQUIRE(pyaccel_merkle_tree_consistency_proof(proof, &proof_size, tree, old_n) == PYACCEL_OK);
    pyaccel_merkle_tree_free(old);
    pyaccel_merkle_tree_free(tree);

    const bool edited = edit(&in, proof, &proof_size, sizeof proof);
    uint8_t *exact = exact_copy(proof, proof_size);
    REQUIRE(pyaccel_merkle_verify_consistency(&verdict, PYACCEL_MERKLE_RFC6962, old_root, new_root,
                                              old_size, new_size, exact, proof_size,
                                              NULL) == PYACCEL_OK);
    REQUIRE(verdict <= 1);
    if (old_size == old_n && new_size == n) {
        REQUIRE(verdict == !edited);
    } else if (old_size > new_size) {
        REQUIRE(verdict == 0);
    }
    free(exact);
    return 0;
}
