/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions and AVX2, or AVX-512VL, for many messages of one block and the padding's: rounds of four messages
 * while vectors make the words of the next four. FIPS 180-4.
 *
 * Floor: 64 SHA256RNDS2 a message at one a cycle (Zen 3, Zen 4). What keeps shani-x4 from it, 109 cycles, is SHA256MSG2: two
 * cycles each, and it stands in the way of SHA256RNDS2. On Zen 4 so do rotations, ternary logic and operations of 512 bits;
 * additions, shifts, shuffles and logic of 256 bits go beside it, two each cycle, and from AVX2's to legacy encodings there is no
 * penalty. Reached there, in the kernel, cycles a message, 8, 16 and 32 a call (gcc 12): AVX2 103, 91 and 85, AVX-512VL, whose
 * rotations still are less than three operations, 93, 84 and 78; clang 14 with AVX2 87 at 32. Words of the first four, 200
 * cycles a call, have no rounds beside them. A block whose words stand beside no shared block takes 61 to 69, no less than without
 * vectors. On Zen 3 each turn from vectors to rounds costs some 340 cycles (upper halves of registers): there costs measured at
 * first use leave this aside. Lines of the next call's messages, fetched among the rounds, save 3 % of a million messages.
 * Tried and lost: words of 16 messages in ZMM, 105 and more; words in registers as gcc assigns them, 137 against 80, so their place
 * is memory but for the newest; constants from a table of whole vectors, no difference; words before the rounds of a step in place
 * of after, 1 % better with AVX2, 3 % worse with AVX-512VL; the second half in a loop of eight steps, 4 % with AVX2 (2 % less with
 * AVX-512VL, which has it), everything in loops of four, 1 to 3 %; the digest's block of messages hashed twice behind these, as
 * shani-x4 makes it: 1000 messages 12 % less with AVX2 and 2 % with AVX-512VL, but 8 and 16 up to 18 % more than measured costs
 * say. The first call after other code takes some 90 ns more than the kernel in a loop, which menu.c counts in part; a plan that
 * measured it, by one call after another item's, was 10 % better at 8 messages, 10 % worse at 32 and 64. The time beside
 * the kernel (menu.c) hangs on details, in steps of 30 to 90 ns a call that a loop of calls to the kernel alone does not show. Lost by
 * such: digests of the last four to memory of their own where lanes idle, or there by branches (three times the time with AVX2) or to
 * places that such lanes share. */
#include <string.h>

#define STREAMS 4
#include "sha256_shani.h"

#ifndef NAME
#define NAME pa_sha256_lanes_shani_x32
#endif
#define LANES 32

/* Of the second half: as long as the code of a whole small tree stays among what is kept of decoded instructions, or not (16
 * chunks of form ssz, Zen 4: 474 and 594 ns). */
#ifdef __AVX512VL__
#define STEPS_TOGETHER
#else
#define STEPS_TOGETHER _Pragma("GCC unroll 2")
#endif

#define PAIRS 32 /* of words, in the schedule of one block */

/* Between rounds and words: gcc would move all of one kind together. */
#define IN_ORDER __asm__ volatile("" : : : "memory")

/* The schedule of one block of four messages as it is made: a vector holds a pair, two words of each message, so that SHA256RNDS2
 * finds what it wants in memory and nothing is transposed. The last eight pairs are kept beside these, in memory, pair p in
 * word[p mod 8]: with an array in it gcc would keep all of it there. */
typedef struct {
    __m256i newest; /* pair p + 7 where extend() makes pair p + 8 ... */
    __m256i sum;    /* ... and s0(pair p) + pair p + 4                */
} pairs;

/* A value in a register, of which the compiler knows nothing: no ternary operations, which go through the pipe of SHA256RNDS2. */
INLINE __m256i opaque(__m256i x)
{
    __asm__("" : "+x"(x));
    return x;
}

#define XOR _mm256_xor_si256
#define SUM _mm256_add_epi32
#ifdef __AVX512VL__
#define ROTATED _mm256_ror_epi32
#else
#define ROTATED(x, n) XOR(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#endif
#define SMALL_SIGMA(x, first, second, shift)                                                       \
    XOR(opaque(XOR(ROTATED(x, first), ROTATED(x, second))), _mm256_srli_epi32(x, shift))

