/* SPDX-License-Identifier: Apache-2.0 */
/* Sums against what their abscissas are to be. Before: a field header, weierstrass_formulas.h. */
#ifndef PA_VERIFY_WEIERSTRASS_MATCHES_H
#define PA_VERIFY_WEIERSTRASS_MATCHES_H

#include "prime_order.h"

/* Lanes whose sum is finite and has an abscissa that is r modulo n: r, or r + n where that is below p. */
static unsigned int weierstrass_matches(const curve_jacobian *sum, const pa_scalar *const r[LANES],
                                        const pa_prime_order *order)
{
    uint8_t bytes[LANES][FE_BYTES];
    const unsigned char *rows[LANES];
    unsigned int again = 0;
    fe x;
    mask below;
    for (int i = 0; i < LANES; i++) {
        rows[i] = bytes[i];
        pa_scalar_to_bytes(bytes[i], r[i], order);
    }
    fe_from_rows(&x, rows, &below);
    unsigned int matches = mask_bits(curve_x_is(sum, &x));
    /* r + n has that many bytes for one r in 2^32, and is below p for one in 2^128: then it is worth the time. */
    for (int i = 0; i < LANES; i++) {
        again |= (unsigned int)pa_scalar_add_order(bytes[i], r[i], order) << i;
    }
    if (again != 0) {
        fe_from_rows(&x, rows, &below);
        matches |= again & mask_bits(mask_and(below, curve_x_is(sum, &x)));
    }
    return matches;
}

#endif
