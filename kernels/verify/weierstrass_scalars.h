/* SPDX-License-Identifier: Apache-2.0 */
/* What signatures on a short Weierstrass curve need before its points: r and s out of DER, their ranges, inverses modulo n, and
 * the digits of u1 and u2. A curve includes this file after montgomery.h over its order n. */
#ifndef PYACCEL_KERNEL_WEIERSTRASS_SCALARS_H
#define PYACCEL_KERNEL_WEIERSTRASS_SCALARS_H

#define DER_BYTES (4 * ROW_WORDS)
#include "der.h"
#include "reasons.h"
#include "weierstrass_digits.h"

#define INVERT_ROWS invert_scalars
#define NUMBER number
#define NUMBER_LOAD number_load
#define NUMBER_STORE number_store
#define NUMBER_ONE(r) number_set_int((r), 1)
#define NUMBER_MUL(r, a, b) (*(r) = number_product(*(a), *(b)))
#define NUMBER_INV(r, a) (*(r) = number_inverse(*(a)))
#include "invert_rows.h"

/* raw[i] = r || s of signature i, reasons[i] = ENCODING where it is none, and then r = s = 0.
 * Shapes: raw n x 2 DER_BYTES; reasons n bytes; rows of signatures as in rows.h; go: as Go's asn1 takes them, else strictly.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void weierstrass_der(GLOBAL uchar *raw, GLOBAL uchar *reasons, ROWS, uint go, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    GLOBAL const uchar *der = (GLOBAL const uchar *)m.data + m.start;
    GLOBAL uchar *out = raw + 2 * DER_BYTES * (ulong)i;
    const uint good = go ? der_parse_go(out, der, m.length) : der_parse(out, der, m.length);
    reasons[i] = (uchar)(good ? REASON_NONE : REASON_ENCODING);
    for (uint j = 0; j < 2 * DER_BYTES && !good; j++) {
        out[j] = 0;
    }
}

/* a <= (n - 1) / 2 */
DEVICE_FUNCTION uint number_is_low(const number *a)
{
    uint borrow = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        borrow = (uint)(((ulong)ORDER_HALF_WORD(i) - a->w[i] - borrow) >> 32) & 1;
    }
    return !borrow;
}

/* r and s of a signature, plain; returned: 1 <= r, s < n, and s <= (n - 1) / 2 where low_s. */
DEVICE_FUNCTION uint take_signature(number *r, number *s, GLOBAL const row *raw, uint low_s)
{
    number_load(r, raw);
    number_load(s, raw + 1);
    turn_words(r->w);
    turn_words(s->w);
    return words_below_modulus(r->w) & words_below_modulus(s->w) & !number_is_zero(r) & !number_is_zero(s) &
           (!low_s | number_is_low(s));
}

/* The digits of u, plain and below n. */
DEVICE_FUNCTION void store_scalar_digits(GLOBAL uint *digits, const number *u)
{
    uint k[ROW_WORDS + 1];
    ulong sum = 0;
    const uint add = u->w[0] & 1 ? 0u : 0xffffffffu;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        sum += (ulong)u->w[i] + (ORDER_WORD(i) & add);
        k[i] = (uint)sum;
        sum >>= 32;
    }
    k[ROW_WORDS] = (uint)sum;
    store_digits(digits, k, ROW_WORDS + 1, DIGIT_TOP);
}

#endif
