/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of a context per level, and division by dropped primes: mod-down, rescaling, modulus switching. */
#ifndef PA_HE_RNS_H
#define PA_HE_RNS_H

#include "ring.h"

/* A constant below q and floor(2^64 constant / q). */
typedef struct {
    uint64_t value, quotient;
} pa_he_shoup;

/* Division with rounding by D, the product of in_count primes, of a polynomial over out_count primes that stay and these behind
 * them:  out = (x + added - delta) / D,  delta = the lift near the centre of x + added modulo D (kernels.h: convert; exactly
 * centred for one prime). BGV: delta - D [delta / D]_t in its place, [.]_t in (-t / 2, t / 2], which is 0 modulo t: the
 * plaintext is then that of x times 1 / D modulo t. */
typedef struct {
    pa_he_conversion lift;           /* to the primes that stay */
    pa_he_conversion lift_added;     /* likewise, minus `added` (own = -1) */
    const uint64_t *product;         /* D modulo each prime that stays */
    const pa_he_multiplier *inverse; /* 1 / D modulo each */
    /* BGV: multipliers in plain words */
    const pa_he_shoup *product_by;   /* D modulo each prime that stays */
    const pa_he_shoup *plain_pre;    /* pre of the lift */
    const pa_he_shoup *plain_matrix; /* D / d_i modulo t */
    pa_he_shoup plain_inverse;       /* 1 / D modulo t */
    uint64_t plain_product;          /* D modulo t */
    double log2_product;
} pa_he_division;

/* What is divided by, at a level: P; the level's last modulus; both at once. */
enum { PA_HE_BY_P, PA_HE_BY_LAST, PA_HE_BY_BOTH, PA_HE_DIVISIONS };

typedef struct {
    pa_he_division by[PA_HE_DIVISIONS]; /* level 0: by P alone */
    struct pa_he_bfv_level *bfv;        /* multiply_bfv.c; NULL in other schemes */
} pa_he_level;

struct pa_he_constants {
    pa_he_level levels[PA_HE_MAX_PRIMES];
    /* Mod-up: run e holds the primes of a digit up to e, its last one at some level; raise[e * prime_count + j] lifts it near the
     * centre (exactly, where it is one prime) to prime j outside it. */
    const pa_he_conversion *raise;
    const pa_he_multiplier *special; /* P modulo each prime of Q */
    pa_he_modulus plain; /* BFV, BGV: t, any number from 2 on: q, ratio and bits alone are set */
    const pa_he_multiplier *plain_inverse; /* BFV: 1 / t modulo each prime of Q */
    double log2_special;                   /* log2 P */
    double log2_q[PA_HE_MAX_PRIMES];       /* log2 of Q at each level */
    pa_he_ntt auxiliary[PA_HE_MAX_PRIMES]; /* BFV: primes B that products are made in */
    struct pa_he_chunk *memory;
};

/* context->constants. Before: everything of the context is set but constants and encoder. OUT_OF_MEMORY; INVALID_ARGUMENT: BFV
 * products need more than PA_HE_MAX_PRIMES primes. */
pyaccel_status pa_he_constants_new(pyaccel_he_context *context);
void pa_he_constants_free(struct pa_he_constants *constants);

/* `bytes` zeroed bytes, aligned to 64, freed with the constants; NULL: out of memory. */
void *pa_he_constants_take(struct pa_he_constants *constants, size_t bytes);

/* A lift near the centre from in_count primes to out_count others (kernels.h), all of it times `scale`, a canonical integer for
 * each out prime (NULL: 1), plus own times `own` (1, -1, 0: no own rows); all is set but
 * `prepared`. false: out of memory. */
bool pa_he_lift_set(pa_he_conversion *lift, pyaccel_he_context *context, const pa_he_ntt *const *in,
                    uint32_t in_count, const pa_he_ntt *const *out, uint32_t out_count,
                    const uint64_t *scale, int own);
/* Fills `prepared`, once all else of a conversion is set; false: out of memory. */
bool pa_he_conversion_prepare(pa_he_conversion *conversion, pyaccel_he_context *context);

/* 1 / a modulo m, any m < 2^62; 0: none. */
uint64_t pa_he_inverse_any(uint64_t a, uint64_t m);

/* A copy of count pointers that lives as long as the constants; NULL: out of memory. */
const pa_he_ntt *const *pa_he_keep_primes(struct pa_he_constants *constants,
                                          const pa_he_ntt *const *primes, uint32_t count);

/* The product of `count` primes but number `without` (count: of all) modulo another, or modulo t. */
uint64_t pa_he_product_mod(const pa_he_ntt *const *primes, uint32_t count, uint32_t without,
                           const pa_he_modulus *modulus);

/* What a division subtracts of `count` (1 or 2) polynomials, before the transforms: rows rows[k] + j * stride, 0 <= j < out_count, are
 * made, or remain to be lifted from tail[k], as pa_he_delta_lift says; the rest as of pa_he_divide. Constant-time. */
void pa_he_deltas(const pyaccel_he_context *context, uint32_t level, uint32_t by, size_t count,
                  pa_he_word *const *rows, const pa_he_word *const *tail,
                  const pa_he_word *const *added);
/* Of row j; without a conversion where the row is made. */
pa_he_lift pa_he_delta_lift(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                            uint32_t j, const pa_he_word *const *tail, bool is_added);

/* Of one polynomial, all made: out = delta - added, coefficients modulo the primes that stay; added may be NULL. */
void pa_he_delta(const pyaccel_he_context *context, uint32_t level, uint32_t by, pa_he_word *out,
                 const pa_he_word *tail, const pa_he_word *added);

/* Divides `count` (1 or 2) polynomials together. Row j of polynomial k:
 *   out    out[k] + j * stride, 0 <= j < out_count: NTT form; none of them a row of the others
 *   kept   kept[k] + j * stride: x modulo the primes that stay, NTT form
 *   tail   tail[k] + i * stride, 0 <= i < in_count: (x + added) modulo the primes dropped (the level's last, then P), coefficients
 *   added  added[k] + j * stride: coefficients modulo the primes that stay; added NULL: 0
 * `level` is that of x; the outcome is one level below but for PA_HE_BY_P. Constant-time. */
void pa_he_divide(const pyaccel_he_context *context, uint32_t level, uint32_t by, size_t count,
                  pa_he_word *const *out, const pa_he_word *const *kept,
                  const pa_he_word *const *tail, const pa_he_word *const *added);

/* Rows of level l, and that many bytes. */
static inline size_t pa_he_rows_bytes(const pyaccel_he_context *context, size_t rows)
{
    return rows * context->stride * sizeof(pa_he_word);
}

#endif
