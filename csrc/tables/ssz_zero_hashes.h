/* SPDX-License-Identifier: Apache-2.0 */
/* Roots of SSZ trees whose chunks are all zero. */
#ifndef PA_SSZ_ZERO_HASHES_H
#define PA_SSZ_ZERO_HASHES_H

#include <stdint.h>

/* Z[0] = 32 zeros, Z[k + 1] = SHA-256(Z[k] || Z[k]): the root over 2^k zero chunks. */
extern const uint8_t pa_ssz_zero_hashes[65][32];

#endif
