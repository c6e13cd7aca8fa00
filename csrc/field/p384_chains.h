/* SPDX-License-Identifier: Apache-2.0 */
/* Powers modulo p = 2^384 - 2^128 - 2^96 + 2^32 - 1 that every variant of the field shares; included by its header.
 *
 * Both exponents start with 255 ones, a zero and 32 ones. */
#ifndef PA_FIELD_P384_CHAINS_H
#define PA_FIELD_P384_CHAINS_H

#include "chains.h"

/* ones_k = a^(2^k - 1): r = a^((2^255 - 1) 2^33 + 2^32 - 1), ones_30 for a tail; 289 squarings, 12 products.
 * Before: magnitude of a <= FE_MUL_MAG. */
FE_FN void fe_chain_head(fe *r, fe *ones_30, const fe *a)
{
    fe ones_2, ones_3, ones_15, ones_32, head;
    fe_chain_append(&ones_2, a, 1, a);
    fe_chain_append(&ones_3, &ones_2, 1, a);
    fe_chain_append(&head, &ones_3, 3, &ones_3);
    fe_chain_append(&head, &head, 6, &head);
    fe_chain_append(&ones_15, &head, 3, &ones_3);
    fe_chain_append(ones_30, &ones_15, 15, &ones_15);
    fe_chain_append(&ones_32, ones_30, 2, &ones_2);
    fe_chain_append(&head, ones_30, 30, ones_30);
    fe_chain_append(&head, &head, 60, &head);
    fe_chain_append(&head, &head, 120, &head);
    fe_chain_append(&head, &head, 15, &ones_15);
    fe_chain_append(r, &head, 33, &ones_32);
}

/* r = a^(p - 2): 1 / a (Fermat), and 0 for 0. The tail is 64 zeros, 30 ones and 01. */
FE_FN void fe_inv(fe *r, const fe *a)
{
    fe base = *a, head, ones_30;
    fe_chain_head(&head, &ones_30, &base);
    fe_chain_append(&head, &head, 94, &ones_30);
    fe_chain_append(r, &head, 2, &base);
}

/* r = a^((p + 1) / 4): a square root of a where it has one. The tail is 63 zeros, a one and 30 zeros. */
FE_FN void fe_root_power(fe *r, const fe *a)
{
    fe base = *a, head, ones_30;
    fe_chain_head(&head, &ones_30, &base);
    fe_chain_append(&head, &head, 64, &base);
    fe_sqr_n(r, &head, 30);
}

#endif
