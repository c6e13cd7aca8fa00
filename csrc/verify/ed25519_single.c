/* SPDX-License-Identifier: Apache-2.0 */
/* The equation of one Ed25519 signature, on any CPU and on those with ADX; branches on its (public) data. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/fe25519_adx.h"
#else
#include "../field/fe25519_portable.h"
#endif

#include <string.h>

#include "../core/variant_name.h"
#include "../curve/edwards25519_constants.h"
#include "../curve/edwards25519_formulas.h"
#include "ed25519_comb_digits.h"

/* Width of the sparse digits of u and v, and the odd multiples 1, 3, ..., 15 that they need. */
#define NAF_WIDTH 5
#define ODD_MULTIPLES (1 << (NAF_WIDTH - 2))

/* One point and its scalar. */
typedef struct {
    edwards_cached odd[ODD_MULTIPLES]; /* (2 i + 1) p */
    int8_t digits[256];
} sparse_term;

static void make_term(sparse_term *term, const pa_ed25519_point *a, const pa_ed25519_scalar *scalar)
{
    edwards_point p, twice, multiple;
    edwards_cached step;
    pa_ed25519_scalar_naf(term->digits, NAF_WIDTH, scalar);
    fe_set_words(&p.x, a->x[0], a->x[1], a->x[2], a->x[3]);
    fe_set_words(&p.y, a->y[0], a->y[1], a->y[2], a->y[3]);
    fe_set_words(&p.t, a->t[0], a->t[1], a->t[2], a->t[3]);
    fe_set_int(&p.z, 1);
    edwards_double(&twice, &p, 1);
    edwards_to_cached(&step, &twice);
    edwards_to_cached(&term->odd[0], &p);
    multiple = p;
    for (int i = 1; i < ODD_MULTIPLES; i++) {
        edwards_add(&multiple, &multiple, &step, 1);
        edwards_to_cached(&term->odd[i], &multiple);
    }
}

/* *sum -= digit P, digit odd, or += where negative. */
static void subtract_odd(edwards_point *sum, const sparse_term *term, int digit, bool negative,
                         bool with_t)
{
    edwards_cached multiple;
    edwards_cached_neg_if(&multiple, &term->odd[(digit < 0 ? -digit : digit) / 2],
                          mask_from_bits((digit < 0) == negative));
    edwards_add(sum, sum, &multiple, with_t);
}

/* *sum += column of the base point's comb. */
static void add_base(edwards_point *sum, const comb_digits *digits, int column, bool with_t)
{
    const row *tables[LANES] = {(const row *)(const void *)pa_edwards25519_comb};
    const unsigned int entry[LANES] = {digits->entry[0][column]};
    const mask negative = mask_from_bits(digits->negative[column]);
    edwards_cached term;
    edwards_lookup_swapped(&term, tables, entry, negative, 1);
    edwards_add_swapped(sum, sum, &term, negative, 1, with_t);
}

/* With k = u / v (pa_ed25519_scalar_halve): v X = [v s]B - [u]A - [v]R for X = [s]B - [k]A - R, as v s counts modulo l, and
 * v k - u is a multiple of the order of A, whatever part of small order it has. v is odd and below l, so v X is 0 where X is,
 * and 8 v X where 8 X is. One chain of doublings as long as u and v, half of k; B comes in by its comb at the end of it.
 * Before: a and r decode; s, k < l.
 * Work: 129 (3 M + 4 S) + 43 8 M + 26 7 M + 2 72 M for the tables = 1060 M + 520 S; and 27 M + 510 S for decoding both points.
 * Measured from bytes to verdict, 200-byte messages, on a Zen 5 core at 4.3 GHz, where libsodium takes 35 us: 17.7 us with the
 * points decoded in lanes of AVX2 (18.9 one by one), 21.3 by portable arithmetic. By the speeds that fe25519_adx.h states the
 * products take 37,000 of 76,000 cycles, the square roots 14,000 more; sums of coordinates, hash and scalars are the rest.
 * Before k was halved: 23.7. */
bool PA_VARIANT(pa_ed25519_single_)(const pa_ed25519_point *a, const pa_ed25519_point *r,
                                    const pa_ed25519_scalar *s, const pa_ed25519_scalar *k,
                                    bool cofactored)
{
    pa_ed25519_halves halves;
    pa_ed25519_scalar multiple;
    comb_digits base;
    sparse_term of_a, of_r;
    edwards_point sum;
    pa_ed25519_scalar_halve(&halves, k);
    pa_ed25519_scalar_multiply(&multiple, &halves.v, s);
    memset(base.negative, 0, sizeof base.negative);
    comb_of_base(&base, 0, &multiple);
    make_term(&of_a, a, &halves.u);
    make_term(&of_r, r, &halves.v);
    edwards_identity(&sum);
    int i = 255;
    while (i >= BASE_COMB_COLUMNS && of_a.digits[i] == 0 && of_r.digits[i] == 0) {
        i--;
    }
    for (; i >= 0; i--) {
        const int u = of_a.digits[i], v = of_r.digits[i];
        const bool base_too = i < BASE_COMB_COLUMNS;
        edwards_double(&sum, &sum, u != 0 || v != 0 || base_too);
        if (u != 0) {
            subtract_odd(&sum, &of_a, u, halves.negative, v != 0 || base_too);
        }
        if (v != 0) {
            subtract_odd(&sum, &of_r, v, false, base_too);
        }
        for (int block = 0; base_too && block < EDWARDS_BASE_COMB_BLOCKS; block++) {
            add_base(&sum, &base, block * BASE_COMB_COLUMNS + i,
                     block + 1 < EDWARDS_BASE_COMB_BLOCKS);
        }
    }
    for (i = 0; cofactored && i < 3; i++) {
        edwards_double(&sum, &sum, 0);
    }
    return mask_any(edwards_is_identity(&sum));
}
