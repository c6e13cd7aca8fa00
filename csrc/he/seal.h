/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of SEAL's evaluation share. */
#ifndef PA_HE_SEAL_H
#define PA_HE_SEAL_H

#include "../core/internal.h"
#include "kernels.h"
#include "pyaccel/he.h"
#include "pyaccel/seal.h"

struct pyaccel_seal_context {
    uint32_t scheme, count;
    unsigned log_degree;
    size_t degree;
    uint64_t plain_modulus;
    pa_he_word *tables;
    pa_he_ntt ntt[PA_HE_MAX_PRIMES];
    struct pyaccel_he_context *he; /* the same primes; NULL: too many of them, or no special one */
};

/* *he = that context, or NULL. OUT_OF_MEMORY, INTERNAL. */
pyaccel_status pa_seal_he_new(struct pyaccel_he_context **he, const pyaccel_seal_context *context);

/* out (3 polynomials) = a b, of BFV and size 2 both; valid inputs. UNSUPPORTED where he is NULL. */
pyaccel_status pa_seal_multiply_bfv(uint64_t *out, const pyaccel_seal_context *context,
                                    const uint64_t *a, const uint64_t *b, uint32_t rows);

/* The levels that a context has: rows of a fresh ciphertext. */
static inline uint32_t pa_seal_most_rows(const pyaccel_seal_context *context)
{
    return context->count > 1 ? context->count - 1 : 1;
}

/* True when data holds `polynomials` polynomials of `rows` rows of residues. */
bool pa_seal_residues_valid(const pyaccel_seal_context *context, const uint64_t *data,
                            uint64_t polynomials, uint32_t rows);

/* Words of a ciphertext; 0: none that this context has. */
uint64_t pa_seal_words(const pyaccel_seal_context *context, uint32_t size, uint32_t rows);

/* True when a is a ciphertext of that size and level, all residues below their primes. */
bool pa_seal_input_valid(const pyaccel_seal_context *context, const uint64_t *a, uint32_t size,
                         uint32_t rows);

/* True when out has room for that many words and is either `same` (NULL: none) or apart from all `size` words at `in`. */
bool pa_seal_out_valid(const uint64_t *out, uint64_t out_words, uint64_t wanted, const uint64_t *in,
                       uint64_t in_words, bool may_be_same);

/* Zeroes out, up to its capacity, unless status is OK; returns status. */
pyaccel_status pa_seal_closed(uint64_t *out, uint64_t out_words, pyaccel_status status);

/* Rows of the first `count` primes, one after the other: x / P, rounded, where x modulo P, the prime number `divisor`, stands in
 * `last` as coefficients, which are overwritten. ntt: the rows are in NTT form. scratch: N words. */
void pa_seal_divide(const pyaccel_seal_context *context, pa_he_word *rows, uint32_t count,
                    pa_he_word *last, uint32_t divisor, bool ntt, pa_he_word *scratch);

#endif
