/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-384 on any CPU. */
#define ROW_WORDS 6
#include "../field/p384_portable.h"

/* Not all in one: six words a number make minutes of compilation of it, and a call is little beside a product. */
#define SUMS_CALLS
#undef FE_FLAT
#define FE_FLAT

/* A group of one is always full. But sums of all rows of a chunk take longer than they do one by one, where the compiler has
 * products in place. */
#define WEIERSTRASS_LANES_MIN 1
#define WEIERSTRASS_ROWS_MIN (PA_WEIERSTRASS_CHUNK + 1)
#include "p384_lanes.h"

const struct pa_verify_kernel pa_p384_portable = WEIERSTRASS_KERNEL;
