/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of residues as bits, and the sums that show whether saved bytes were altered (docs/he.md). */
#ifndef PA_HE_PACK_H
#define PA_HE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PA_HE_MOST_PACK_BITS 61u

/* Bytes of n numbers of `bits` bits; n a multiple of 8. */
static inline size_t pa_he_packed_bytes(size_t n, unsigned bits)
{
    return n / 8 * bits;
}

/* Writes in[order[0]], in[order[1]], .. in[order[n - 1]] (order NULL: in[0], in[1] ..), `bits` bits each, one after the other,
 * least significant bit first: pa_he_packed_bytes(n, bits) bytes. Before: n a multiple of 8, 1 <= bits <= PA_HE_MOST_PACK_BITS,
 * every number < 2^bits. Constant-time in the numbers. */
void pa_he_pack(uint8_t *out, const uint64_t *in, const uint32_t *order, size_t n, unsigned bits);

/* The reverse: out[order[i]] = number i. Returns how many numbers from the first on are below `bound`: n, or the index of the first
 * that isn't, after which out holds every number all the same. Constant-time in the numbers where all are below. */
size_t pa_he_unpack(uint64_t *out, const uint8_t *in, const uint32_t *order, size_t n,
                    unsigned bits, uint64_t bound);

/* Sums of bytes taken as 32-bit words, little-endian, zeros behind them up to a multiple of 32 bytes: words i with i = k modulo 8
 * give a_k, their sum, and b_k, the sum of what a_k was after each, modulo 2^64. One word that differs, or two anywhere, or two
 * that changed places give other sums, always; other accidents but for 2^-64 or so. out: a_0, b_0, a_1, b_1 .. in 64 bits,
 * little-endian. Constant-time in the bytes. */
#define PA_HE_SUMS_LANES 8u
#define PA_HE_SUMS_BYTES (PA_HE_SUMS_LANES * 16u)
void pa_he_sums(uint8_t out[PA_HE_SUMS_BYTES], const uint8_t *bytes, size_t size);

#endif
