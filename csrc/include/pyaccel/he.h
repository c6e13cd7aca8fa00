/* SPDX-License-Identifier: Apache-2.0 */
/* Homomorphic encryption over rings Z_Q[X] / (X^N + 1): BFV and BGV (exact integers modulo t), CKKS (approximate numbers).
 *
 * Handles are opaque. A context, a key and the batches made with them are tied together: a call that mixes contexts is
 * INVALID_ARGUMENT. Contexts and keys are immutable and may be used by several threads at once; a batch may be read by several.
 * A handle keeps its context alive; every _free takes NULL. On any status but OK an output handle is NULL.
 *
 * A batch holds `count` plaintexts or ciphertexts of one level, size and scale; an operation on two batches wants equal counts,
 * or one of them with a count of 1, which serves all. Operations work on options.threads threads (0: PYACCEL_THREADS, else the
 * caller's alone).
 *
 * Levels: a context of L moduli has levels L - 1 (fresh) .. 0; rescale and mod_switch go one level down. Operations on two
 * batches of different levels bring the higher one down first (BFV, BGV: mod_switch; CKKS: by dropping moduli).
 *
 * Slots. BFV, BGV: 2 rows of N / 2 integers modulo t, when t is 1 modulo 2N. CKKS: N / 2 complex numbers. A rotation by k moves
 * slot j + k to slot j within each row; the other Galois automorphism swaps the rows, or conjugates.
 *
 * Secrets: key generation, encryption and decryption are constant-time in the secret; secret keys are wiped when freed.
 * Decrypting a CKKS ciphertext and sharing the result can reveal the key (IND-CPA-D, Li and Micciancio, ePrint 2020/1533):
 * pyaccel_he_decrypt takes flood_bits against it. */
#ifndef PYACCEL_HE_H
#define PYACCEL_HE_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PYACCEL_HE_BFV 1
#define PYACCEL_HE_BGV 2
#define PYACCEL_HE_CKKS 3

/* Which table bounds log2(Q P) for a ternary secret and sigma >= 3.19. */
#define PYACCEL_HE_STANDARD_NONE 1 /* no security is claimed */
#define PYACCEL_HE_STANDARD_2018 2 /* HomomorphicEncryption.org security standard, 2018 */
#define PYACCEL_HE_STANDARD_2024 3 /* Bossuat et al., ePrint 2024/463, table 5.2 */

/* Most moduli of a context, special ones included, each split into primes of at most 50 bits. */
#define PYACCEL_HE_MOST_MODULI 60

typedef struct pyaccel_he_context pyaccel_he_context;
typedef struct pyaccel_he_secret_key pyaccel_he_secret_key;
typedef struct pyaccel_he_public_key pyaccel_he_public_key;
typedef struct pyaccel_he_evaluation_keys pyaccel_he_evaluation_keys;
typedef struct pyaccel_he_plaintexts pyaccel_he_plaintexts;
typedef struct pyaccel_he_ciphertexts pyaccel_he_ciphertexts;

/* What a context is made of. */
typedef struct {
    size_t struct_size; /* sizeof(pyaccel_he_parameters)                                                     */
    uint32_t scheme;    /* PYACCEL_HE_BFV, _BGV, _CKKS                                                       */
    uint32_t degree;    /* N: a power of two, 8 .. 131072                                                    */
    uint32_t moduli_bits[PYACCEL_HE_MOST_MODULI]; /* bits of Q's moduli, 20 .. 100; the last are dropped first */
    uint32_t moduli_count;
    uint32_t special_bits;  /* log2 P, 20 .. 600; 0: as many as the largest digit                                */
    uint32_t digits;        /* dnum: digits of key switching, 1 .. number of moduli; 0: one a modulus            */
    uint32_t standard;      /* PYACCEL_HE_STANDARD_*                                                            */
    uint32_t security;      /* 128, 192, 256; 0 with STANDARD_NONE                                              */
    uint64_t plain_modulus; /* t: BFV, BGV: 2 .. 2^40; with slots a prime that is 1 modulo 2N; CKKS: 0           */
    double scale;           /* CKKS: default scale, 2^10 .. 2^90; else 0                                        */
    uint64_t reserved;      /* 0                                                                               */
} pyaccel_he_parameters;

