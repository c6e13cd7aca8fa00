/* SPDX-License-Identifier: Apache-2.0 */
/* What key generation and encryption make rows of. */
#ifndef PA_HE_KEYS_H
#define PA_HE_KEYS_H

#include "ring.h"
#include "sampling.h"

/* Row of prime number `prime` in NTT form, whose residues in canonical order are those of the stream (stream.row is set to the
 * prime's number). scratch: N words, no part of the row. */
void pa_he_uniform_row(pa_he_word *row, uint64_t *scratch, const pyaccel_he_context *context,
                       uint32_t prime, pa_he_stream stream, const pa_he_source *source);

/* Elements of a row that several operations in turn work on: they stay in the first-level cache. */
#define PA_HE_STRIP 1024u
static inline size_t pa_he_strip(const pyaccel_he_context *context, size_t first)
{
    const size_t left = context->degree - first;
    return left < PA_HE_STRIP ? left : PA_HE_STRIP;
}

/* n coefficients of an error modulo a prime: e, BGV: t e. Constant-time. */
void pa_he_error_row(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                     const int32_t *e, size_t n);

/* b = e - a s of rows in NTT form; b is neither e nor a nor s. Constant-time. */
void pa_he_mask_row(pa_he_word *b, const pyaccel_he_context *context, uint32_t prime,
                    const pa_he_word *e, const pa_he_word *a, const pa_he_word *s);

/* Words of one row of prime number `row` of a polynomial. */
static inline pa_he_word *pa_he_row(const pyaccel_he_context *context, pa_he_word *words,
                                    size_t row)
{
    return words + row * context->stride;
}

/* All rows of a key's polynomial: Q's, then P's. */
static inline uint32_t pa_he_key_rows(const pyaccel_he_context *context)
{
    return context->q_count + context->p_count;
}

/* Memory of `polynomials` polynomials of all rows, of the pool; NULL: out of memory. */
pa_he_word *pa_he_key_memory(const pyaccel_he_context *context, size_t polynomials);

/* Memory of a switching key whose element is set, and the table of its automorphism; source: N entries of scratch. false: out of
 * memory. pyaccel_he_evaluation_keys_free takes what there is. */
bool pa_he_switching_key_prepare(pa_he_switching_key *key, uint32_t *source,
                                 const pyaccel_he_context *context);

/* What every call begins with that draws: OK, and *seeds, which the caller wipes; INVALID_ARGUMENT (options), BAD_ENVIRONMENT,
 * INTERNAL. */
pyaccel_status pa_he_begin(pa_he_seeds *seeds, const pyaccel_he_options *options);

/* `rows` rows and `integers` times N 32-bit integers behind them, of the pool; NULL: out of memory. For secrets: _return wipes
 * what was taken, of the same size. */
typedef struct {
    pa_he_word *rows;
    int32_t *integers;
    size_t size;
} pa_he_scratch;
bool pa_he_scratch_take(pa_he_scratch *scratch, const pyaccel_he_context *context, size_t rows,
                        size_t integers);
void pa_he_scratch_return(pa_he_scratch *scratch, const pyaccel_he_context *context);

#endif
