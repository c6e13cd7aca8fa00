/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of ECDSA against r. Before: a field header, weierstrass_formulas.h. */
#ifndef PA_VERIFY_SECP256K1_MATCHES_H
#define PA_VERIFY_SECP256K1_MATCHES_H

#include "secp256k1_scalar.h"

/* Lanes whose sum has an abscissa that is r modulo n: r, or r + n where that is below p. */
static unsigned int secp256k1_matches(const curve_jacobian *sum,
                                      const pa_secp256k1_scalar *const r[LANES])
{
    uint8_t bytes[LANES][32];
    const unsigned char *rows[LANES];
    unsigned int again = 0;
    fe x;
    mask below;
    for (int i = 0; i < LANES; i++) {
        rows[i] = bytes[i];
        pa_secp256k1_scalar_to_bytes(bytes[i], r[i]);
    }
    fe_from_rows(&x, rows, &below);
    unsigned int matches = mask_bits(curve_x_is(sum, &x));
    /* r + n is below p for one r in 2^127, and then worth the time. */
    for (int i = 0; i < LANES; i++) {
        again |= (unsigned int)pa_secp256k1_scalar_add_order(bytes[i], r[i]) << i;
    }
    if (again != 0) {
        fe_from_rows(&x, rows, &below);
        matches |= again & mask_bits(mask_and(below, curve_x_is(sum, &x)));
    }
    return matches;
}

#endif
