/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of Ed25519 points in two groups of eight lanes side by side: a root is a chain of 251
 * squarings, each of which waits for the one before. One group takes 10,100 cycles on Zen 5, two
 * together 12,900 (gcc 12; clang 14: 12,300); three are no quicker for each. */
#define FE_GROUPS 2
#include "../field/fe25519_avx512ifma.h"

#include "../core/variant_name.h"
#include "ed25519_decode.h"

void PA_VARIANT(pa_ed25519_decode_)(pa_ed25519_point *const out[LANES],
                                    const unsigned char *const rows[LANES])
{
    ed25519_decode(out, rows);
}
