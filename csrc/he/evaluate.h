/* SPDX-License-Identifier: Apache-2.0 */
/* What operations on ciphertexts share, and what is built on top of them (matrices, polynomials). */
#ifndef PA_HE_EVALUATE_H
#define PA_HE_EVALUATE_H

#include "encode.h"
#include "rns.h"

/* ---- batches (ciphertexts.c) --------------------------------------------------------------------- */

/* A batch whose words are not set yet, on one more reference to the context; scale, factor and noise 1, 1, 0. NULL: out of
 * memory. pyaccel_he_ciphertexts_free takes it. */
pyaccel_he_ciphertexts *pa_he_ciphertexts_make(const pyaccel_he_context *context, uint64_t count,
                                               uint32_t size, uint32_t level);

/* Row 0 of polynomial k of item i. Of CKKS the first level_end[l] rows are the same polynomial at level l. */
static inline pa_he_word *pa_he_part(const pyaccel_he_ciphertexts *a, uint64_t i, uint32_t k)
{
    return a->words + (i * a->size + k) * a->rows * a->context->stride;
}

/* Whether handles of both may meet: the same parameters and the same variant. */
bool pa_he_same_context(const pyaccel_he_context *a, const pyaccel_he_context *b);

/* Items of an outcome of two batches; false where neither is as many as the other nor one. */
static inline bool pa_he_counts_meet(uint64_t *count, uint64_t a, uint64_t b)
{
    *count = a == 1 ? b : a;
    return a == b || a == 1 || b == 1;
}

/* Whether a product's scale is a number still, by which what it holds can be told. */
static inline bool pa_he_scale_fits(double scale)
{
    return scale > 0x1p-1000 && scale < 0x1p1000;
}

/* Whether CKKS numbers of up to 2^18 survive at level 0 and a scale, above 1: where a product may stay unscaled. */
bool pa_he_last_fits(const pyaccel_he_context *context, double scale);

/* The modulus that rescaling at a level, 1 and more, divides by, as a double. */
double pa_he_dropped(const pyaccel_he_context *context, uint32_t level);

/* Of two batches: at the level of the lower one, where they are brought by modulus switching (BFV, BGV; *made is to be freed by
 * the caller, NULL: nothing was made) or by leaving out rows (CKKS: as they are). */
pyaccel_status pa_he_levelled(const pyaccel_he_ciphertexts **a, const pyaccel_he_ciphertexts **b,
                              uint32_t *level, pyaccel_he_ciphertexts **made,
                              const pyaccel_he_options *options);

/* Scale (CKKS), factor (BGV) and noise of what was divided by the last modulus of level `from`. */
void pa_he_set_rescaled(pyaccel_he_ciphertexts *out, uint32_t from);

/* ---- plaintexts (plain.c) ------------------------------------------------------------------------ */

/* Rows of Q at a level, in NTT form, of a plaintext of N words below t, coefficients: [factor m]_t in (-t / 2, t / 2] (to multiply
 * with, and what BGV adds), or, `scaled`, round(Q m / t) (what BFV adds). */
void pa_he_plain_ntt(const pyaccel_he_context *context, uint32_t level, pa_he_word *rows,
                     const pa_he_word *words, uint64_t factor, bool scaled);

/* ---- key switching (keyswitch.c) ------------------------------------------------------------------ */

/* The key of an element (0: relinearization); NULL: there is none. */
const pa_he_switching_key *pa_he_find_key(const pyaccel_he_evaluation_keys *keys, uint32_t element);

/* Digits that a level has. */
uint32_t pa_he_digits_at(const pyaccel_he_context *context, uint32_t level);

/* Rows of a level's Q and of P. */
static inline uint32_t pa_he_extended_rows(const pyaccel_he_context *context, uint32_t level)
{
    return context->level_end[level] + context->p_count;
}

/* Digits of several primes at a level: rows of scratch that their lifts take. */
uint32_t pa_he_excess_rows(const pyaccel_he_context *context, uint32_t level);

/* Decomposition once for many keys: digits = extended_rows * digits_at rows: digit d modulo the j-th prime of Q_l, P at row
 * j * digits_at + d, NTT form. ntt: x over Q_l in NTT form; coefficients: as many rows of scratch; excess: pa_he_excess_rows. */
void pa_he_decompose(const pyaccel_he_context *context, uint32_t level, pa_he_word *digits,
                     pa_he_word *coefficients, const pa_he_word *ntt, pa_he_word *excess);

/* What is switched at a level, and what is added to the outcome on the way. */
typedef struct {
    pa_he_word *coefficients;   /* NULL, or x over Q_l, which is overwritten */
    const pa_he_word *ntt;      /* the same in NTT form; NULL: x is a1 b1 */
    const pa_he_word *digits;   /* or, not NULL, its decomposition */
    const pa_he_word *added[2]; /* rows over Q_l in NTT form; NULL: 0. Of a division by P */
    const pa_he_word *const *added_coefficients; /* likewise two, coefficients, times P; NULL: 0 */
    const pa_he_word *a[2], *b[2];               /* a[0] not NULL: (a0 b0, a0 b1 + a1 b0) */
} pa_he_switched;

/* out[0], out[1] (NTT form) = x times what the key switches it by, plus what is added, over the primes of Q_l that stay; divided by the
 * level's last modulus too, where `by` says so; then under the key's automorphism, where it has one: sums over digits times
 * the key's (b, a), divided by P. No row of x is a row of out; scratch: pa_he_switch_scratch rows. */
void pa_he_switch(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                  pa_he_word *const *out, const pa_he_switched *x, const pa_he_switching_key *key,
                  pa_he_word *scratch);
/* turned: the key has an automorphism. */
uint32_t pa_he_switch_scratch(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                              bool turned);

/* Coefficients of rows in NTT form: out[k] = inverse of in[k], count polynomials over the first `rows` primes. */
void pa_he_to_coefficients(const pyaccel_he_context *context, uint32_t rows, size_t count,
                           pa_he_word *const *out, const pa_he_word *const *in);

/* ---- products (multiply_bfv.c) ---------------------------------------------------------------------- */

/* Auxiliary base and its conversions, per level; false: out of memory, or more than PA_HE_MAX_PRIMES primes. */
pyaccel_status pa_he_bfv_constants(pyaccel_he_context *context);

#endif
