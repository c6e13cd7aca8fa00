/* SPDX-License-Identifier: Apache-2.0 */
/* The hash room inside libpyaccel: what merkle/ and verify/ call. */
#ifndef PA_HASH_H
#define PA_HASH_H

#include "../core/internal.h"
#include "pyaccel/hash.h"

#define PA_HASH_SUBTREE_HEIGHT 3 /* of subtrees that one lane hashes */

typedef struct {
    uint64_t state[8]; /* words of the algorithm, 32-bit ones in the low halves */
    uint64_t bytes;    /* absorbed so far, a multiple of the block size         */
} pa_midstate;

/* Hashes without concatenating: digest of row i = H(segments[0][i] || segments[1][i] || ...), for i in
 * [first, first + n), written to digests + (i - first) * digest size. At most 4 segments, each pa_rows_valid
 * for first + n rows; one with stride 0 serves every row ("0x00", a tag).
 *   algorithm    a known PYACCEL_HASH_*
 *   digest_size  bytes, one that the algorithm has
 *   midstate     NULL, or the state after whole blocks that all rows share (tagged hashes); INVALID_ARGUMENT for Keccak,
 *                whose state is larger
 * OK; INVALID_ARGUMENT when an offset is bad (digests are then undefined: the caller closes them);
 * OUT_OF_MEMORY. Uses the lanes of the bound variant where they pay. */
pyaccel_status pa_hash_segments(uint32_t algorithm, uint8_t *digests, uint64_t digest_size,
                                const pa_midstate *midstate, const pyaccel_rows *segments,
                                uint32_t segment_count, uint64_t first, uint64_t n);

/* Parents of trees with sorted pairs: digests + 32 i = H(min(l, r) || max(l, r)) where l and r are the halves of the 64 bytes at
 * pairs + 64 i, compared as bytes. Lanes order them in their registers.
 *   algorithm  PYACCEL_HASH_SHA256, _SM3 or _KECCAK256
 * digests must not overlap pairs. */
void pa_hash_sorted_pairs(uint32_t algorithm, uint8_t *digests, const uint8_t *pairs, uint64_t n);

/* digests + 32 i = the node over the 2^PA_HASH_SUBTREE_HEIGHT nodes at nodes + 32 * 2^PA_HASH_SUBTREE_HEIGHT * i, as
 * pa_hash_segments or, with sorted_pairs, pa_hash_sorted_pairs hashes two of them, for as many i < n as are returned: those
 * that fill lanes which hash whole subtrees, maybe none.
 *   algorithm  as pa_hash_sorted_pairs
 * digests must not overlap nodes. */
uint64_t pa_hash_subtrees(uint32_t algorithm, uint8_t *digests, const uint8_t *nodes, uint64_t n,
                          bool sorted_pairs);

/* The same for one algorithm and its own digest size. */
typedef pyaccel_status pa_hash_segments_fn(uint8_t *digests, const pa_midstate *midstate,
                                           const pyaccel_rows *segments, uint32_t segment_count,
                                           uint64_t first, uint64_t n);

pa_hash_segments_fn pa_sha256_lanes;
pa_hash_segments_fn pa_sha256d_lanes;
pa_hash_segments_fn pa_sha512_lanes;
pa_hash_segments_fn pa_keccak256_lanes;
pa_hash_segments_fn pa_sha384_lanes;
pa_hash_segments_fn pa_sm3_lanes;

#endif
