/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, STREAMS messages side by side. FIPS 180-4; Intel SDM volume 2, SHA256RNDS2, SHA256MSG1,
 * SHA256MSG2.
 *
 * Defined by the includer: STREAMS, 1 to 4; KERNEL, the table's name, or nothing where it has tables of its own.
 *
 * SHA256RNDS2 takes 4 cycles, and 32 of them a block depend on one another: 128 cycles for one message, whatever the core.
 * Streams fill the unit meanwhile. Floors and measurements: sha256_shani_x4.c.
 * Zen 4, 1 MiB in one stream: 2.00 cycles a byte, OpenSSL 3.0's 2.02; the schedule after the rounds, constants from memory, and
 * prefetching 1 to 4 KiB ahead into any level make no difference.
 * Every entry begins with VZEROUPPER: these instructions have no VEX form, and each costs some 340 cycles on Zen 3 while the
 * upper half of any register is in use. */
#include <immintrin.h>

#include "kernel.h"

#if STREAMS == 1
#define EACH(f) f(0)
#elif STREAMS == 2
#define EACH(f) f(0) f(1)
#elif STREAMS == 3
#define EACH(f) f(0) f(1) f(2)
#elif STREAMS == 4
#define EACH(f) f(0) f(1) f(2) f(3)
#endif

#define INLINE static inline __attribute__((always_inline))

/* The states as the instructions want them, words from the highest lane down. */
typedef struct {
    __m128i abef[STREAMS], cdgh[STREAMS];
} states;

INLINE __m128i big_endian(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* words: 8 of stream l at words + l * step. */
INLINE void load_states(states *x, const uint32_t *words, size_t step){
#define LOAD(l)                                                                                    \
    {                                                                                              \
        const __m128i *at = (const __m128i *)(const void *)(words + (l) * step);                   \
        __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(at), 0xb1);                               \
        __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(at + 1), 0x1b);                           \
        x->abef[l] = _mm_alignr_epi8(cdab, efgh, 8);                                               \
        x->cdgh[l] = _mm_blend_epi16(efgh, cdab, 0xf0);                                            \
    }
    EACH(LOAD)
#undef LOAD
}

/* The first four words of each stream, and the last. */
INLINE void state_words(__m128i first[STREAMS], __m128i last[STREAMS], const states *x){
#define WORDS(l)                                                                                   \
    {                                                                                              \
        __m128i feba = _mm_shuffle_epi32(x->abef[l], 0x1b);                                        \
        __m128i dchg = _mm_shuffle_epi32(x->cdgh[l], 0xb1);                                        \
        first[l] = _mm_blend_epi16(feba, dchg, 0xf0);                                              \
        last[l] = _mm_alignr_epi8(dchg, feba, 8);                                                  \
    }
    EACH(WORDS)
#undef WORDS
}

/* Native words, or the bytes of digests. */
INLINE void store_states(void *to, const states *x, bool bytes)
{
    __m128i first[STREAMS], last[STREAMS];
    state_words(first, last, x);
#define STORE(l)                                                                                   \
    {                                                                                              \
        __m128i *at = (__m128i *)to + 2 * (l);                                                     \
        _mm_storeu_si128(at, bytes ? big_endian(first[l]) : first[l]);                             \
        _mm_storeu_si128(at + 1, bytes ? big_endian(last[l]) : last[l]);                           \
    }
    EACH(STORE)
#undef STORE
}

/* Rounds t .. t + 3 of every stream, over its words w. */
INLINE void four_rounds(states *x, const __m128i w[STREAMS], const uint32_t *constants)
{
    const __m128i k = _mm_loadu_si128((const __m128i *)(const void *)constants);
#define ROUNDS(l)                                                                                  \
    {                                                                                              \
        __m128i wk = _mm_add_epi32(w[l], k);                                                       \
        x->cdgh[l] = _mm_sha256rnds2_epu32(x->cdgh[l], x->abef[l], wk);                            \
        x->abef[l] = _mm_sha256rnds2_epu32(x->abef[l], x->cdgh[l], _mm_shuffle_epi32(wk, 0x0e));   \
    }
    EACH(ROUNDS)
#undef ROUNDS
}

/* w0 = W_t .. W_t+3 of every stream from the 16 words before, oldest first. */
INLINE void next_words(__m128i w0[STREAMS], const __m128i w1[STREAMS], const __m128i w2[STREAMS],
                       const __m128i w3[STREAMS]){
#define NEXT(l)                                                                                    \
    {                                                                                              \
        __m128i middle = _mm_alignr_epi8(w3[l], w2[l], 4);                                         \
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0[l], w1[l]), middle);                   \
        w0[l] = _mm_sha256msg2_epu32(sum, w3[l]);                                                  \
    }
    EACH(NEXT)
#undef NEXT
}

INLINE void add_states(states *x, const states *y){
#define ADD(l)                                                                                     \
    x->abef[l] = _mm_add_epi32(x->abef[l], y->abef[l]);                                            \
    x->cdgh[l] = _mm_add_epi32(x->cdgh[l], y->cdgh[l]);
    EACH(ADD)
#undef ADD
}

