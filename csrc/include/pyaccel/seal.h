/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation on ciphertexts of Microsoft SEAL 4.x (BFV and CKKS), giving the bytes that SEAL itself gives from the same keys.
 *
 * For moving work from SEAL or TenSEAL to pyaccel/he.h, whose contexts are another and faster design: here primes have up to 61
 * bits and every operation is portable code on one thread.
 *
 * Data are SEAL's own arrays: a polynomial is `rows` rows of N words, row i modulo prime i; a ciphertext is 2 or more polynomials
 * one after the other, in NTT form for CKKS (A[j] = a(psi^(2 bitrev(j) + 1)), psi the least primitive 2N-th root) and as
 * coefficients for BFV. `rows` names the level: 1 .. prime_count - 1 (a context of one prime: 1). A residue that is not below
 * its prime is INVALID_ARGUMENT. out_words is the capacity of out; out may be an input where both have one size, and must not
 * overlap one otherwise. On any status but OK out is zeroed. Thread-safe; public data alone, so variable-time. */
#ifndef PYACCEL_SEAL_H
#define PYACCEL_SEAL_H

#include "pyaccel/he.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PYACCEL_SEAL_BFV 1
#define PYACCEL_SEAL_CKKS 2

/* Most polynomials of a ciphertext, as SEAL has it. */
#define PYACCEL_SEAL_MOST_SIZE 16

typedef struct pyaccel_seal_context pyaccel_seal_context;

/* primes: SEAL's coeff_modulus, 1 .. 62 distinct primes below 2^61 that are 1 modulo 2N, the special one last. degree: a power of
 * two, 8 .. 131072. plain_modulus: BFV: 2 .. 2^60, coprime to the primes; CKKS: 0. INVALID_ARGUMENT, OUT_OF_MEMORY. */
PYACCEL_API pyaccel_status pyaccel_seal_context_new(pyaccel_seal_context **context, uint32_t scheme, uint32_t degree,
                                                    const uint64_t *primes, uint32_t prime_count,
                                                    uint64_t plain_modulus);
PYACCEL_API void pyaccel_seal_context_free(pyaccel_seal_context *context);

/* out = a + b, or a - b where `subtract` is 1; max(a_size, b_size) polynomials. Evaluator::add, sub. */
PYACCEL_API pyaccel_status pyaccel_seal_add(uint64_t *out, uint64_t out_words, const pyaccel_seal_context *context,
                                            const uint64_t *a, uint32_t a_size, const uint64_t *b, uint32_t b_size,
                                            uint32_t rows, uint32_t subtract);
/* out = -a. Evaluator::negate. */
PYACCEL_API pyaccel_status pyaccel_seal_negate(uint64_t *out, uint64_t out_words, const pyaccel_seal_context *context,
                                               const uint64_t *a, uint32_t size, uint32_t rows);
/* out = a b, a_size + b_size - 1 polynomials. CKKS: Evaluator::multiply to the byte. BFV: the same plaintext, other bytes (SEAL
 * scales through bases of its own), and both of size 2 (UNSUPPORTED otherwise: relinearize first). */
PYACCEL_API pyaccel_status pyaccel_seal_multiply(uint64_t *out, uint64_t out_words, const pyaccel_seal_context *context,
                                                 const uint64_t *a, uint32_t a_size, const uint64_t *b, uint32_t b_size,
                                                 uint32_t rows);
/* out = a + plain (subtract 1: a - plain). plain: BFV: plain_words <= N coefficients below t; CKKS: rows * N words in NTT form.
 * Evaluator::add_plain, sub_plain. */
PYACCEL_API pyaccel_status pyaccel_seal_add_plain(uint64_t *out, uint64_t out_words,
                                                  const pyaccel_seal_context *context, const uint64_t *a, uint32_t size,
                                                  uint32_t rows, const uint64_t *plain, uint64_t plain_words,
                                                  uint32_t subtract);