/* *context = a context; its primes follow from the parameters alone (docs/he.md). INVALID_ARGUMENT (also: log2(Q P) above the
 * bound of the security asked for: pyaccel_he_bound says it; moduli that degree has no primes for); OUT_OF_MEMORY;
 * BAD_ENVIRONMENT. */
PYACCEL_API pyaccel_status pyaccel_he_context_new(pyaccel_he_context **context,
                                                  const pyaccel_he_parameters *parameters);
PYACCEL_API void pyaccel_he_context_free(pyaccel_he_context *context);

/* Largest floor(log2(Q P)) that `standard` allows for this degree and security; 0: not in the table. */
PYACCEL_API uint32_t pyaccel_he_bound(uint32_t standard, uint32_t security, uint32_t degree);

/* What a context came to. */
typedef struct {
    uint32_t scheme, degree, slots; /* slots: in all rows together; 0: t has none */
    uint32_t levels, prime_count, special_count, digit_count;
    uint32_t level_end[PYACCEL_HE_MOST_MODULI]; /* level l has the first level_end[l] primes */
    uint64_t primes[64];                        /* Q's, then the special ones */
    uint64_t plain_modulus;
    double scale;
    double modulus_bits;    /* log2(Q P) */
    uint8_t id[32];         /* SHA-256 of the canonical parameters */
    const char *variant;    /* "avx512ifma"; static storage */
    uint32_t digit_end[64]; /* of key switching: digit d has the primes digit_end[d - 1] .. digit_end[d] - 1 */
} pyaccel_he_context_info;
PYACCEL_API pyaccel_status pyaccel_he_context_get(pyaccel_he_context_info *info, const pyaccel_he_context *context);

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size;
    uint32_t threads;
    uint32_t reserved;
    const uint8_t
        *insecure_test_seed; /* NULL: the operating system's randomness. 32 bytes: everything drawn follows from them;
                                          for tests alone, nothing made so is secret */
} pyaccel_he_options;

/* ---- keys ------------------------------------------------------------------------------------------- */

PYACCEL_API pyaccel_status pyaccel_he_secret_key_new(pyaccel_he_secret_key **key, pyaccel_he_context *context,
                                                     const pyaccel_he_options *options);
PYACCEL_API void pyaccel_he_secret_key_free(pyaccel_he_secret_key *key);
PYACCEL_API pyaccel_status pyaccel_he_public_key_new(pyaccel_he_public_key **key, const pyaccel_he_secret_key *secret,
                                                     const pyaccel_he_options *options);
PYACCEL_API void pyaccel_he_public_key_free(pyaccel_he_public_key *key);

/* Switching keys: relinearization where `relinearize` is 1, and one for each Galois element (odd, below 2N; repetitions are one).
 * pyaccel_he_element gives the element of a rotation. */
PYACCEL_API pyaccel_status pyaccel_he_evaluation_keys_new(pyaccel_he_evaluation_keys **keys,
                                                          const pyaccel_he_secret_key *secret, uint32_t relinearize,
                                                          const uint32_t *elements, uint64_t element_count,
                                                          const pyaccel_he_options *options);
PYACCEL_API void pyaccel_he_evaluation_keys_free(pyaccel_he_evaluation_keys *keys);
/* elements[0 .. *count): those held, 0 for relinearization; capacity in *count before; elements NULL asks for the number. */
PYACCEL_API pyaccel_status pyaccel_he_evaluation_keys_elements(uint32_t *elements, uint64_t *count,
                                                               const pyaccel_he_evaluation_keys *keys);

/* Galois element of a rotation by `steps` slots, |steps| < N / 2: 5^steps mod 2N; of swapping rows or conjugation: 2N - 1. */
PYACCEL_API uint32_t pyaccel_he_element(uint32_t degree, int64_t steps);

