/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees: roots, whole trees, inclusion, consistency and multiproofs. Forms are never mixed: each has its own hash,
 * and the same bytes give another root in each.
 *
 * Nodes have 32 bytes. A tree of n leaves is kept as layers: layer 0 holds the n leaf nodes, layer k + 1 the parents of
 * layer k, ceil(n / 2^k) nodes each, down to one; what becomes of a last node x without a sibling tells forms apart.
 *
 *   form                  leaf node        parent                  lone last node      hash
 *   bitcoin               leaf (txid)      H(l || r)               H(x || x)           sha256d
 *   rfc6962               H(0x00 || leaf)  H(0x01 || l || r)       goes up unchanged   sha256; see below
 *   cometbft              H(0x00 || leaf)  H(0x01 || l || r)       goes up unchanged   sha256
 *   ssz                   leaf (chunk)     H(l || r)               H(x || Z[k])        sha256
 *   openzeppelin-standard H(H(leaf))       H(min(l,r) || max(l,r)) a heap has none     keccak256
 *   openzeppelin-simple   leaf             H(min(l,r) || max(l,r)) a heap has none     keccak256; sha256, sm3
 *
 *   bitcoin    Bitcoin Core, consensus/merkle. Leaves are txids in internal byte order. No root of an empty tree.
 *   rfc6962    RFC 6962 2.1, RFC 9162 2.1. Root of no leaf: H(""). The RFCs leave H to the log: also sha512-256, sha3-256,
 *              keccak256, sm3, blake2b-256, blake2s-256, blake3.
 *   cometbft   CometBFT, crypto/merkle: the tree of rfc6962. A proof is (total, index, leaf hash, aunts): sizes[i] is its
 *              total, at most 2^63 - 1, and it has at most 100 aunts. No consistency proofs.
 *   ssz        Ethereum consensus-specs, ssz/simple-serialize.md. Leaves are 32-byte chunks, padded with zero chunks to a
 *              power of two: that of n, or of `limit`. Z[0] = 32 zero bytes, Z[k + 1] = H(Z[k] || Z[k]); layers end at
 *              ceil(log2(n)), and from there root = H(x || Z[k]) up to the height of the limit: no padding is ever made.
 *              With mix_in_length root = H(root || length), the length in 32 little-endian bytes. n may be 0.
 *   openzeppelin-*  @openzeppelin/merkle-tree 1.x: StandardMerkleTree, whose leaves are the ABI-encoded values, and
 *              SimpleMerkleTree, whose leaves are 32-byte nodes. Leaf nodes are sorted first, unless `unsorted`. With
 *              A[0 .. n) the leaf nodes, A[n + m] = parent(A[2m], A[2m + 1]), root A[2n - 2]: A[j] is the package's
 *              tree[2n - 2 - j]. Its proofs tell that a leaf is in the tree, not where. No root of an empty tree. */
#ifndef PYACCEL_MERKLE_H
#define PYACCEL_MERKLE_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PYACCEL_MERKLE_BITCOIN 1
#define PYACCEL_MERKLE_RFC6962 2
#define PYACCEL_MERKLE_COMETBFT 3
#define PYACCEL_MERKLE_SSZ 4
#define PYACCEL_MERKLE_OPENZEPPELIN_STANDARD 5
#define PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE 6

/* What is mixed in as length: the number of leaves, or options.length. */
#define PYACCEL_MERKLE_MIX_IN_SIZE 1
#define PYACCEL_MERKLE_MIX_IN_LENGTH 2

/* Most layers, counted from the leaves, that a kept tree may do without. */
#define PYACCEL_MERKLE_MOST_KEEP_LAYERS 24