/* out = a * plain. Evaluator::multiply_plain. */
PYACCEL_API pyaccel_status pyaccel_seal_multiply_plain(uint64_t *out, uint64_t out_words,
                                                       const pyaccel_seal_context *context, const uint64_t *a,
                                                       uint32_t size, uint32_t rows, const uint64_t *plain,
                                                       uint64_t plain_words);

/* A switching key: parts[d], d < part_count, points to the 2 polynomials of prime_count rows, NTT form, of its part d; as many parts
 * as a fresh ciphertext has rows, or more. */
/* out = (a_0, a_1) + switched a_2: size 3 to 2. Evaluator::relinearize. */
PYACCEL_API pyaccel_status pyaccel_seal_relinearize(uint64_t *out, uint64_t out_words,
                                                    const pyaccel_seal_context *context, const uint64_t *a,
                                                    uint32_t rows, const uint64_t *const *parts, uint32_t part_count);
/* out = a under X -> X^element (odd, below 2N), switched back to the key; size 2. Evaluator::apply_galois. */
PYACCEL_API pyaccel_status pyaccel_seal_apply_galois(uint64_t *out, uint64_t out_words,
                                                     const pyaccel_seal_context *context, const uint64_t *a,
                                                     uint32_t rows, uint32_t element, const uint64_t *const *parts,
                                                     uint32_t part_count);
/* out = a divided by the last of its primes and rounded: rows - 1 rows a polynomial, rows >= 2. Evaluator::rescale_to_next (CKKS),
 * mod_switch_to_next (BFV). */
PYACCEL_API pyaccel_status pyaccel_seal_divide(uint64_t *out, uint64_t out_words, const pyaccel_seal_context *context,
                                               const uint64_t *a, uint32_t size, uint32_t rows);

/* out = the polynomial of `rows` rows that SEAL draws from a seed: generator 1 Blake2xb, 2 SHAKE256, seed of 64 bytes
 * (Ciphertext::expand_seed). */
PYACCEL_API pyaccel_status pyaccel_seal_expand(uint64_t *out, uint64_t out_words, const pyaccel_seal_context *context,
                                               uint32_t rows, uint32_t generator, const uint8_t *seed);

/* ---- to and from pyaccel/he.h ------------------------------------------------------------------------- */

/* out = polynomials of `rows` rows (1 .. prime_count) transformed: coefficients to NTT form, or back where `inverse` is 1. */
PYACCEL_API pyaccel_status pyaccel_seal_transform(uint64_t *out, uint64_t out_words,
                                                  const pyaccel_seal_context *context, const uint64_t *a,
                                                  uint32_t polynomials, uint32_t rows, uint32_t inverse);

/* *he = a context of pyaccel/he.h with SEAL's primes, portable code, to encode, encrypt and decrypt with: residues at level rows - 1
 * are those of SEAL in NTT form. Slots are in its order, by powers of 5, where SEAL's go by powers of 3. No saved object of it can be
 * loaded. UNSUPPORTED: there is no special prime, or there are too many primes. */
PYACCEL_API pyaccel_status pyaccel_seal_he_context(pyaccel_he_context **he, const pyaccel_seal_context *context);
/* SEAL's keys for it: rows of all primes in NTT form, 1 and 2 polynomials of them. */
PYACCEL_API pyaccel_status pyaccel_seal_secret_key(pyaccel_he_secret_key **key, const pyaccel_seal_context *context,
                                                   const uint64_t *rows, uint64_t words);
PYACCEL_API pyaccel_status pyaccel_seal_public_key(pyaccel_he_public_key **key, const pyaccel_seal_context *context,
                                                   const uint64_t *rows, uint64_t words);

/* The reverse, of keys of such a context: rows of all primes, canonical, words the capacity. The secret rows are the caller's to wipe;
 * constant-time in them. On any status but OK the rows are zeroed. */
PYACCEL_API pyaccel_status pyaccel_seal_secret_key_rows(uint64_t *rows, uint64_t words,
                                                        const pyaccel_he_secret_key *key);
PYACCEL_API pyaccel_status pyaccel_seal_public_key_rows(uint64_t *rows, uint64_t words,
                                                        const pyaccel_he_public_key *key);

#ifdef __cplusplus
}
#endif

#endif
