/* SPDX-License-Identifier: Apache-2.0 */
/* One call of multiply, relinearize over a batch. */
#ifndef PA_HE_MULTIPLY_H
#define PA_HE_MULTIPLY_H

#include "evaluate.h"

typedef struct {
    pyaccel_he_ciphertexts *out;
    const pyaccel_he_ciphertexts *a, *b; /* rows of `level` and maybe more (CKKS) */
    const pa_he_switching_key *key;      /* of relinearization; NULL: the outcome has size 3 */
    uint32_t level;
    bool rescale;
} pa_he_product;

/* Polynomials of item i; out has as many as work->out. */
void pa_he_product_item(const pa_he_product *work, uint64_t i, pa_he_word *out[3],
                        const pa_he_word *a[2], const pa_he_word *b[2]);

/* pa_range_fn of BFV products (multiply_bfv.c). */
pyaccel_status pa_he_multiply_bfv_items(void *argument, uint64_t first, uint64_t last);

#endif