/* wk[p] = words of pair p with their constants. */
INLINE void put_pair(__m256i wk[PAIRS], unsigned p, __m256i words)
{
    uint64_t constants;
    memcpy(&constants, pa_sha256_constants + 2 * p, sizeof constants);
    _mm256_store_si256(wk + p, SUM(words, _mm256_set1_epi64x((long long)constants)));
}

INLINE __m256i two_quarters(const uint8_t *low, const uint8_t *high)
{
    const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)low);
    const __m128i second = _mm_loadu_si128((const __m128i *)(const void *)high);
    return _mm256_set_m128i(big_endian(second), big_endian(first));
}

/* Quarter q of the blocks at data[0] ... data[3]: pairs 2 q and 2 q + 1. */
INLINE void load_quarter(pairs *x, __m256i word[8], __m256i wk[PAIRS], const uint8_t *const *data,
                         unsigned q)
{
    const __m256i even = two_quarters(data[0] + 16 * q, data[2] + 16 * q);
    const __m256i odd = two_quarters(data[1] + 16 * q, data[3] + 16 * q);
    word[2 * q] = _mm256_unpacklo_epi64(even, odd);
    word[2 * q + 1] = x->newest = _mm256_unpackhi_epi64(even, odd);
    put_pair(wk, 2 * q, word[2 * q]);
    put_pair(wk, 2 * q + 1, word[2 * q + 1]);
}

INLINE __m256i next_sum(const __m256i word[8], unsigned p)
{
    const __m256i own = opaque(word[p & 7]);
    return SUM(SMALL_SIGMA(own, 7, 18, 3), word[(p + 4) & 7]);
}

/* Pair p + 8, p < 24: pair p, the sum moved on by a word, and s1 of the pair before. */
INLINE void extend(pairs *x, __m256i word[8], __m256i wk[PAIRS], unsigned p)
{
    const __m256i next = next_sum(word, p + 1);
    const __m256i moved = _mm256_shuffle_epi32(_mm256_blend_epi32(next, x->sum, 0xaa), 0xb1);
    const __m256i s1 = SMALL_SIGMA(x->newest, 17, 19, 10);
    x->newest = SUM(SUM(moved, word[p & 7]), s1);
    word[p & 7] = x->newest;
    __asm__("" : "+m"(word[p & 7])); /* its place is memory */
    x->sum = next;
    put_pair(wk, p + 8, x->newest);
}

INLINE __m128i two_words(const void *at)
{
    return _mm_loadl_epi64((const __m128i *)at);
}

/* Rounds 4 t ... 4 t + 3 of a block of each message. */
INLINE void own_rounds(states *x, const __m256i wk[PAIRS], unsigned t)
{
    const uint8_t *at = (const uint8_t *)(wk + 2 * t);
#define TWO(l) x->cdgh[l] = _mm_sha256rnds2_epu32(x->cdgh[l], x->abef[l], two_words(at + 8 * (l)));
#define MORE(l)                                                                                    \
    x->abef[l] = _mm_sha256rnds2_epu32(x->abef[l], x->cdgh[l], two_words(at + 32 + 8 * (l)));
    EACH(TWO)
    EACH(MORE)
#undef MORE
#undef TWO
}

/* The same of the block that all share. */
INLINE void shared_rounds(states *x, const uint32_t *schedule, unsigned t)
{
    __m128i wk = two_words(schedule + 4 * t);
#define TWO(l) x->cdgh[l] = _mm_sha256rnds2_epu32(x->cdgh[l], x->abef[l], wk);
#define MORE(l) x->abef[l] = _mm_sha256rnds2_epu32(x->abef[l], x->cdgh[l], wk);
    EACH(TWO)
    wk = two_words(schedule + 4 * t + 2);
    EACH(MORE)
#undef MORE
#undef TWO
}