/* All 0 but struct_size: the defaults. A field that the form does not take is INVALID_ARGUMENT unless it is 0. */
typedef struct {
    size_t struct_size;             /* sizeof(pyaccel_merkle_options)                                           */
    uint32_t algorithm;             /* PYACCEL_HASH_*; 0: the form's own; one that it does not take is UNSUPPORTED */
    uint32_t threads;               /* 0: PYACCEL_THREADS, else the caller's thread alone                       */
    uint64_t limit;                 /* ssz: chunks that the tree is padded to, 1 .. 2^63; 0: as many as there are */
    uint64_t reserved;              /* 0                                                                        */
    uint32_t mix_in_length;         /* ssz: PYACCEL_MERKLE_MIX_IN_*; 0: the root of a vector, without length    */
    uint32_t unsorted;              /* openzeppelin-*: 1: leaf nodes stay in the caller's order                 */
    uint64_t length;                /* ssz: the list's number of elements, with PYACCEL_MERKLE_MIX_IN_LENGTH    */
    uint32_t keep_layers;           /* kept trees, not openzeppelin-*: layers below this one are not kept       */
    uint32_t reserved_2;            /* 0                                                                        */
    const pyaccel_rows *old_leaves; /* append and update of a tree with keep_layers: all leaves of the old tree */
    uint64_t *positions; /* openzeppelin-*; _layers (may be NULL) and _tree_of_layers alone: where leaf i stands in A */
} pyaccel_merkle_options;

/* root = Merkle root of n leaves. Leaves are hashed on the way: memory is read once.
 *   root, root_size  32 bytes and their capacity
 *   mutated          may be NULL; set to 1 when in some layer of a bitcoin tree, before the last node is doubled, entries
 *                    2i and 2i + 1 are both there and equal (CVE-2012-2459: another list of leaves has this root), else 0
 *   leaves           n rows (32 bytes each in the forms bitcoin, ssz and openzeppelin-simple, else of any length)
 * Returns OK; INVALID_ARGUMENT (also: more leaves than the limit); UNSUPPORTED; OUT_OF_MEMORY; BAD_ENVIRONMENT: the root is
 * then zeroed and *mutated 1. */
PYACCEL_API pyaccel_status pyaccel_merkle_root(uint8_t *root, uint64_t root_size, uint32_t *mutated, uint32_t form,
                                               const pyaccel_rows *leaves, uint64_t n,
                                               const pyaccel_merkle_options *options);

/* Number of nodes in all layers of a tree of n leaves that is no heap (0 for 0; UINT64_MAX where it takes more bits). */
PYACCEL_API uint64_t pyaccel_merkle_node_count(uint64_t n);

/* Number of nodes that pyaccel_merkle_layers gives: pyaccel_merkle_node_count(n), in the forms openzeppelin-* 2n - 1; 0 for
 * n = 0 and for an unknown form. */
PYACCEL_API uint64_t pyaccel_merkle_layers_count(uint32_t form, uint64_t n);

/* nodes = all layers one after the other, leaf nodes first, the node over all leaves last (in form ssz the zero hashes above
 * it and the length are not among them); openzeppelin-*: A[0 .. 2n - 1). pyaccel_merkle_layers_count(form, n) * 32 bytes,
 * which must not overlap the leaves (INVALID_ARGUMENT). Errors as pyaccel_merkle_root; nodes are then zeroed as far as
 * nodes_size reaches. n = 0 writes nothing. */
PYACCEL_API pyaccel_status pyaccel_merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                                 const pyaccel_rows *leaves, uint64_t n,
                                                 const pyaccel_merkle_options *options);

/* verdicts[i] = 1 when proof i shows that leaf i stands at indices[i] in the tree of sizes[i] leaves and root i.
 *   verdicts         n bytes and their capacity; must not overlap roots, leaves or proofs (INVALID_ARGUMENT)
 *   roots            n rows of 32 bytes (stride 0: one root for all)
 *   leaves           n rows: the leaf itself (its bytes, not its hash; 32 bytes where leaves are nodes)
 *   indices          n zero-based positions; openzeppelin-*: NULL, as these proofs have none
 *   proofs           n rows: the sibling nodes from the leaf upwards, 32 bytes each. rfc6962, cometbft: promoted nodes have
 *                    none, as in RFC 9162 2.1.3.1. bitcoin: ceil(log2(size)) nodes; where the node is the last of an odd
 *                    layer its sibling is itself and must be given so; elsewhere a sibling equal to the node is refused.
 *                    ssz: ceil(log2(limit, or size)) nodes, those over padding alone being Z[k], then with mix_in_length
 *                    the length (that of options.mix_in_length) in 32 bytes.
 *   sizes            sizes_count numbers of leaves: n of them, or 1 for all; openzeppelin-*: NULL and 0
 * A malformed proof, a root or node of another size than 32 bytes, an index >= size, a size of 0 or over the limit is a
 * verdict of 0, not an error.
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED; BAD_ENVIRONMENT: all verdicts are then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_verify_many(uint8_t *verdicts, uint64_t verdicts_size, uint32_t form,
                                                      const pyaccel_rows *roots, const pyaccel_rows *leaves,
                                                      const uint64_t *indices, const pyaccel_rows *proofs,
                                                      const uint64_t *sizes, uint64_t sizes_count, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* *verdict = 1 when proof (m * 32 bytes, RFC 9162 2.1.4.1) shows that the rfc6962 tree of old_size leaves and old_root is a
 * prefix of the one of new_size leaves and new_root (32 bytes each). old_size = 0 or = new_size wants an empty proof (and
 * equal roots for the latter; old_root H("") for 0); old_size > new_size is 0. Another form is UNSUPPORTED. */
