/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA over weierstrass_scalars.h: u1 = e / s and u2 = r / s. */
#ifndef PYACCEL_KERNEL_ECDSA_SCALARS_H
#define PYACCEL_KERNEL_ECDSA_SCALARS_H

#include "weierstrass_scalars.h"

/* r[i] = r, plain, and inverses[i] = s in Montgomery form, of signature i; 1 in place of s where it can't be valid: reasons[i] is
 * then RANGE, unless it said something already.
 * Shapes: r, inverses n rows; reasons n bytes; raw n x 2 DER_BYTES.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void ecdsa_signatures(GLOBAL row *r, GLOBAL row *inverses, GLOBAL uchar *reasons, GLOBAL const row *raw, uint low_s,
                             uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    number a, b;
    if (take_signature(&a, &b, raw + 2 * (ulong)i, low_s)) {
        number_enter(&b, &b);
    } else {
        number_set_int(&b, 1);
        reasons[i] = reasons[i] == REASON_NONE ? (uchar)REASON_RANGE : reasons[i];
    }
    number_store(r + i, &a);
    number_store(inverses + i, &b);
}

/* values[j] = 1 / values[j] modulo n, for the n values, none of them 0; running: n rows of scratch.
 * NDRange: n rounded up to the local size, of which one in INVERT_GROUP works, local size 64, 80 registers. */
KERNEL void ecdsa_invert_scalars(GLOBAL row *values, GLOBAL row *running, uint n)
{
    const uint i = global_id(), groups = (n + INVERT_GROUP - 1) / INVERT_GROUP;
    if (i < groups) {
        invert_scalars(values, running, i, groups, n);
    }
}

/* digits[i] = those of e / s and r / s.
 * Shapes: digits n x DIGIT_WORDS words; e: n numbers of DER_BYTES bytes, big-endian, any; r, inverses (of s) n rows.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void ecdsa_scalars(GLOBAL uint *digits, GLOBAL const row *e, GLOBAL const row *r, GLOBAL const row *inverses, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    number inverse, u;
    number_load(&inverse, inverses + i);
    /* The inverse is in Montgomery form, so that a product with a plain number is plain. */
    number_load(&u, e + i);
    turn_words(u.w);
    u = number_product(u, inverse);
    store_scalar_digits(digits + DIGIT_WORDS * (ulong)i + BASE_SCALAR, &u);
    number_load(&u, r + i);
    u = number_product(u, inverse);
    store_scalar_digits(digits + DIGIT_WORDS * (ulong)i + KEY_SCALAR, &u);
}

#endif
