/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness of keys and encryptions: seeds, the streams that follow from them, and numbers drawn from those (docs/he.md). */
#ifndef PA_HE_SAMPLING_H
#define PA_HE_SAMPLING_H

#include "../core/internal.h"
#include "modulus.h"
#include "pyaccel/he.h"

/* What a call draws: everything that is published follows from one seed, everything secret from the other. */
typedef struct {
    uint8_t published[32], secret[32];
} pa_he_seeds;

/* Master seed: 32 bytes of the operating system or options->insecure_test_seed; its ChaCha20 block 0 with a nonce of zeros is
 * published || secret. OK, or INTERNAL: the system gives no randomness. Before: pa_bind() said OK, options are valid or NULL.
 * The caller wipes *seeds. */
pyaccel_status pa_he_draw(pa_he_seeds *seeds, const pyaccel_he_options *options);

/* ChaCha20 with key `seed`, from counter 0 on, nonce = purpose || item || digit || row, little-endian. */
typedef enum {
    PA_HE_SECRET = 1,         /* ternary */
    PA_HE_PUBLIC_UNIFORM = 2, /* row: number of the prime */
    PA_HE_PUBLIC_ERROR = 3,
    PA_HE_SWITCH_UNIFORM = 4,  /* item: Galois element, 0 for relinearization; digit; row */
    PA_HE_SWITCH_ERROR = 5,    /* item; digit */
    PA_HE_ENCRYPT_TERNARY = 6, /* item: index in the batch; likewise below */
    PA_HE_ENCRYPT_ERROR_0 = 7,
    PA_HE_ENCRYPT_ERROR_1 = 8,
    PA_HE_SEEDED_UNIFORM = 9, /* item; row */
    PA_HE_SEEDED_ERROR = 10,
    PA_HE_FLOOD = 11,
} pa_he_purpose;

typedef struct {
    const uint8_t *seed; /* 32 bytes */
    pa_he_purpose purpose;
    uint32_t item;
    uint16_t digit, row;
} pa_he_stream;

/* Bound once a call, so that the numbers of one call come from one variant; they are the same from all. */
typedef struct {
    const struct pa_chacha20 *chacha20;
    const struct pa_he_sampler *sampler;
} pa_he_source;
pa_he_source pa_he_source_bound(void);

/* n numbers each, n a multiple of 8. Distributions: sampler.h. */
void pa_he_uniform(uint64_t *out, size_t n, const pa_he_modulus *modulus,
                   const pa_he_stream *stream, const pa_he_source *source);
void pa_he_ternary(int32_t *out, size_t n, const pa_he_stream *stream, const pa_he_source *source);
void pa_he_error(int32_t *out, size_t n, const pa_he_stream *stream, const pa_he_source *source);

/* Discrete Gaussian of standard deviation sqrt(4^bits - 4): the sum over i of 2^i x_i, 0 <= i < bits - 1, x_i of variance 12 from
 * words i n .. (i + 1) n of the stream; within 2^-100 of the Gaussian itself (Micciancio and Walter, ePrint 2017/259: at each
 * i the finer terms have a deviation of 2 * 2^i or more, twice what smooths). 2 <= bits <= PA_HE_MOST_FLOOD_BITS.
 * A number is low + 2^PA_HE_FLOOD_SPLIT high: terms from that power of two on are in high, which is 0 where there are none. */
#define PA_HE_MOST_FLOOD_BITS 98u
#define PA_HE_FLOOD_SPLIT 57u /* terms below it fit 64 bits together */
void pa_he_gaussian(int64_t *low, int64_t *high, size_t n, unsigned bits,
                    const pa_he_stream *stream, const pa_he_source *source);

#endif