/* Messages of one whole block and the shared one, `fours` times four of them. */
__attribute__((noinline)) static void hash_brief(uint8_t *digests, const pa_hash_shape *shape,
                                                 const uint8_t *const *data, unsigned fours)
{
    __m256i wk[2][PAIRS], word[8];
    pairs next;
    states initial;
    const pa_hash_ahead ahead = pa_hash_blocks_ahead(data, 0, 1, STREAMS * fours, 64, shape->next);
    _mm256_zeroupper();
    load_states(&initial, shape->initial->word, 0);
#define LOAD(q) load_quarter(&next, word, wk[0], data, q);
    PA_FOUR(LOAD)
#undef LOAD
    next.sum = next_sum(word, 0);
    for (unsigned p = 0; p < 24; p += 8) {
#define EXTEND(i) extend(&next, word, wk[0], p + (i));
        PA_EIGHT(EXTEND)
#undef EXTEND
    }
    for (unsigned four = 0; four < fours; four++, digests += STREAMS * 32) {
        const __m256i *own = wk[four & 1];
        __m256i *made = wk[~four & 1];
        /* Two forms, as gcc 12 makes of either 30 to 90 ns more a call with the other one's instructions. */
#ifdef __AVX512VL__
        const uint8_t *const *then = data + STREAMS * (four + 1 < fours ? four + 1 : four);
#else
        if (four + 1 == fours) {
            data -= STREAMS;
        }
        const uint8_t *const *then = data + STREAMS * (four + 1);
#endif
        states x = initial;
#define LOAD(q)                                                                                    \
    own_rounds(&x, own, 2 * (q));                                                                  \
    IN_ORDER;                                                                                      \
    load_quarter(&next, word, made, then, q);                                                      \
    IN_ORDER;                                                                                      \
    own_rounds(&x, own, 2 * (q) + 1);                                                              \
    IN_ORDER;
        PA_FOUR(LOAD)
#undef LOAD
        next.sum = next_sum(word, 0);
#define EXTEND(i)                                                                                  \
    own_rounds(&x, own, 8 + (i));                                                                  \
    IN_ORDER;                                                                                      \
    extend(&next, word, made, i);                                                                  \
    IN_ORDER;
        PA_EIGHT(EXTEND)
#undef EXTEND
        add_states(&x, &initial);
        const states middle = x;
        STEPS_TOGETHER
        for (unsigned t = 0; t < 16; t += 8) {
            const uint32_t *schedule = shape->schedule + 4 * t;
            const uint8_t *const *lane = ahead.lane + STREAMS * four + t / 4;
#define EXTEND(i)                                                                                  \
    shared_rounds(&x, schedule, i);                                                                \
    if ((i) % 4 == 0) {                                                                            \
        __builtin_prefetch(lane[(i) / 4] + ahead.at);                                              \
    }                                                                                              \
    IN_ORDER;                                                                                      \
    extend(&next, word, made, 8 + t + (i));                                                        \
    IN_ORDER;
            PA_EIGHT(EXTEND)
#undef EXTEND
        }
        add_states(&x, &middle);
        store_states(digests, &x, true);
    }
}

/* Brief messages as above; whatever else is asked for four by four, as shani-x4 does it. */
static void hash_fours(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                       const uint8_t *const *tails)
{
    const unsigned fours = (LANES - shape->idle) / STREAMS;
    if (shape->whole == 1 && shape->staged == 0 && shape->schedule && !shape->again) {
        hash_brief(digests, shape, data, fours);
        return;
    }
    for (unsigned l = 0; l < STREAMS * fours; l += STREAMS) {
        hash_messages(digests + l * 32, shape, data ? data + l : NULL, tails ? tails + l : NULL);
    }
}

/* Words of the state of lane l. */
#define LANE(state, l) ((uint32_t *)(state) + 8 * (l))

static void absorb_all_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    for (unsigned l = 0; l < LANES; l += STREAMS) {
        absorb_blocks(LANE(state, l), data + l, count);
    }
}

static void absorb_all_shared(void *state, const uint32_t *schedule)
{
    for (unsigned l = 0; l < LANES; l += STREAMS) {
        absorb_shared(LANE(state, l), schedule);
    }
}

static void store_all_digests(uint8_t *digests, const void *state)
{
    for (unsigned l = 0; l < LANES; l += STREAMS) {
        store_digests(digests + l * 32, (const uint32_t *)state + 8 * l);
    }
}

const struct pa_hash_lanes NAME = {
    .blocks = absorb_all_blocks,
    .schedule = pa_sha256_schedule,
    .shared = absorb_all_shared,
    .store = store_all_digests,
    .messages = hash_fours,
    .idle_unit = STREAMS,
    .fetches = true,
    .lanes = LANES,
    .stored = 32,
    .cost = 270 * LANES / STREAMS,
    .by_lane = true,
    .brief = true,
    .leaves = true,
};