/* ---- plaintexts ------------------------------------------------------------------------------------- */

/* count plaintexts of `width` integers each, at values + i * stride (in elements): slots of them, the rest 0; width <= slots.
 * Each |value| <= t / 2 or 0 <= value < t, else INVALID_ARGUMENT with *bad (may be NULL) = its index i * width + j. BFV, BGV. */
PYACCEL_API pyaccel_status pyaccel_he_encode_integers(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                                      pyaccel_he_context *context, const int64_t *values,
                                                      uint64_t count, uint64_t width, uint64_t stride,
                                                      const pyaccel_he_options *options);
/* Likewise the coefficients of the polynomials themselves, width <= N; any t. */
PYACCEL_API pyaccel_status pyaccel_he_encode_coefficients(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                                          pyaccel_he_context *context, const int64_t *values,
                                                          uint64_t count, uint64_t width, uint64_t stride,
                                                          const pyaccel_he_options *options);
/* Integers in (-t / 2, t / 2] of plaintexts: width slots (or coefficients) each. */
PYACCEL_API pyaccel_status pyaccel_he_decode_integers(int64_t *values, uint64_t width, uint64_t stride,
                                                      const pyaccel_he_plaintexts *plaintexts, uint32_t coefficients,
                                                      const pyaccel_he_options *options);
/* CKKS: width complex numbers (pairs of doubles: real, imaginary) or, with `real`, doubles, times `scale` (0: the context's),
 * rounded, at `level`. A value that is not finite, or too large for the modulus at that level: INVALID_ARGUMENT with *bad. */
