/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers, a number at a time. */
#include "../core/bytes.h"
#include "../core/known.h"
#include "../tables/he_gaussian.h"
#include "sampler.h"

static size_t uniform(uint64_t *out, size_t room, const uint8_t *stream, size_t words, uint64_t q,
                      unsigned bits)
{
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    size_t have = 0;
    for (size_t i = 0; i < words && have < room; i++) {
        const uint64_t word = pa_load_le64(stream + 8 * i) & mask;
        out[have] = word;
        have += word < q;
    }
    return have;
}

static size_t ternary(int32_t *out, size_t room, const uint8_t *stream, size_t bytes)
{
    size_t have = 0;
    for (size_t i = 0; i < bytes && have < room; i++) {
        const uint32_t byte = stream[i];
        size_t taken = byte < 255;
        PA_KNOWN(&taken, sizeof taken);
        out[have] = (int32_t)(byte - 3 * (byte * 171 >> 9)) - 1; /* floor(byte / 3) */
        have += taken;
    }
    return have;
}

/* Of bits 0 .. 41. */
static uint64_t popcount42(uint64_t x)
{
    x -= x >> 1 & 0x155555555555;
    x = (x & 0x333333333333) + (x >> 2 & 0x333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f;
    return x * 0x010101010101 >> 40 & 0x3f;
}

static void error(int32_t *out, const uint8_t *stream, size_t words)
{
    const uint64_t mask = (UINT64_C(1) << PA_HE_ERROR_BITS) - 1;
    for (size_t i = 0; i < words; i++) {
        /* The second half inverted: 21 - its count is added instead of its count taken off. */
        const uint64_t word = pa_load_le64(stream + 8 * i) ^ mask << PA_HE_ERROR_BITS;
        const uint64_t count = popcount42(word & (mask << PA_HE_ERROR_BITS | mask));
        out[i] = (int32_t)count - (int32_t)PA_HE_ERROR_BITS;
    }
}

static void gaussian(int64_t *out, const uint8_t *stream, size_t words, unsigned shift)
{
    for (size_t i = 0; i < words; i++) {
        const uint64_t word = pa_load_le64(stream + 8 * i), sign = 0 - (word & 1);
        uint64_t size = 0;
        for (size_t k = 0; k < PA_HE_GAUSSIAN_TAILS; k++) {
            size += ((word >> 1) - pa_he_gaussian_tails[k]) >> 63; /* both are below 2^63 */
        }
        out[i] += (int64_t)(((size ^ sign) - sign) << shift);
    }
}

const struct pa_he_sampler pa_he_sampler_portable = {
    .uniform = uniform, .ternary = ternary, .error = error, .gaussian = gaussian};
