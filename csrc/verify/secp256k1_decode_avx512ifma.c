/* SPDX-License-Identifier: Apache-2.0 */
/* Points of secp256k1 from their abscissas, in two groups of eight lanes side by side: a root is a chain of 253 squarings, each
 * of which waits for the one before. */
#define FE_GROUPS 2
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"
#include "secp256k1_decode.h"

unsigned int PA_VARIANT(pa_secp256k1_lift_)(row *const points[LANES],
                                            const pa_secp256k1_encoding *const encodings[LANES])
{
    return secp256k1_decode(points, encodings, true);
}
