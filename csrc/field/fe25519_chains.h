/* SPDX-License-Identifier: Apache-2.0 */
/* Exponentiation chains modulo p = 2^255 - 19, over any of its variants; included at the end of
 * each. */
#ifndef PA_FE25519_CHAINS_H
#define PA_FE25519_CHAINS_H

/* low = a^11, high = a^(2^250 - 1): the common head of both chains, 249 squarings and 11 products.
 * t_k below is a^(2^k - 1), and t_(j + k) = t_j^(2^k) t_k.
 * Before: mag a <= FE_MUL_MAG. After: magnitude 1. */
FE_FN void fe25519_chain(fe *high, fe *low, const fe *a)
{
    fe a9, t5, t10, t20, t50, t100, t;
    fe_sqr(&t, a);        /* 2 */
    fe_sqr_n(&a9, &t, 2); /* 8 */
    fe_mul(&a9, &a9, a);  /* 9 */
    fe_mul(low, &a9, &t); /* 11 */
    fe_sqr(&t, low);      /* 22 */
    fe_mul(&t5, &t, &a9); /* 31 = 2^5 - 1 */
    fe_sqr_n(&t, &t5, 5);
    fe_mul(&t10, &t, &t5);
    fe_sqr_n(&t, &t10, 10);
    fe_mul(&t20, &t, &t10);
    fe_sqr_n(&t, &t20, 20);
    fe_mul(&t, &t, &t20);
    fe_sqr_n(&t, &t, 10);
    fe_mul(&t50, &t, &t10);
    fe_sqr_n(&t, &t50, 50);
    fe_mul(&t100, &t, &t50);
    fe_sqr_n(&t, &t100, 100);
    fe_mul(&t, &t, &t100);
    fe_sqr_n(&t, &t, 50);
    fe_mul(high, &t, &t50);
}

/* r = a^(p - 2) = a^(2^255 - 21): 1 / a, and 0 for 0. 254 squarings, 12 products. */
FE_FN void fe_inv(fe *r, const fe *a)
{
    fe high, low;
    fe25519_chain(&high, &low, a);
    fe_sqr_n(&high, &high, 5);
    fe_mul(r, &high, &low);
}

/* r = a^((p - 5) / 8) = a^(2^252 - 3). 251 squarings, 12 products. */
FE_FN void fe_root_power(fe *r, const fe *a)
{
    fe high, low, base = *a;
    fe25519_chain(&high, &low, a);
    fe_sqr_n(&high, &high, 2);
    fe_mul(r, &high, &base);
}

#endif
