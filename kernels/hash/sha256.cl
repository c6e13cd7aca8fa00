/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and SHA-256d of many rows, one row a work item. */
#include "sha256.h"

/* digests[i] = H(row i), rows of one width; H = SHA-256 (passes 1) or SHA-256 twice (passes 2).
 * Shapes: digests n x 32 bytes; row i is the width bytes from byte i * stride (stride 0: one row for all).
 * NDRange: n rounded up to the local size, local size 64, 48 registers: eight groups and more on a GPU's
 * multiprocessor. A row of 64 bytes is one item's two 32-byte sectors, so no transposition is needed.
 * Limit: two compressions of 64 rounds for such a row; 10 M rows/s on two cores with AVX-512 by Intel's runtime, which
 * works on 16 items at once, 4.2 M by PoCL 3.1, where intrinsics reach 20 M on one core. Not run on a GPU yet. */
KERNEL void hash_sha256_fixed(GLOBAL uint *digests, GLOBAL const uint *data, ulong width,
                              ulong stride, uint passes, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    uint state[8];
    sha256_row(state, data, i * stride, width, 0, passes);
    sha256_end(digests + 8 * (ulong)i, state);
}

/* digests[i] = H(row i), rows of any lengths; H as above.
 * Shapes: digests n x 32 bytes; row i is bytes offsets[i] .. offsets[i + 1) of data; n + 1 offsets.
 * NDRange: n rounded up to the local size, local size 64, 48 registers; a group takes as long as its longest row.
 * Before: offsets never decrease and end within data (the host has checked its own copy of them). */
KERNEL void hash_sha256_offsets(GLOBAL uint *digests, GLOBAL const uint *data,
                                GLOBAL const ulong *offsets, uint passes, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    uint state[8];
    sha256_row(state, data, offsets[i], offsets[i + 1] - offsets[i], 0, passes);
    sha256_end(digests + 8 * (ulong)i, state);
}
