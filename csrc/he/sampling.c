/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds and streams. */
#include <string.h>

#include "../core/known.h"
#include "chacha20.h"
#include "sampler.h"
#include "sampling.h"

/* Bytes of a stream at a time: few enough to stay in the first cache, and what lanes make in whole groups. */
#define CHUNK 4096u
typedef struct {
    _Alignas(64) uint8_t bytes[CHUNK];
    pa_chacha20_state state;
} reader;

static void begin(reader *from, const pa_he_stream *stream)
{
    const uint32_t nonce[3] = {stream->purpose, stream->item,
                               stream->digit | (uint32_t)stream->row << 16};
    pa_chacha20_begin(&from->state, stream->seed, nonce);
}

/* The next bytes of the stream, `wanted` of them or CHUNK at most; returns how many, a multiple of the block. */
static size_t next(reader *from, size_t wanted, const pa_he_source *source)
{
    const size_t count =
        wanted >= CHUNK ? CHUNK / PA_CHACHA20_BLOCK : (wanted - 1) / PA_CHACHA20_BLOCK + 1;
    source->chacha20->blocks(from->bytes, &from->state, count);
    from->state.word[PA_CHACHA20_COUNTER] += (uint32_t)count;
    return PA_CHACHA20_BLOCK * count;
}

/* The key lies in registers that lanes spill, too. */
static void end(reader *from)
{
    pa_wipe(from, sizeof *from);
    pa_wipe_stack();
}

pa_he_source pa_he_source_bound(void)
{
    pa_count(PA_FAMILY_CHACHA20);
    pa_count(PA_FAMILY_HE_SAMPLER);
    return (pa_he_source){.chacha20 = pa_bound(PA_FAMILY_CHACHA20),
                          .sampler = pa_bound(PA_FAMILY_HE_SAMPLER)};
}

pyaccel_status pa_he_draw(pa_he_seeds *seeds, const pyaccel_he_options *options)
{
    _Static_assert(sizeof(pa_he_seeds) == PA_CHACHA20_BLOCK, "a block is both seeds");
    static const uint32_t nonce[3] = {0};
    const pa_he_source source = pa_he_source_bound();
    uint8_t master[32];
    pa_chacha20_state state;
    if (options != NULL && options->insecure_test_seed != NULL) {
        memcpy(master, options->insecure_test_seed, sizeof master);
    } else if (!pa_draw(master, sizeof master, true)) {
        pa_wipe(seeds, sizeof *seeds);
        return PYACCEL_INTERNAL;
    }
    pa_chacha20_begin(&state, master, nonce);
    source.chacha20->blocks((uint8_t *)seeds, &state, 1);
    PA_KNOWN(seeds->published, sizeof seeds->published);
    pa_wipe(master, sizeof master);
    pa_wipe(&state, sizeof state);
    pa_wipe_stack();
    return PYACCEL_OK;
}

void pa_he_uniform(uint64_t *out, size_t n, const pa_he_modulus *modulus,
                   const pa_he_stream *stream, const pa_he_source *source)
{
    reader from;
    begin(&from, stream);
    for (size_t have = 0; have < n;) {
        const size_t bytes = next(&from, (n - have) * sizeof *out, source);
        have += source->sampler->uniform(out + have, n - have, from.bytes, bytes / sizeof *out,
                                         modulus->q, modulus->bits);
    }
}

void pa_he_ternary(int32_t *out, size_t n, const pa_he_stream *stream, const pa_he_source *source)
{
    reader from;
    begin(&from, stream);
    for (size_t have = 0; have < n;) {
        const size_t bytes = next(&from, n - have, source);
        have += source->sampler->ternary(out + have, n - have, from.bytes, bytes);
    }
    end(&from);
}

void pa_he_error(int32_t *out, size_t n, const pa_he_stream *stream, const pa_he_source *source)
{
    reader from;
    begin(&from, stream);
    for (size_t have = 0; have < n;) {
        const size_t words = next(&from, (n - have) * 8, source) / 8;
        source->sampler->error(out + have, from.bytes, words);
        have += words;
    }
    end(&from);
}

void pa_he_gaussian(int64_t *low, int64_t *high, size_t n, unsigned bits,
                    const pa_he_stream *stream, const pa_he_source *source)
{
    reader from;
    begin(&from, stream);
    memset(low, 0, n * sizeof *low);
    memset(high, 0, n * sizeof *high);
    /* Blocks are of 8 words, and n is a multiple of that. */
    for (unsigned i = 0; i + 1 < bits; i++) {
        const bool coarse = i >= PA_HE_FLOOD_SPLIT;
        int64_t *out = coarse ? high : low;
        for (size_t have = 0; have < n;) {
            const size_t words = next(&from, (n - have) * 8, source) / 8;
            source->sampler->gaussian(out + have, from.bytes, words,
                                      coarse ? i - PA_HE_FLOOD_SPLIT : i);
            have += words;
        }
    }
    end(&from);
}
