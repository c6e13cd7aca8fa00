/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a tree of five leaves as Certificate Transparency does (RFC 6962), and proves that one is in it. */
#include <stdio.h>

#include <pyaccel.h>

int main(void)
{
    static const uint8_t text[] = "alphabetagammadeltaepsilon";
    static const uint32_t offsets[] = {0, 5, 9, 14, 19, 26};
    enum { LEAVES = 5, CHOSEN = 3 };
    const pyaccel_rows leaves = {
        .data = text, .data_size = 26, .offsets = offsets, .offset_bits = 32};

    pyaccel_merkle_tree *tree;
    uint8_t root[32], proof[64 * 32];
    uint64_t proof_size = sizeof proof;
    if (pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_RFC6962, &leaves, LEAVES, NULL) !=
            PYACCEL_OK ||
        pyaccel_merkle_tree_root(root, sizeof root, tree) != PYACCEL_OK ||
        pyaccel_merkle_tree_proof(proof, &proof_size, tree, CHOSEN) != PYACCEL_OK) {
        return 1;
    }
    pyaccel_merkle_tree_free(tree);

    /* Whoever knows the root alone can check the leaf "delta". */
    const pyaccel_rows roots = {.data = root, .data_size = 32, .width = 32};
    const pyaccel_rows leaf = {.data = text + 14, .data_size = 5, .width = 5};
    const pyaccel_rows proofs = {.data = proof, .data_size = proof_size, .width = proof_size};
    const uint64_t index = CHOSEN, size = LEAVES;
    uint8_t verdict;
    pyaccel_status status =
        pyaccel_merkle_verify_many(&verdict, sizeof verdict, PYACCEL_MERKLE_RFC6962, &roots, &leaf,
                                   &index, &proofs, &size, 1, 1, NULL);
    printf("proof of %d nodes: %s\n", (int)(proof_size / 32), verdict ? "valid" : "invalid");
    return !(status == PYACCEL_OK && verdict);
}
