/* SPDX-License-Identifier: Apache-2.0 */
/* What an HE variant is: arithmetic on rows of N residues modulo one prime, and conversion between bases.
 *
 * A row is N resident elements of 8 bytes, aligned to 64 bytes, in the variant's own representation and, in NTT form, its own
 * order; nothing but these kernels reads them, and only import and export know canonical integers:
 *   PA_HE_WORDS    uint64_t in [0, q)
 *   PA_HE_DOUBLES  double, an integer of absolute value <= q (lazily balanced: any representative of the class)
 * Every kernel takes rows within these bounds and leaves them so. All work in place too (out == a or b), unless said otherwise,
 * none branches or indexes memory on element values: they are constant-time in them.
 *
 * Canonical NTT order: A[j] = a(psi^(2 bitrev(j) + 1)), psi = pa_he_root, bitrev over log2 N bits (SEAL, HEXL). */
#ifndef PA_HE_KERNELS_H
#define PA_HE_KERNELS_H

#include "modulus.h"

/* An element of a row; doubles lie in the same memory. */
typedef uint64_t __attribute__((may_alias)) pa_he_word;
typedef double __attribute__((may_alias)) pa_he_double;

#define PA_HE_WORDS 1u
#define PA_HE_DOUBLES 2u

/* The low `bits` bits of k in reverse; k < 2^bits. For tables. */
static inline uint32_t pa_he_bitrev(uint32_t k, unsigned bits)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < bits; i++) {
        r |= (k >> i & 1) << (bits - 1 - i);
    }
    return r;
}

/* One prime of a ring of degree N. */
typedef struct {
    pa_he_modulus modulus;
    unsigned log_degree;
    uint64_t psi;
    const pa_he_word *table; /* what ntt_fill wrote, 64-byte aligned */
} pa_he_ntt;

/* A constant as multiplier: what `multiplier` makes of it, opaque to others. */
typedef struct {
    pa_he_word value, quotient;
} pa_he_multiplier;

/* Conversion between bases, both as exact integer functions, the same for every variant:
 *   y_i   = [x_i * pre_i] mod q_i, 0 <= y_i < q_i                                                     0 <= i < in_count
 *   v     = (sum_i floor(y_i * fraction_i / 2^52) + rounding) >> shift
 *   out_j = sum_i y_i * matrix[j * in_count + i] + v * overflow[j] + own_j * own[j]   mod p_j         0 <= j < out_count
 * Lift of x modulo Q = prod q_i to the base p, near the centre: pre_i = (Q / q_i)^-1 mod q_i, matrix = Q / q_i mod p_j,
 * overflow = -Q mod p_j, shift = w = (bits of the least q_i) - 1, fraction_i = floor(2^(52 + w) / q_i), rounding = 2^(w - 1);
 * own unused. HPS scaling by t / Q uses them otherwise (Halevi, Polyakov, Shoup, ePrint 2018/117).
 * in_count == 1 with `centred` set is exact instead: out_j = y - (y > (q - 1) / 2 ? q : 0) mod p_j.
 * All q_i, p_j, matrix and overflow entries are below 2^50 in the fast variants; in_count <= PA_HE_MAX_PRIMES. */
#define PA_HE_MAX_PRIMES 64u
typedef struct {
    uint32_t in_count, out_count;
    uint32_t shift, centred;
    uint64_t rounding;
    const pa_he_ntt *const *in, *const *out; /* the primes */
    const uint64_t *pre;                     /* in_count, canonical integers */
    const uint64_t *fraction;                /* in_count, < 2^52 */
    const uint64_t *matrix;                  /* out_count * in_count, canonical modulo p_j */
    const uint64_t *overflow;                /* out_count, canonical modulo p_j */
    const uint64_t *own;                     /* out_count, canonical modulo p_j; NULL: none */
    void *prepared; /* what `conversion_fill` wrote: the variant's form of these constants */
} pa_he_conversion;

/* Products of rows that are summed, two sums. Where b[0][t] is NULL, term t has no part in the first. */
typedef struct {
    size_t count;
    const pa_he_word *a[PA_HE_MAX_PRIMES], *b[2][PA_HE_MAX_PRIMES];
} pa_he_terms;

/* The lift near the centre (above: own is NULL; one prime: centred) of what `lift_begin` made terms of to one prime. */
typedef struct {
    const pa_he_conversion *conversion; /* whose in base it is; NULL: no lift */
    uint32_t out;                       /* to which of its out base */
    const pa_he_word *const *terms;     /* rows, in_count */
    const pa_he_word *excess;           /* row */
} pa_he_lift;

/* Rows that are brought near while one is transformed: what is summed waits for them otherwise. */
#define PA_HE_AHEAD 3u

/* What is around a forward transform of rows. */
typedef struct {
    const pa_he_lift *lifts; /* NULL, or a lift each: what the row is first, where there is one */
    /* NULL, or PA_HE_AHEAD rows for each, which `done` reads: a hint. */
    const pa_he_word *const *ahead;
    /* NULL, or what is called with `work` for each part of the rows, in order, once its n elements from `first` on are final. */
    void (*done)(void *work, size_t first, size_t n);
    void *work;
} pa_he_around;

