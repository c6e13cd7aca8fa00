/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of Ed25519 points in two groups of eight lanes side by side: a root is a chain of 251
 * squarings, each of which waits for the one before. One group takes 10,100 cycles on Zen 5, two
 * together 12,900 (gcc 12; clang 14: 12,300); three are no quicker for each. */
#define FE_GROUPS 2
#include "../field/fe25519_avx512ifma.h"

#include "ed25519_decode.h"

#define PA_PASTE(a, b) a##b
#define PA_PASTED(a, b) PA_PASTE(a, b)

void PA_PASTED(pa_ed25519_decode_, PYACCEL_SUFFIX)(pa_ed25519_point *const out[LANES],
                                                   const unsigned char *const rows[LANES])
{
    ed25519_decode(out, rows);
}