/* One block of every stream, its words w0 to w3, which are overwritten. */
INLINE void compress_words(states *x, __m128i w0[STREAMS], __m128i w1[STREAMS], __m128i w2[STREAMS],
                           __m128i w3[STREAMS])
{
    const states before = *x;
    const uint32_t *k = pa_sha256_constants;
    for (; k < pa_sha256_constants + 48; k += 16) {
        four_rounds(x, w0, k);
        next_words(w0, w1, w2, w3);
        four_rounds(x, w1, k + 4);
        next_words(w1, w2, w3, w0);
        four_rounds(x, w2, k + 8);
        next_words(w2, w3, w0, w1);
        four_rounds(x, w3, k + 12);
        next_words(w3, w0, w1, w2);
    }
    four_rounds(x, w0, k);
    four_rounds(x, w1, k + 4);
    four_rounds(x, w2, k + 8);
    four_rounds(x, w3, k + 12);
    add_states(x, &before);
}

/* One block of every stream, at data[l] + offset. */
INLINE void compress(states *x, const uint8_t *const *data, uint64_t offset)
{
    __m128i w0[STREAMS], w1[STREAMS], w2[STREAMS], w3[STREAMS];
#define LOAD(l)                                                                                    \
    {                                                                                              \
        const __m128i *at = (const __m128i *)(const void *)(data[l] + offset);                     \
        w0[l] = big_endian(_mm_loadu_si128(at));                                                   \
        w1[l] = big_endian(_mm_loadu_si128(at + 1));                                               \
        w2[l] = big_endian(_mm_loadu_si128(at + 2));                                               \
        w3[l] = big_endian(_mm_loadu_si128(at + 3));                                               \
    }
    EACH(LOAD)
#undef LOAD
    compress_words(x, w0, w1, w2, w3);
}

/* The hash of the digest that stands in x: its 32 bytes, the bit after them, their length of 256 bits. */
INLINE void hash_digests(states *x, const pa_hash_state *initial)
{
    __m128i w0[STREAMS], w1[STREAMS], w2[STREAMS], w3[STREAMS];
    state_words(w0, w1, x);
#define PAD(l)                                                                                     \
    w2[l] = _mm_set_epi32(0, 0, 0, INT32_MIN);                                                     \
    w3[l] = _mm_set_epi32(256, 0, 0, 0);
    EACH(PAD)
#undef PAD
    load_states(x, initial->word, 0);
    compress_words(x, w0, w1, w2, w3);
}

/* One block that every stream shares: no schedule, and the constants are in it. */
INLINE void compress_shared(states *x, const uint32_t *schedule)
{
    const states before = *x;
    for (unsigned t = 0; t < 64; t += 8) {
        const __m128i *at = (const __m128i *)(const void *)(schedule + t);
        __m128i first = _mm_loadu_si128(at), second = _mm_loadu_si128(at + 1);
#define TWO(l) x->cdgh[l] = _mm_sha256rnds2_epu32(x->cdgh[l], x->abef[l], wk);
#define MORE(l) x->abef[l] = _mm_sha256rnds2_epu32(x->abef[l], x->cdgh[l], wk);
        __m128i wk = first;
        EACH(TWO)
        wk = _mm_shuffle_epi32(first, 0x0e);
        EACH(MORE)
        wk = second;
        EACH(TWO)
        wk = _mm_shuffle_epi32(second, 0x0e);
        EACH(MORE)
#undef MORE
#undef TWO
    }
    add_states(x, &before);
}

/* state: 8 words a stream. Time depends on count alone. */
static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    _mm256_zeroupper();
    states x;
    load_states(&x, state, 8);
    for (uint64_t block = 0; block < count; block++) {
        compress(&x, data, 64 * block);
    }
    store_states(state, &x, false);
}

static void absorb_shared(void *state, const uint32_t *schedule)
{
    _mm256_zeroupper();
    states x;
    load_states(&x, state, 8);
    compress_shared(&x, schedule);
    store_states(state, &x, false);
}

static void store_digests(uint8_t *digests, const void *state)
{
    _mm256_zeroupper();
    states x;
    load_states(&x, state, 8);
    store_states(digests, &x, true);
}

/* Brings a line of each stream into the cache. */
INLINE void fetch(pa_hash_ahead ahead)
{
#define FETCH(l) __builtin_prefetch(ahead.lane[l] + ahead.at);
    EACH(FETCH)
#undef FETCH
}

static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    _mm256_zeroupper();
    states x;
    const uint8_t *const *where = data;
    uint64_t left = shape->whole, more = shape->staged, offset = 0, block = 0;
    load_states(&x, shape->initial->word, 0);
    for (;;) {
        if (left == 0) {
            if (more == 0) {
                break;
            }
            where = tails;
            left = more;
            more = offset = 0;
        }
        if (where == data || shape->next == PA_HASH_FAR) {
            fetch(pa_hash_blocks_ahead(data, block, shape->whole, STREAMS, 64, shape->next));
        }
        compress(&x, where, offset);
        offset += 64;
        block++;
        left--;
    }
    if (shape->schedule != NULL) {
        compress_shared(&x, shape->schedule);
    }
    if (shape->again != NULL) {
        hash_digests(&x, shape->again);
    }
    store_states(digests, &x, true);
}

#ifdef KERNEL
const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .schedule = pa_sha256_schedule,
    .shared = absorb_shared,
    .store = store_digests,
    .messages = hash_messages,
    .fetches = true,
    .lanes = STREAMS,
    .stored = 32,
    .cost = STREAMS == 1   ? 128
            : STREAMS == 2 ? 160
            : STREAMS == 3 ? 210
                           : 270,
    .by_lane = true,
};
#endif
