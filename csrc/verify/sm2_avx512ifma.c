/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 signatures in eight lanes of AVX-512 IFMA.
 *
 * Distinct keys of 65 bytes, ready digests e, in C, Zen 4 at 3.7 GHz, gcc 12: 7.24 us a row for 256 rows and more; with 32
 * prepared keys 2.06. Cycles a row as p256_avx512ifma.c has them, but for the ladder, 21,500 (floor 19,060), and what is
 * read, decoded and scalars, 1,700: there is no product modulo n. */
#include "../field/sm2_avx512ifma.h"

#include "../core/variant_name.h"

/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "sm2_lanes.h"

const struct pa_verify_kernel PA_VARIANT(pa_sm2_) = WEIERSTRASS_KERNEL;
