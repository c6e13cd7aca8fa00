/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings become points, LANES at once. Before: a field header. */
#ifndef PA_ED25519_DECODE_H
#define PA_ED25519_DECODE_H

#include "../curve/edwards25519_constants.h"
#include "../curve/edwards25519_formulas.h"
#include "ed25519.h"

_Static_assert(sizeof(row) == 32, "points and tables are rows of four words");

/* *out[i] = lane i of p, which has Z = 1 and its T; encoding stays. */
static void ed25519_store(pa_ed25519_point *const out[LANES], const edwards_point *p)
{
    row *x[LANES], *y[LANES], *t[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = (row *)(void *)out[i]->x;
        y[i] = (row *)(void *)out[i]->y;
        t[i] = (row *)(void *)out[i]->t;
    }
    fe_scatter(x, &p->x);
    fe_scatter(y, &p->y);
    fe_scatter(t, &p->t);
}

/* *out[i] = the point of rows[i], with what its encoding is. */
static void ed25519_decode(pa_ed25519_point *const out[LANES],
                           const unsigned char *const rows[LANES])
{
    edwards_point p;
    mask decodes, canonical;
    edwards_decode(&p, rows, &decodes, &canonical);
    ed25519_store(out, &p);
    for (int i = 0; i < LANES; i++) {
        out[i]->encoding = (mask_bits(decodes) >> i & 1u ? PA_ED25519_DECODES : 0u) |
                           (mask_bits(canonical) >> i & 1u ? PA_ED25519_CANONICAL : 0u);
    }
}

#endif