PYACCEL_API pyaccel_status pyaccel_merkle_verify_consistency(uint8_t *verdict, uint32_t form, const uint8_t *old_root,
                                                             const uint8_t *new_root, uint64_t old_size,
                                                             uint64_t new_size, const uint8_t *proof,
                                                             uint64_t proof_size,
                                                             const pyaccel_merkle_options *options);

/* *verdict = 1 when one proof shows n leaves at once to be in the tree of this root (32 bytes).
 *   leaves   n rows. ssz: the nodes at indices, 32 bytes each. openzeppelin-*: the leaves, in ascending order of their
 *            position in the tree, as pyaccel_merkle_tree_multiproof orders them.
 *   indices  ssz: n generalized indices (root 1, children of g: 2g and 2g + 1; with a mixed-in length the contents' root is
 *            2 and the length 3), in any order. Equal ones, and such that one stands above another, are refused: the
 *            algorithm of the specification would not look at the lower one. openzeppelin-*: NULL.
 *   proof    nodes, 32 bytes each. ssz (ssz/merkle-proofs.md): those at get_helper_indices(indices), descending.
 *            openzeppelin-* (MerkleProof.processMultiProof): those that flags call for.
 *   flags    openzeppelin-*: one byte a parent: 1: its second child is the next leaf or parent, 0: the next node of the
 *            proof; other values are refused. n + nodes = flags + 1, every node is used (OpenZeppelin Contracts 4.9.2), and
 *            no parent is used before it is made. No leaf, no flag and the root as the one node is valid, as it is there.
 *            ssz: NULL and 0.
 * The options' limit and mix_in_length are not looked at. Returns OK; INVALID_ARGUMENT; UNSUPPORTED (a form without
 * multiproofs); OUT_OF_MEMORY; BAD_ENVIRONMENT: the verdict is then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_verify_multiproof(uint8_t *verdict, uint32_t form, const uint8_t *root,
                                                            const pyaccel_rows *leaves, const uint64_t *indices,
                                                            uint64_t n, const uint8_t *proof, uint64_t proof_size,
                                                            const uint8_t *flags, uint64_t flags_size,
                                                            const pyaccel_merkle_options *options);

/* A tree that is kept: its layers from keep_layers upwards, 64 bytes a leaf for all of them, half of that for each layer
 * left out (openzeppelin-*: 68 bytes a leaf). Immutable and thread-safe. Trees made from another one share with it what
 * stays the same, in pieces of 512 nodes and what stands above them. Of the options with which it was made, all but threads
 * hold for every tree that is made from it. */
typedef struct pyaccel_merkle_tree pyaccel_merkle_tree;

/* *tree = the tree of n leaves (NULL on any status but OK). Free it with pyaccel_merkle_tree_free. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_new(pyaccel_merkle_tree **tree, uint32_t form,
                                                   const pyaccel_rows *leaves, uint64_t n,
                                                   const pyaccel_merkle_options *options);

/* *tree = the tree of n leaves whose layers are given, as pyaccel_merkle_layers gives them (count nodes; with positions in
 * the options where it gives them): they are copied, and not checked. keep_layers is not taken. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_of_layers(pyaccel_merkle_tree **tree, uint32_t form,
                                                         const uint8_t *nodes, uint64_t nodes_size, uint64_t n,
                                                         const pyaccel_merkle_options *options);

/* *tree = a new tree: old with n leaves appended. Only the new nodes are hashed (openzeppelin-*: every parent); old stays as
 * it is. options: threads; old_leaves where keep_layers are left out and the old size is no multiple of 2^keep_layers (else
 * INVALID_ARGUMENT); length, the new one, for a tree with PYACCEL_MERKLE_MIX_IN_LENGTH. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_append(pyaccel_merkle_tree **tree, const pyaccel_merkle_tree *old,
                                                      const pyaccel_rows *leaves, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* *tree = a new tree: old with leaf indices[i] replaced by row i, i < n. An index past the end is INVALID_ARGUMENT; of equal
 * indices the last wins. Only dirty nodes are hashed anew (sorted openzeppelin-*: every parent). options as for append;
 * old_leaves wherever keep_layers are left out. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_update(pyaccel_merkle_tree **tree, const pyaccel_merkle_tree *old,
                                                      const uint64_t *indices, const pyaccel_rows *leaves, uint64_t n,
                                                      const pyaccel_merkle_options *options);

/* NULL is ignored. */
PYACCEL_API void pyaccel_merkle_tree_free(pyaccel_merkle_tree *tree);