typedef struct pa_he_kernels {
    uint32_t representation; /* PA_HE_WORDS or PA_HE_DOUBLES */
    uint32_t max_bits; /* primes of at most that many bits: PA_HE_FAST_BITS or PA_HE_MAX_BITS */

    /* NTT table of one prime: its size in words (a multiple of 8), and its content. */
    size_t (*ntt_words)(unsigned log_degree);
    void (*ntt_fill)(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                     unsigned log_degree);
    /* position[j] = where A[j] of the canonical order stands in a resident row; N entries. */
    void (*ntt_order)(uint32_t *position, unsigned log_degree);
    /* `count` rows of one prime, each in place: coefficients <-> NTT form; the inverse divides by N. Several rows at once
     * share what is read of the table. */
    void (*forward)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
    void (*inverse)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
    /* forward, with what comes before and after it while rows are in cache; none of them a row that lifts read. */
    void (*forward_within)(pa_he_word *const *rows, size_t count, const pa_he_around *around,
                           const pa_he_ntt *ntt);

    /* Canonical integers in [0, q) <-> resident elements, order untouched; n elements. */
    void (*import)(pa_he_word *out, const uint64_t *in, size_t n, const pa_he_modulus *modulus);
    void (*export)(uint64_t *out, const pa_he_word *in, size_t n, const pa_he_modulus *modulus);
    /* Small signed integers, |in| < 2^31, to resident elements. */
    void (*import_small)(pa_he_word *out, const int32_t *in, size_t n,
                         const pa_he_modulus *modulus);

    /* Element by element over n (a multiple of 8) elements modulo one prime. */
    void (*add)(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus);
    void (*sub)(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus);
    void (*neg)(pa_he_word *out, const pa_he_word *a, size_t n, const pa_he_modulus *modulus);
    void (*mul)(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus);
    void (*mul_add)(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                    const pa_he_modulus *modulus); /* out += a * b */
    /* tensor: out[0] = a0 b0, out[1] = a0 b1 + a1 b0, out[2] = a1 b1; out rows are none of a, b. */
    void (*tensor)(pa_he_word *const out[3], const pa_he_word *const a[2],
                   const pa_he_word *const b[2], size_t n, const pa_he_modulus *modulus);
    /* out[k] = sum_t a[t] * b[k][t], k < 2: the inner product of digits with a key-switching key. */
    void (*inner_product)(pa_he_word *const out[2], const pa_he_terms *terms, size_t n,
                          const pa_he_modulus *modulus);
    /* out[k] = (sum_t a[t] * b[k][t] - out[k]) * c + added[k]: likewise divided. added[k] NULL: 0; none is an out row. */
    void (*inner_quotient)(pa_he_word *const out[2], const pa_he_terms *terms,
                           const pa_he_multiplier *c, const pa_he_word *const added[2], size_t n,
                           const pa_he_modulus *modulus);

    /* Constants: c canonical modulo q. */
    void (*multiplier)(pa_he_multiplier *out, uint64_t c, const pa_he_modulus *modulus);
    void (*mul_constant)(pa_he_word *out, const pa_he_word *a, const pa_he_multiplier *c, size_t n,
                         const pa_he_modulus *modulus);
    /* out = (a - b) * c: what dividing by a dropped prime ends with. */
    void (*sub_mul_constant)(pa_he_word *out, const pa_he_word *a, const pa_he_word *b,
                             const pa_he_multiplier *c, size_t n, const pa_he_modulus *modulus);

    /* Automorphism of a row in NTT form: out[i] = in[source[i]], source a permutation of the variant's own positions. Of an
     * automorphism X -> X^g, aligned blocks of 2^k canonical positions map onto such blocks, for every k; a variant may use
     * that. permute_fill packs source (N entries) into table, permute_words(log_degree) words. out != in. */
    size_t (*permute_words)(unsigned log_degree);
    void (*permute_fill)(pa_he_word *table, const uint32_t *source, unsigned log_degree);
    void (*permute)(pa_he_word *out, const pa_he_word *in, const pa_he_word *table, size_t n);

    /* Base conversion of n coefficients (rows in coefficient form). own: out_count rows (their own residues of the out base),
     * or NULL. No out row is an in row. conversion_bytes(c): size of prepared memory, 64-byte aligned. */
    size_t (*conversion_bytes)(const pa_he_conversion *conversion);
    void (*conversion_fill)(const pa_he_conversion *conversion);
    void (*convert)(pa_he_word *const *out, const pa_he_word *const *in,
                    const pa_he_word *const *own, const pa_he_conversion *conversion, size_t n);
    /* Coefficients of n elements modulo the in base of a lift become, in place and in `excess`, what lifts of them to any prime
     * read: the same for all lifts of this in base. One prime: they stay as they are, and excess may be NULL. */
    void (*lift_begin)(pa_he_word *const *rows, pa_he_word *excess, const pa_he_conversion *lift,
                       size_t n);
} pa_he_kernels;

extern const pa_he_kernels pa_he_portable, pa_he_avx2, pa_he_avx512ifma, pa_he_avx512ifma_emulated;

#endif