PYACCEL_API pyaccel_status pyaccel_he_encode_numbers(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                                     pyaccel_he_context *context, const double *values, uint32_t real,
                                                     uint64_t count, uint64_t width, uint64_t stride, double scale,
                                                     uint32_t level, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_decode_numbers(double *values, uint32_t real, uint64_t width, uint64_t stride,
                                                     const pyaccel_he_plaintexts *plaintexts,
                                                     const pyaccel_he_options *options);
PYACCEL_API void pyaccel_he_plaintexts_free(pyaccel_he_plaintexts *plaintexts);

/* ---- encryption ------------------------------------------------------------------------------------- */

/* With the public key; or with the secret key, then the second polynomial is a seed until the first operation. */
PYACCEL_API pyaccel_status pyaccel_he_encrypt(pyaccel_he_ciphertexts **ciphertexts, const pyaccel_he_public_key *key,
                                              const pyaccel_he_plaintexts *plaintexts,
                                              const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_encrypt_secret(pyaccel_he_ciphertexts **ciphertexts,
                                                     const pyaccel_he_secret_key *key,
                                                     const pyaccel_he_plaintexts *plaintexts,
                                                     const pyaccel_he_options *options);
/* flood_bits: CKKS: before decoding, discrete Gaussian noise of standard deviation 2^flood_bits is
 * added to every coefficient: 2 .. 98, and flood_bits + 5 < log2 of the modulus at that level; 0: none. */
PYACCEL_API pyaccel_status pyaccel_he_decrypt(pyaccel_he_plaintexts **plaintexts, const pyaccel_he_secret_key *key,
                                              const pyaccel_he_ciphertexts *ciphertexts, uint32_t flood_bits,
                                              const pyaccel_he_options *options);
/* bits[i] = log2(Q / (2 |invariant noise|)) of ciphertext i, as SEAL's invariant_noise_budget has it, below 1 where it will not decrypt
 * (and 0 where the level's Q is not above 4 t); BFV and BGV. It tells about the key: for its holder alone. */
PYACCEL_API pyaccel_status pyaccel_he_noise_budget(double *bits, const pyaccel_he_secret_key *key,
                                                   const pyaccel_he_ciphertexts *ciphertexts);
PYACCEL_API void pyaccel_he_ciphertexts_free(pyaccel_he_ciphertexts *ciphertexts);

typedef struct {
    uint64_t count;
    uint32_t size, level, seeded;
    uint32_t depth;     /* CKKS: pyaccel_he_depth of level and scale; else 0 */
    double scale;       /* CKKS */
    uint64_t factor;    /* BGV */
    double noise_bits;  /* estimate without the key: log2 of the noise */
    double budget_bits; /* BFV, BGV: estimate of the noise budget; CKKS: log2(Q_level / scale) */
} pyaccel_he_ciphertexts_info;
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_get(pyaccel_he_ciphertexts_info *info,
                                                      const pyaccel_he_ciphertexts *ciphertexts);
PYACCEL_API pyaccel_status pyaccel_he_plaintexts_get(pyaccel_he_ciphertexts_info *info,
                                                     const pyaccel_he_plaintexts *plaintexts);
/* Items indices[0 .. n) of a batch as a batch of its own. */
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_take(pyaccel_he_ciphertexts **out,
                                                       const pyaccel_he_ciphertexts *ciphertexts,
                                                       const uint64_t *indices, uint64_t n);
PYACCEL_API pyaccel_status pyaccel_he_plaintexts_take(pyaccel_he_plaintexts **out,
                                                      const pyaccel_he_plaintexts *plaintexts, const uint64_t *indices,
                                                      uint64_t n);
/* n batches of one kind, one after the other, as one batch. */
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_concatenate(pyaccel_he_ciphertexts **out,
                                                              const pyaccel_he_ciphertexts *const *batches, uint64_t n);

/* ---- evaluation ------------------------------------------------------------------------------------- */

/* All give new batches. CKKS: where the scales of summands differ, the one of the smaller is multiplied by the integer that
 * pyaccel_he_scale_ratio gives, and the sum has the larger scale; INVALID_ARGUMENT where there is none. */
PYACCEL_API pyaccel_status pyaccel_he_add(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                          const pyaccel_he_ciphertexts *b, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_sub(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                          const pyaccel_he_ciphertexts *b, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_negate(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                             const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_add_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                const pyaccel_he_plaintexts *b, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_sub_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                const pyaccel_he_plaintexts *b, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_multiply_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                     const pyaccel_he_plaintexts *b, const pyaccel_he_options *options);
/* Product of two batches of size 2. keys NULL: size 3; else relinearized. CKKS with rescale 1 (wants keys): rescaled as well,
 * in one pass; but at level 0 it stays as it is, where pyaccel_he_depth allows for it. a == b squares. INVALID_ARGUMENT also: no
 * level and no such depth left; and, here and of plaintexts, a product's scale outside 2^-1000 .. 2^1000. */
PYACCEL_API pyaccel_status pyaccel_he_multiply(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                               const pyaccel_he_ciphertexts *b, const pyaccel_he_evaluation_keys *keys,
                                               uint32_t rescale, const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_relinearize(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                  const pyaccel_he_evaluation_keys *keys,
                                                  const pyaccel_he_options *options);
/* One level down. CKKS: divides by the dropped modulus, scale too. */
PYACCEL_API pyaccel_status pyaccel_he_rescale(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                              const pyaccel_he_options *options);
/* CKKS: products that may follow one another from a level on, at a scale that rescaling keeps: one a level, and at level 0, where they
 * are not rescaled, those whose scale is above 1 and the modulus more than 2^19 times it, so that numbers of up to 2^18 survive. 0:
 * no such level, no positive scale; BFV, BGV. */
PYACCEL_API uint32_t pyaccel_he_depth(const pyaccel_he_context *context, uint32_t level, double scale);
/* CKKS: the integer, below 2^100, that a factor of a summand's scale comes to within 2^-30 of the other's: 1 where they agree; 0: none does. */
PYACCEL_API double pyaccel_he_scale_ratio(double a, double b);
/* Down to `level`: BFV, BGV by modulus switching, CKKS by dropping moduli, scale unchanged. */
PYACCEL_API pyaccel_status pyaccel_he_mod_switch(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                 uint32_t level, const pyaccel_he_options *options);
/* out holds, for each of n Galois elements in turn, the automorphism of the whole batch: n * count ciphertexts; decomposed once
 * (hoisted). UNSUPPORTED: keys lack an element, *missing (may be NULL) is it. */
PYACCEL_API pyaccel_status pyaccel_he_rotate(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                             const pyaccel_he_ciphertexts *a, const uint32_t *elements, uint64_t n,
                                             const pyaccel_he_evaluation_keys *keys, const pyaccel_he_options *options);
/* Sum over all slots, in every slot: log2(slots) rotations by powers of two (and the swap of rows, BFV and BGV). */
PYACCEL_API pyaccel_status pyaccel_he_sum_slots(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                                const pyaccel_he_ciphertexts *a, const pyaccel_he_evaluation_keys *keys,
                                                const pyaccel_he_options *options);
/* Sum of the batch: one ciphertext. */
PYACCEL_API pyaccel_status pyaccel_he_sum_batch(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                const pyaccel_he_options *options);

/* ---- linear algebra --------------------------------------------------------------------------------- */

/* A plain matrix of rows x columns, encoded for products y_r = sum_c matrix[r][c] x_c with encrypted vectors x, which stand in
 * their slots 0 .. columns - 1, the others 0 (BFV, BGV: of the first row of slots). y stands in the slots 0 .. rows - 1; what the
 * other slots hold then means nothing. One product deep, rotations are few and hoisted (docs/he.md says how they are chosen). */
typedef struct pyaccel_he_matrix pyaccel_he_matrix;

/* The rotations that products with rows x columns take: steps[0 .. *count), capacity in *count before; steps NULL asks for the
 * number. INVALID_ARGUMENT also: rows or columns are 0 or more than N / 2, or t has no slots. */
PYACCEL_API pyaccel_status pyaccel_he_matrix_steps(int64_t *steps, uint64_t *count, const pyaccel_he_context *context,
                                                   uint64_t rows, uint64_t columns);

/* Entry (r, c) is at index r * row_stride + c * column_stride of doubles (CKKS: `real`), else of int64 (`integers`, as in
 * encode_integers); the other pointer is NULL. level: CKKS: of the vectors; vectors above it are brought down. 0 wants the depth for
 * a last product of the context's scale.
 * *bad (may be NULL): r * columns + c of an entry that does not fit. */
PYACCEL_API pyaccel_status pyaccel_he_matrix_new(pyaccel_he_matrix **matrix, uint64_t *bad, pyaccel_he_context *context,
                                                 const double *real, const int64_t *integers, uint64_t rows,
                                                 uint64_t columns, int64_t row_stride, int64_t column_stride,
                                                 uint32_t level, const pyaccel_he_options *options);
PYACCEL_API void pyaccel_he_matrix_free(pyaccel_he_matrix *matrix);

/* The products with every vector of a batch. repeated 1: each stands in the slots again and again, all round them, with the least power
 * of two that is not below columns as the period, which saves rotations; 0: once, before zeros. CKKS: rescaled to the vectors' scale,
 * one level below the matrix's; at level 0 not rescaled, as other products. UNSUPPORTED: keys lack an element, *missing (may be NULL)
 * is it. */
PYACCEL_API pyaccel_status pyaccel_he_matrix_multiply(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                                      const pyaccel_he_matrix *matrix, const pyaccel_he_ciphertexts *a,
                                                      uint32_t repeated, const pyaccel_he_evaluation_keys *keys,
                                                      const pyaccel_he_options *options);

/* sum_i coefficients[i] x^i, slot by slot, for count coefficients (1 .. 1024, a degree of count - 1), doubles (CKKS) or int64 as
 * above: Paterson and Stockmeyer's way, ceil(log2(count)) + 1 products deep at most. CKKS: at the scale of a, to the last bit; at its
 * square where the last product is not rescaled. pyaccel_he_polynomial_depth says what depth CKKS takes.
 * INVALID_ARGUMENT also: a has less; a scale on the way that its modulus does not hold.
 * UNSUPPORTED: no relinearization key. */
PYACCEL_API pyaccel_status pyaccel_he_polynomial(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                                 const double *real, const int64_t *integers, uint64_t count,
                                                 const pyaccel_he_evaluation_keys *keys,
                                                 const pyaccel_he_options *options);
PYACCEL_API uint32_t pyaccel_he_polynomial_depth(uint64_t count);

/* BGV: the level at which products with a batch keep most of their budget, by the estimate of its noise: as low as each modulus that
 * is dropped takes more than half its bits off the noise. Other schemes, and NULL (0): the batch's own level. */
PYACCEL_API uint32_t pyaccel_he_product_level(const pyaccel_he_ciphertexts *a);

/* ---- residues ------------------------------------------------------------------------------------------ */

/* What devices and other libraries compute on: canonical integers in [0, q), in NTT form and canonical order,
 * A[j] = a(psi^(2 bitrev(j) + 1)) with psi the least primitive 2N-th root, N words a row. words: capacity before, the number wanted
 * after; residues NULL asks for the number. On any status but OK the residues are zeroed, up to the capacity. */

/* count * size polynomials of the level's rows. */
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_residues(uint64_t *residues, uint64_t *words,
                                                           const pyaccel_he_ciphertexts *ciphertexts);
/* CKKS: count polynomials of the level's rows. UNSUPPORTED: BFV, BGV, whose plaintexts are integers modulo t. */
PYACCEL_API pyaccel_status pyaccel_he_plaintexts_residues(uint64_t *residues, uint64_t *words,
                                                          const pyaccel_he_plaintexts *plaintexts);
/* The reverse: size 2 or 3; scale: CKKS, positive and finite, else 1; factor: BGV, 1 .. t - 1 and coprime to t, else 1.
 * INVALID_ARGUMENT also: words is not count * size * rows * N, a residue that is not below its prime.
 * noise_bits: the noise estimate to go on from, as pyaccel_he_ciphertexts_get gives it: -2^20 .. 2^20. */
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_of_residues(pyaccel_he_ciphertexts **out, pyaccel_he_context *context,
                                                              const uint64_t *residues, uint64_t words, uint64_t count,
                                                              uint32_t size, uint32_t level, double scale,
                                                              uint64_t factor, double noise_bits);
/* A switching key (element 0: relinearization): for each digit two polynomials of all rows, Q's and then P's (docs/he.md).
 * UNSUPPORTED: the keys have none of that element. */
PYACCEL_API pyaccel_status pyaccel_he_evaluation_keys_residues(uint64_t *residues, uint64_t *words,
                                                               const pyaccel_he_evaluation_keys *keys,
                                                               uint32_t element);

/* ---- saved objects ------------------------------------------------------------------------------------
 *
 * Bytes that mean the same on every machine and in every variant: versioned, bit-packed to the width of each prime, a seed in
 * place of what follows from it. Format: docs/he.md. A secret key's bytes are as secret as the key: who saves it wipes them.
 *
 * _save: *size before: capacity of out, after: bytes of the object; out NULL asks for that alone. INVALID_ARGUMENT: less room.
 * _load trusts nothing: INVALID_ARGUMENT unless every field, length and residue is sound and every byte is accounted for, with
 * *problem (may be NULL) saying what and where. The sums within show accidents, not forgery: who has to know where bytes come
 * from signs them. */
#define PYACCEL_HE_SAVED_PARAMETERS 1
#define PYACCEL_HE_SAVED_SECRET_KEY 2
#define PYACCEL_HE_SAVED_PUBLIC_KEY 3
#define PYACCEL_HE_SAVED_EVALUATION_KEYS 4
#define PYACCEL_HE_SAVED_PLAINTEXTS 5
#define PYACCEL_HE_SAVED_CIPHERTEXTS 6

#define PYACCEL_HE_PROBLEM_CUT 1      /* fewer bytes (found) than the header has, or says (wanted)                  */
#define PYACCEL_HE_PROBLEM_MAGIC 2    /* no saved object                                                            */
#define PYACCEL_HE_PROBLEM_VERSION 3  /* of a format that this library does not know                                */
#define PYACCEL_HE_PROBLEM_KIND 4     /* another kind of object                                                     */
#define PYACCEL_HE_PROBLEM_TRAILING 5 /* more bytes (found) than the header says (wanted)                           */
#define PYACCEL_HE_PROBLEM_ALTERED 6  /* the sums are of other bytes                                                */
#define PYACCEL_HE_PROBLEM_CONTEXT 7  /* made in another context                                                    */
#define PYACCEL_HE_PROBLEM_FIELD 8    /* a field out of its range, or a length that does not fit                    */
#define PYACCEL_HE_PROBLEM_RESIDUE 9  /* a number (found) that is not below its modulus (wanted)                    */
typedef struct {
    uint32_t reason; /* PYACCEL_HE_PROBLEM_*; 0: none */
    uint32_t reserved;
    uint64_t offset;        /* of the byte where it begins; of a residue the byte that holds its first bit */
    uint64_t found, wanted; /* where the reason has such */
} pyaccel_he_problem;

typedef struct {
    uint32_t kind, version, seeded, reserved;
    uint64_t size;  /* bytes, header included */
    uint8_t id[32]; /* of the context */
} pyaccel_he_saved_info;

/* What the header says, nothing else being looked at but that all bytes are there. */
PYACCEL_API pyaccel_status pyaccel_he_saved_get(pyaccel_he_saved_info *info, pyaccel_he_problem *problem,
                                                const uint8_t *data, uint64_t size);

/* The parameters of a context, those that were left open resolved. */
PYACCEL_API pyaccel_status pyaccel_he_parameters_get(pyaccel_he_parameters *parameters,
                                                     const pyaccel_he_context *context);

PYACCEL_API pyaccel_status pyaccel_he_context_save(uint8_t *out, uint64_t *size, const pyaccel_he_context *context);
PYACCEL_API pyaccel_status pyaccel_he_context_load(pyaccel_he_context **context, pyaccel_he_problem *problem,
                                                   const uint8_t *data, uint64_t size);
PYACCEL_API pyaccel_status pyaccel_he_secret_key_save(uint8_t *out, uint64_t *size, const pyaccel_he_secret_key *key);
PYACCEL_API pyaccel_status pyaccel_he_secret_key_load(pyaccel_he_secret_key **key, pyaccel_he_problem *problem,
                                                      pyaccel_he_context *context, const uint8_t *data, uint64_t size);
PYACCEL_API pyaccel_status pyaccel_he_public_key_save(uint8_t *out, uint64_t *size, const pyaccel_he_public_key *key);
PYACCEL_API pyaccel_status pyaccel_he_public_key_load(pyaccel_he_public_key **key, pyaccel_he_problem *problem,
                                                      pyaccel_he_context *context, const uint8_t *data, uint64_t size);
PYACCEL_API pyaccel_status pyaccel_he_evaluation_keys_save(uint8_t *out, uint64_t *size,
                                                           const pyaccel_he_evaluation_keys *keys,
                                                           const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_evaluation_keys_load(pyaccel_he_evaluation_keys **keys,
                                                           pyaccel_he_problem *problem, pyaccel_he_context *context,
                                                           const uint8_t *data, uint64_t size,
                                                           const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_plaintexts_save(uint8_t *out, uint64_t *size,
                                                      const pyaccel_he_plaintexts *plaintexts,
                                                      const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_plaintexts_load(pyaccel_he_plaintexts **plaintexts, pyaccel_he_problem *problem,
                                                      pyaccel_he_context *context, const uint8_t *data, uint64_t size,
                                                      const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_save(uint8_t *out, uint64_t *size,
                                                       const pyaccel_he_ciphertexts *ciphertexts,
                                                       const pyaccel_he_options *options);
PYACCEL_API pyaccel_status pyaccel_he_ciphertexts_load(pyaccel_he_ciphertexts **ciphertexts,
                                                       pyaccel_he_problem *problem, pyaccel_he_context *context,
                                                       const uint8_t *data, uint64_t size,
                                                       const pyaccel_he_options *options);

#ifdef __cplusplus
}
#endif

#endif
