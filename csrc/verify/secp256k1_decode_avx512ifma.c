/* SPDX-License-Identifier: Apache-2.0 */
/* Points of secp256k1 from their abscissas, in two groups of eight lanes side by side: a root is a chain of 253 squarings, each
 * of which waits for the one before. Cycles on Zen 4: one group 18,900, two 25,700, three 38,000 (gcc 12; clang 14: 17,000 and
 * 25,100); floor of two, 2 (253 42 + 13 62), 22,900. */
#define FE_GROUPS 2
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"
#include "secp256k1_decode.h"

unsigned int PA_VARIANT(pa_secp256k1_lift_)(row *const points[LANES],
                                            const pa_secp256k1_encoding *const encodings[LANES])
{
    return secp256k1_decode(points, encodings, true);
}
