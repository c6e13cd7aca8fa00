/* SPDX-License-Identifier: Apache-2.0 */
/* What a sampler variant is: bytes of a stream to numbers of a distribution. */
#ifndef PA_HE_SAMPLER_H
#define PA_HE_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

/* Family PA_FAMILY_HE_SAMPLER. The stream is little-endian, aligned to 64 bytes. uniform is for what is published; the others
 * are constant-time in the numbers that they make: ternary's time tells which bytes were rejected, which says nothing of the
 * others. */
struct pa_he_sampler {
    /* Successive words & (2^bits - 1), those below q (of `bits` bits, at most 61), `room` at most; returns how many. `words` is a
     * multiple of 8. */
    size_t (*uniform)(uint64_t *out, size_t room, const uint8_t *stream, size_t words, uint64_t q,
                      unsigned bits);
    /* Successive bytes modulo 3, minus 1, 255 rejected, `room` at most; returns how many. `bytes` is a multiple of 64. */
    size_t (*ternary)(int32_t *out, size_t room, const uint8_t *stream, size_t bytes);
    /* Centred binomial: popcount(w & (2^21 - 1)) - popcount((w >> 21) & (2^21 - 1)) of each word; words is a multiple of 8. */
    void (*error)(int32_t *out, const uint8_t *stream, size_t words);
    /* out += x << shift of each word, x of the discrete Gaussian of variance 12: |x| counts the tails (tables/he_gaussian.h) above
     * w >> 1, bit 0 set makes it negative. shift <= 58; words is a multiple of 8. */
    void (*gaussian)(int64_t *out, const uint8_t *stream, size_t words, unsigned shift);
};

#define PA_HE_ERROR_BITS 21u

extern const struct pa_he_sampler pa_he_sampler_portable, pa_he_sampler_avx2;

#endif