/* Number of leaves (0 for NULL). */
PYACCEL_API uint64_t pyaccel_merkle_tree_size(const pyaccel_merkle_tree *tree);

/* root = 32 bytes. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_root(uint8_t *root, uint64_t root_size, const pyaccel_merkle_tree *tree);

/* Below, `leaves` are all leaves of the tree, from which the layers that are not kept are made anew as far as they are
 * needed; NULL where keep_layers is 0. INVALID_ARGUMENT when they are needed and missing, or not those of the tree.
 * Proofs are handed out in two steps: with `proof` NULL *proof_size becomes the size. */

/* proof = the inclusion proof of leaf index, its siblings from the leaf upwards; *proof_size: in: capacity, out: bytes written
 * (at most 65 * 32). proof NULL asks for the size alone. An index past the end is INVALID_ARGUMENT, *proof_size is then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_proof(uint8_t *proof, uint64_t *proof_size,
                                                     const pyaccel_merkle_tree *tree, uint64_t index);

/* Proof i, of leaf indices[i], at proofs[offsets[i] .. offsets[i + 1]), i < n.
 *   offsets  n + 1, written also when proofs is NULL, which asks for the sizes alone
 * On any status but OK offsets and proofs (proofs_size bytes) are zeroed. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_proofs(uint8_t *proofs, uint64_t proofs_size, uint64_t *offsets,
                                                      const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                                      uint64_t n, const pyaccel_rows *leaves);

/* proof = the consistency proof from old_size leaves to the tree's size (form rfc6962; else UNSUPPORTED); sizes as for
 * pyaccel_merkle_tree_proof. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_consistency_proof(uint8_t *proof, uint64_t *proof_size,
                                                                 const pyaccel_merkle_tree *tree, uint64_t old_size);

/* The same of a tree with keep_layers. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_consistency_proof_of(uint8_t *proof, uint64_t *proof_size,
                                                                    const pyaccel_merkle_tree *tree, uint64_t old_size,
                                                                    const pyaccel_rows *leaves);

/* One proof of n nodes at once, as pyaccel_merkle_verify_multiproof takes it.
 *   proof, proof_size  as above
 *   flags, flags_size  openzeppelin-*: bytes of 0 or 1; in and out as the proof's; ssz: nothing is written, *flags_size 0
 *   order              openzeppelin-*: n: the indices in the order in which the leaves go into the proof; may be NULL
 *   indices            openzeppelin-*: leaves, each once; ssz: generalized indices of nodes of the tree, none above another
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED (a form without, or an ssz tree of more than 63 layers); OUT_OF_MEMORY; both
 * sizes are then 0. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_multiproof(uint8_t *proof, uint64_t *proof_size, uint8_t *flags,
                                                          uint64_t *flags_size, uint64_t *order,
                                                          const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                                          uint64_t n, const pyaccel_rows *leaves);

/* nodes = the node at each of n generalized indices (32 bytes each; root 1, children of g: 2g and 2g + 1), form ssz alone.
 * Errors as pyaccel_merkle_tree_multiproof; nodes are then zeroed. */
PYACCEL_API pyaccel_status pyaccel_merkle_tree_nodes(uint8_t *nodes, uint64_t nodes_size,
                                                     const pyaccel_merkle_tree *tree, const uint64_t *indices,
                                                     uint64_t n, const pyaccel_rows *leaves);

#ifdef __cplusplus
}
#endif

#endif
