/* SPDX-License-Identifier: Apache-2.0 */
/* Powers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1 that every variant of the field shares; included by its header. */
#ifndef PA_FIELD_SM2_CHAINS_H
#define PA_FIELD_SM2_CHAINS_H

#include "chains.h"

/* ones_k = a^(2^k - 1); r = a^(2^160 - 2^128 - 1): 31 ones, a zero and 128 ones. 160 squarings, 12 products.
 * Before: magnitude of a <= FE_MUL_MAG. */
FE_FN void fe_chain_head(fe *r, fe *ones_30, fe *ones_32, const fe *a)
{
    fe ones_2, ones_3, ones_6, ones_12, ones_15, ones_31, head;
    fe_chain_append(&ones_2, a, 1, a);
    fe_chain_append(&ones_3, &ones_2, 1, a);
    fe_chain_append(&ones_6, &ones_3, 3, &ones_3);
    fe_chain_append(&ones_12, &ones_6, 6, &ones_6);
    fe_chain_append(&ones_15, &ones_12, 3, &ones_3);
    fe_chain_append(ones_30, &ones_15, 15, &ones_15);
    fe_chain_append(&ones_31, ones_30, 1, a);
    fe_chain_append(ones_32, &ones_31, 1, a);
    fe_chain_append(&head, &ones_31, 33, ones_32);
    for (int i = 0; i < 3; i++) {
        fe_chain_append(&head, &head, 32, ones_32);
    }
    *r = head;
}

/* r = a^(p - 2): 1 / a (Fermat), and 0 for 0. The exponent is 2^32 - 2, then four times 2^32 - 1, 0, 2^32 - 1, 2^32 - 3 in
 * digits of 32 bits. */
FE_FN void fe_inv(fe *r, const fe *a)
{
    fe base = *a, head, ones_30, ones_32;
    fe_chain_head(&head, &ones_30, &ones_32, &base);
    fe_chain_append(&head, &head, 64, &ones_32);
    fe_chain_append(&head, &head, 30, &ones_30);
    fe_chain_append(r, &head, 2, &base);
}

/* r = a^((p + 1) / 4): a square root of a where it has one. The exponent is 2^62 (2^192 - 2^160 - 2^32 + 1). */
FE_FN void fe_root_power(fe *r, const fe *a)
{
    fe base = *a, head, ones_30, ones_32;
    fe_chain_head(&head, &ones_30, &ones_32, &base);
    fe_chain_append(&head, &head, 32, &base);
    fe_sqr_n(r, &head, 62);
}

#endif
