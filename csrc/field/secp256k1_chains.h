/* SPDX-License-Identifier: Apache-2.0 */
/* Powers modulo p = 2^256 - 2^32 - 977 that every variant of the field shares; included by its
 * header.
 *
 * Both exponents start with 223 ones, a zero and 22 ones, since p = (2^223 - 1) 2^33 + (2^22 -
 * 1) 2^10 + 47. */
#ifndef PA_FIELD_SECP256K1_CHAINS_H
#define PA_FIELD_SECP256K1_CHAINS_H

#include "chains.h"

/* ones_k = a^(2^k - 1): r = a^((2^223 - 1) 2^23 + 2^22 - 1), ones_2 for the tails; 244
 * squarings, 12 products.
 * Before: magnitude of a <= FE_MUL_MAG. */
FE_FN void fe_chain_head(fe *r, fe *ones_2, const fe *a)
{
    fe ones_3, ones_6, ones_11, ones_22, ones_44, ones_88, head;
    fe_chain_append(ones_2, a, 1, a);
    fe_chain_append(&ones_3, ones_2, 1, a);
    fe_chain_append(&ones_6, &ones_3, 3, &ones_3);
    fe_chain_append(&ones_11, &ones_6, 3, &ones_3);
    fe_chain_append(&ones_11, &ones_11, 2, ones_2);
    fe_chain_append(&ones_22, &ones_11, 11, &ones_11);
    fe_chain_append(&ones_44, &ones_22, 22, &ones_22);
    fe_chain_append(&ones_88, &ones_44, 44, &ones_44);
    fe_chain_append(&head, &ones_88, 88, &ones_88);
    fe_chain_append(&head, &head, 44, &ones_44);
    fe_chain_append(&head, &head, 3, &ones_3);
    fe_chain_append(r, &head, 23, &ones_22);
}

/* r = a^(p - 2): 1 / a (Fermat), and 0 for 0. The tail is 0000101101. */
FE_FN void fe_inv(fe *r, const fe *a)
{
    fe base = *a, head, ones_2;
    fe_chain_head(&head, &ones_2, &base);
    fe_chain_append(&head, &head, 5, &base);
    fe_chain_append(&head, &head, 3, &ones_2);
    fe_chain_append(r, &head, 2, &base);
}

/* r = a^((p + 1) / 4): a square root of a where it has one. The tail is 00001100. */
FE_FN void fe_root_power(fe *r, const fe *a)
{
    fe head, ones_2;
    fe_chain_head(&head, &ones_2, a);
    fe_chain_append(&head, &head, 6, &ones_2);
    fe_sqr_n(r, &head, 2);
}

#endif
