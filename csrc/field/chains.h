/* SPDX-License-Identifier: Apache-2.0 */
/* A step of addition chains for powers; included by those of each prime. */
#ifndef PA_FIELD_CHAINS_H
#define PA_FIELD_CHAINS_H

/* r = a^(2^m), then times b: appends m binary digits, those of b's exponent, to an exponent. */
FE_FN void fe_chain_append(fe *r, const fe *a, int m, const fe *b)
{
    fe shifted;
    fe_sqr_n(&shifted, a, m);
    fe_mul(r, &shifted, b);
}

#endif
