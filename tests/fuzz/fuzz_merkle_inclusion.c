/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: an inclusion proof holds exactly when it is the one that the tree gives; whatever numbers come with it, no
 * byte past its end is read.
 *
 * Input: form, leaves, leaf, claimed index, claimed size, layout of numbers, edits. */
#include "merkle_edits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t forms[] = {PYACCEL_MERKLE_BITCOIN,
                                     PYACCEL_MERKLE_RFC6962,
                                     PYACCEL_MERKLE_COMETBFT,
                                     PYACCEL_MERKLE_SSZ,
                                     PYACCEL_MERKLE_OPENZEPPELIN_STANDARD,
                                     PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE};
    reader in = {data, size};
    uint8_t leaves[MOST_LEAVES][NODE], root[NODE], proof[80 * NODE], verdict = 0xaa;
    const uint32_t form = forms[next_byte(&in) % 6];
    const bool ssz = form == PYACCEL_MERKLE_SSZ,
               heap = form >= PYACCEL_MERKLE_OPENZEPPELIN_STANDARD;
    const uint64_t n = 1 + next_byte(&in) % MOST_LEAVES, leaf = next_byte(&in) % n;
    uint64_t index = leaf, claimed = n;
    const uint8_t other_index = next_byte(&in), other_size = next_byte(&in);
    const uint8_t layout = next_byte(&in);
    pyaccel_merkle_options options = {.struct_size = sizeof options};
    if (ssz) {
        options.limit = layout % 4 ? (uint64_t)MOST_LEAVES << layout % 40 : 0;
        options.mix_in_length = layout / 64 % 2;
    }
    if (other_index % 8 == 1) {
        index = layout % 2 ? UINT64_MAX - other_index : other_index;
    }
    if (other_size % 8 == 1) {
        claimed = layout % 3 ? UINT64_MAX - other_size / 8 : other_size / 8;
    }
    fill_leaves(leaves);
    pyaccel_merkle_tree *tree = tree_of(form, leaves, n, &options);
    REQUIRE(pyaccel_merkle_tree_root(root, NODE, tree) == PYACCEL_OK);
    uint64_t proof_size = sizeof proof;
    REQUIRE(pyaccel_merkle_tree_proof(proof, &proof_size, tree, leaf) == PYACCEL_OK);
    pyaccel_merkle_tree_free(tree);

    const bool edited = edit(&in, proof, &proof_size, sizeof proof);
    uint8_t *exact = exact_copy(proof, proof_size);
    const pyaccel_rows roots = rows_of(root, NODE, NODE), row = rows_of(leaves[leaf], NODE, NODE);
    const pyaccel_rows proofs = rows_of(exact, proof_size, proof_size);
    REQUIRE(pyaccel_merkle_verify_many(&verdict, 1, form, &roots, &row, heap ? NULL : &index,
                                       &proofs, heap ? NULL : &claimed, heap ? 0 : 1, 1,
                                       &options) == PYACCEL_OK);
    REQUIRE(verdict <= 1);
    if (heap || (index == leaf && claimed == n)) {
        REQUIRE(verdict == !edited);
    } else if (index != leaf || claimed == 0) {
        /* All leaves differ, so that no other place has this one. */
        REQUIRE(verdict == 0 || claimed != n);
    }
    free(exact);
    return 0;
}
