/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees: roots, whole trees, inclusion and consistency proofs.
 *
 * A tree of n leaves is kept as layers: layer 0 holds the n leaf nodes, layer k + 1 the parents of layer k,
 * ceil(n / 2^k) nodes each, down to one. A last node without a sibling is
 *   bitcoin   paired with itself (parent = H(x || x)); leaves are the 32-byte nodes themselves (txids);
 *             H = sha256d; no root of an empty tree (INVALID_ARGUMENT).
 *   rfc6962   promoted unchanged, which is RFC 6962's split at the largest power of two; leaf node = H(0x00 || leaf),
 *             parent = H(0x01 || left || right), H = sha256, root of no leaf = H(""). CometBFT's trees are these. */
#ifndef PYACCEL_MERKLE_H
#define PYACCEL_MERKLE_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PYACCEL_MERKLE_BITCOIN 1
#define PYACCEL_MERKLE_RFC6962 2

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size; /* sizeof(pyaccel_merkle_options)                                           */
    uint32_t algorithm; /* PYACCEL_HASH_*; 0: the form's own; another one is UNSUPPORTED where the form fixes it */
    uint32_t threads;   /* 0: PYACCEL_THREADS, else the caller's thread alone                       */
    uint64_t limit;     /* leaves that the tree is padded to, in forms that have it; else 0         */
    uint64_t reserved;  /* 0                                                                        */
} pyaccel_merkle_options;

/* root = Merkle root of n leaves.
 *   root, root_size  32 bytes and their capacity
 *   mutated          may be NULL; set to 1 when some layer of a bitcoin tree pairs two equal nodes (CVE-2012-2459:
 *                    another list of leaves has this root), else 0
 *   leaves           n rows (32 bytes each in form bitcoin, any length in rfc6962)
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED; OUT_OF_MEMORY; BAD_ENVIRONMENT: the root is then zeroed and *mutated 1. */
PYACCEL_API pyaccel_status pyaccel_merkle_root(uint8_t *root, uint64_t root_size, uint32_t *mutated, uint32_t form,
                                               const pyaccel_rows *leaves, uint64_t n,
                                               const pyaccel_merkle_options *options);

/* Number of nodes in all layers of a tree of n leaves (0 for 0; UINT64_MAX where it takes more bits). */
PYACCEL_API uint64_t pyaccel_merkle_node_count(uint64_t n);

/* nodes = all layers one after the other, leaf nodes first, root last: pyaccel_merkle_node_count(n) * 32 bytes, which
 * must not overlap the leaves (INVALID_ARGUMENT). Errors as pyaccel_merkle_root; nodes are then zeroed as far as
 * nodes_size reaches. n = 0 writes nothing. */
PYACCEL_API pyaccel_status pyaccel_merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                                 const pyaccel_rows *leaves, uint64_t n,
                                                 const pyaccel_merkle_options *options);

/* verdicts[i] = 1 when proof i shows that leaf i stands at indices[i] in the tree of sizes[i] leaves and root i.
 *   verdicts         n bytes and their capacity; must not overlap roots, leaves or proofs (INVALID_ARGUMENT)
 *   roots            n rows of 32 bytes (stride 0: one root for all)
 *   leaves           n rows: the leaf itself (rfc6962: its bytes, not its hash; bitcoin: the 32-byte txid)
 *   indices          n zero-based positions
 *   proofs           n rows: the sibling nodes from the leaf upwards, 32 bytes each. rfc6962: promoted nodes have none,
 *                    as in RFC 9162 2.1.3.1. bitcoin: ceil(log2(size)) nodes; where the node is the last of an odd layer
 *                    its sibling is itself and must be given so; elsewhere a sibling equal to the node is refused.
 *   sizes            sizes_count numbers of leaves: n of them, or 1 for all
 * A malformed proof, a root or bitcoin leaf of another size than 32 bytes, an index >= size or a size of 0 is a verdict of 0,
 * not an error.
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED; BAD_ENVIRONMENT: all verdicts are then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_verify_many(uint8_t *verdicts, uint64_t verdicts_size, uint32_t form,
                                                      const pyaccel_rows *roots, const pyaccel_rows *leaves,
                                                      const uint64_t *indices, const pyaccel_rows *proofs,
                                                      const uint64_t *sizes, uint64_t sizes_count, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* *verdict = 1 when proof (m * 32 bytes, RFC 9162 2.1.4.1) shows that the rfc6962 tree of old_size leaves and old_root is a
 * prefix of the one of new_size leaves and new_root (32 bytes each). old_size = 0 or = new_size wants an empty proof (and
 * equal roots for the latter; old_root H("") for 0); old_size > new_size is 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_verify_consistency(uint8_t *verdict, uint32_t form, const uint8_t *old_root,
                                                             const uint8_t *new_root, uint64_t old_size,
                                                             uint64_t new_size, const uint8_t *proof,
                                                             uint64_t proof_size,
                                                             const pyaccel_merkle_options *options);

/* A tree that is kept: all its layers, 32 bytes a node, about 64 bytes a leaf. Immutable and thread-safe. */
typedef struct pyaccel_merkle_tree pyaccel_merkle_tree;

/* *tree = the tree of n leaves (NULL on any status but OK). Free it with pyaccel_merkle_tree_free. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_new(pyaccel_merkle_tree **tree, uint32_t form,
                                                   const pyaccel_rows *leaves, uint64_t n,
                                                   const pyaccel_merkle_options *options);

/* *tree = a new tree: old with n leaves appended. Only the new nodes are hashed; old stays as it is. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_append(pyaccel_merkle_tree **tree, const pyaccel_merkle_tree *old,
                                                      const pyaccel_rows *leaves, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* *tree = a new tree: old with leaf indices[i] replaced by row i, i < n. An index past the end is INVALID_ARGUMENT; of equal
 * indices the last wins. Only dirty nodes are hashed anew. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_update(pyaccel_merkle_tree **tree, const pyaccel_merkle_tree *old,
                                                      const uint64_t *indices, const pyaccel_rows *leaves, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* NULL is ignored. */
PYACCEL_API void pyaccel_merkle_tree_free(pyaccel_merkle_tree *tree);

/* Number of leaves (0 for NULL). */
PYACCEL_API uint64_t pyaccel_merkle_tree_size(const pyaccel_merkle_tree *tree);

/* root = 32 bytes. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_root(uint8_t *root, uint64_t root_size, const pyaccel_merkle_tree *tree);

/* proof = the inclusion proof of leaf index, its siblings from the leaf upwards; *proof_size: in: capacity, out: bytes written
 * (at most 64 * 32). proof NULL asks for the size alone. An index past the end is INVALID_ARGUMENT, *proof_size is then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_proof(uint8_t *proof, uint64_t *proof_size,
                                                     const pyaccel_merkle_tree *tree, uint64_t index);

/* proof = the consistency proof from old_size leaves to the tree's size (form rfc6962; else UNSUPPORTED); sizes as above. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_consistency_proof(uint8_t *proof, uint64_t *proof_size,
                                                                 const pyaccel_merkle_tree *tree, uint64_t old_size);

#ifdef __cplusplus
}
#endif

#endif
