/* SPDX-License-Identifier: Apache-2.0 */
/* The equation of one Ed25519 signature, on any CPU and on those with ADX; branches on its (public) data. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/fe25519_adx.h"
#else
#include "../field/fe25519_portable.h"
#endif

#include "../curve/edwards25519_constants.h"
#include "../curve/edwards25519_formulas.h"
#include "../tables/edwards25519_base.h"
#include "ed25519.h"

#define PA_PASTED2(stem, suffix) stem##suffix
#define PA_PASTED(stem, suffix) PA_PASTED2(stem, suffix)
#define PA_VARIANT(stem) PA_PASTED(stem, PYACCEL_SUFFIX)

/* Width of the sparse digits of k, and the odd multiples 1, 3, ..., 15 that they need. */
#define NAF_WIDTH 5
#define ODD_MULTIPLES (1 << (NAF_WIDTH - 2))

static void load(edwards_point *p, const pa_ed25519_point *a)
{
    fe_set_words(&p->x, a->x[0], a->x[1], a->x[2], a->x[3]);
    fe_set_words(&p->y, a->y[0], a->y[1], a->y[2], a->y[3]);
    fe_set_words(&p->t, a->t[0], a->t[1], a->t[2], a->t[3]);
    fe_set_int(&p->z, 1);
}

/* odd[i] = (2 i + 1) p. */
static void odd_multiples(edwards_cached odd[ODD_MULTIPLES], const edwards_point *p)
{
    edwards_point twice, multiple = *p;
    edwards_cached step;
    edwards_double(&twice, p, 1);
    edwards_to_cached(&step, &twice);
    edwards_to_cached(&odd[0], p);
    for (int i = 1; i < ODD_MULTIPLES; i++) {
        edwards_add(&multiple, &multiple, &step, 1);
        edwards_to_cached(&odd[i], &multiple);
    }
}

/* *sum += digit P, digit odd; leaves T out unless asked. */
static void add_odd(edwards_point *sum, const edwards_cached odd[ODD_MULTIPLES], int digit,
                    bool with_t)
{
    edwards_cached term;
    edwards_cached_neg_if(&term, &odd[(digit < 0 ? -digit : digit) / 2], mask_from_bits(digit < 0));
    edwards_add(sum, sum, &term, with_t);
}

/* *sum += digit B; leaves T out. */
static void add_base(edwards_point *sum, int digit)
{
    const row *tables[LANES] = {(const row *)(const void *)pa_edwards25519_base};
    const unsigned int index[LANES] = {(unsigned int)(digit < 0 ? -digit : digit)};
    edwards_cached term;
    edwards_lookup_affine(&term, tables, index, mask_from_bits(digit < 0));
    edwards_add_affine(sum, sum, &term, 0);
}

/* sum = [s]B - [k]A in one chain of doublings: k in sparse signed digits over the odd multiples
 * of -A, s in windows of 10 bits over the multiples of B; then sum - R is the identity, or not.
 * Before: a and r decode; s, k < l.
 * Work: 253 (3 M + 4 S) + 43 9 M + 26 7 M + 75 M for the table = 1400 M + 1000 S, and with both
 * decodings before it 1450 M + 1500 S: 123,000 cycles of field arithmetic at the speeds stated in
 * fe25519_portable.h, 41 us at 3.0 GHz; 43 us are measured from bytes to verdict. */
bool PA_VARIANT(pa_ed25519_single_)(const pa_ed25519_point *a, const pa_ed25519_point *r,
                                    const pa_ed25519_scalar *s, const pa_ed25519_scalar *k,
                                    bool cofactored)
{
    int8_t k_digits[256];
    int16_t s_digits[PA_ED25519_BASE_DIGITS];
    edwards_cached odd[ODD_MULTIPLES];
    edwards_point p, sum;
    pa_ed25519_scalar_naf(k_digits, NAF_WIDTH, k);
    pa_ed25519_scalar_digits(s_digits, PA_ED25519_BASE_DIGITS, EDWARDS_BASE_WINDOW, s);
    load(&p, a);
    edwards_neg(&p, &p);
    odd_multiples(odd, &p);
    edwards_identity(&sum);
    for (int i = 255; i >= 0; i--) {
        int base = i % EDWARDS_BASE_WINDOW == 0 ? s_digits[i / EDWARDS_BASE_WINDOW] : 0;
        edwards_double(&sum, &sum, k_digits[i] != 0 || base != 0);
        if (k_digits[i] != 0) {
            add_odd(&sum, odd, k_digits[i], base != 0);
        }
        if (base != 0) {
            add_base(&sum, base);
        }
    }

    /* sum - R; R was not added in the chain, so T of the sum is made here. */
    fe_mul(&sum.t, &sum.x, &sum.y);
    fe_mul(&sum.x, &sum.x, &sum.z);
    fe_mul(&sum.y, &sum.y, &sum.z);
    fe_sqr(&sum.z, &sum.z);
    load(&p, r);
    return mask_any(edwards_agree(&sum, &p, cofactored));
}
