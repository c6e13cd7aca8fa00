/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a multiproof that holds speaks of nodes of the tree alone; the one that the tree gives holds; whatever flags
 * and indices come with it, no byte past an end is read.
 *
 * Input: form, leaves, four leaves to prove, what is altered and how, edits. */
#include "merkle_edits.h"

#define MOST_NODES (2 * MOST_LEAVES)

typedef struct {
    uint32_t form;
    uint64_t n, count;
    uint64_t indices[4];
    uint8_t leaves[MOST_LEAVES][NODE];
    uint8_t claimed[4][NODE];
    uint8_t proof[80 * NODE], flags[64];
    uint64_t proof_size, flags_size;
    uint8_t root[NODE];
} question;

static bool holds(const question *ask)
{
    uint8_t verdict = 0xaa;
    const bool ssz = ask->form == PYACCEL_MERKLE_SSZ;
    uint8_t *proof = exact_copy(ask->proof, ask->proof_size);
    uint8_t *flags = exact_copy(ask->flags, ask->flags_size);
    const pyaccel_rows rows = rows_of(ask->claimed, ask->count * NODE, NODE);
    REQUIRE(pyaccel_merkle_verify_multiproof(&verdict, ask->form, ask->root, &rows,
                                             ssz ? ask->indices : NULL, ask->count, proof,
                                             ask->proof_size, ssz ? NULL : flags,
                                             ssz ? 0 : ask->flags_size, NULL) == PYACCEL_OK);
    REQUIRE(verdict <= 1);
    free(proof);
    free(flags);
    return verdict == 1;
}

/* Leaves to prove, each once, and the proof that the tree gives. */
static void make(question *ask, reader *in)
{
    const bool ssz = ask->form == PYACCEL_MERKLE_SSZ;
    uint64_t wanted[4], order[4];
    fill_leaves(ask->leaves);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t index = next_byte(in) % ask->n;
        bool there = false;
        for (uint64_t j = 0; j < ask->count; j++) {
            there = there || wanted[j] == index;
        }
        if (!there) {
            wanted[ask->count++] = index;
        }
    }
    uint64_t first = 1;
    while (first < ask->n) {
        first *= 2;
    }
    for (uint64_t i = 0; i < ask->count && ssz; i++) {
        ask->indices[i] = first + wanted[i];
    }
    pyaccel_merkle_tree *tree = tree_of(ask->form, ask->leaves, ask->n, NULL);
    REQUIRE(pyaccel_merkle_tree_root(ask->root, NODE, tree) == PYACCEL_OK);
    ask->proof_size = sizeof ask->proof;
    ask->flags_size = sizeof ask->flags;
    REQUIRE(pyaccel_merkle_tree_multiproof(
                ask->proof, &ask->proof_size, ask->flags, &ask->flags_size, order, tree,
                ssz ? ask->indices : wanted, ask->count, NULL) == PYACCEL_OK);
    pyaccel_merkle_tree_free(tree);
    for (uint64_t i = 0; i < ask->count; i++) {
        memcpy(ask->claimed[i], ask->leaves[ssz ? wanted[i] : order[i]], NODE);
    }
}

/* Whether every claimed leaf is a node of the heap over these leaves (a leaf of form openzeppelin-simple may be any node). */
static bool all_there(const question *ask)
{
    uint8_t nodes[MOST_NODES][NODE];
    const pyaccel_rows rows = rows_of(ask->leaves, ask->n * NODE, NODE);
    REQUIRE(pyaccel_merkle_layers(nodes[0], sizeof nodes, ask->form, &rows, ask->n, NULL) ==
            PYACCEL_OK);
    for (uint64_t i = 0; i < ask->count; i++) {
        bool there = false;
        for (uint64_t j = 0; j < 2 * ask->n - 1; j++) {
            there = there || memcmp(ask->claimed[i], nodes[j], NODE) == 0;
        }
        if (!there) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader in = {data, size};
    question ask = {.form = next_byte(&in) % 2 ? PYACCEL_MERKLE_SSZ
                                               : PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE};
    ask.n = 1 + next_byte(&in) % MOST_LEAVES;
    make(&ask, &in);
    REQUIRE(holds(&ask));

    const bool ssz = ask.form == PYACCEL_MERKLE_SSZ;
    const uint8_t what = next_byte(&in), where = next_byte(&in), value = next_byte(&in);
    bool altered = false;
    if (what & 1) {
        ask.claimed[where % ask.count][value % NODE] ^= 1;
        altered = true;
    }
    if (what & 2 && ssz) {
        ask.indices[where % ask.count] ^= (uint64_t)value << where % 57;
        altered = altered || value != 0;
    }
    if (what & 4 && ask.flags_size > 0) {
        ask.flags[where % ask.flags_size] ^= value;
    }
    if (what & 8 && !ssz) {
        ask.flags_size = value % sizeof ask.flags;
    }
    altered = edit(&in, ask.proof, &ask.proof_size, sizeof ask.proof) || altered;
    if (holds(&ask)) {
        /* ssz: a collision would be needed, or an index that tells nothing else. */
        REQUIRE(ssz ? !altered : all_there(&ask));
    }
    return 0;
}
