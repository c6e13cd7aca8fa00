/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the AVX-512 IFMA variant share: its table, and the order of its rows. */
#ifndef PA_HE_NTT_AVX512IFMA_H
#define PA_HE_NTT_AVX512IFMA_H

#include "words_avx512ifma.h"

/* Rows in NTT form: within each aligned block of 64 elements rows and columns of 8 x 8 are exchanged, A[64 k + 8 b + r] stands at
 * 64 k + 8 r + b (k even) or 64 k + 8 r + 7 - b (k odd): a vector holds one element each of eight sub-blocks of eight. N < 128:
 * canonical order.
 *
 * Table, w_m = psi^bitrev(m) (bitrev over log2 N bits), the layer of h nodes having w_h .. w_(2h - 1). A twiddle is the words
 * 2^52 - w and floor(w 2^52 / q):
 *   0            of 1 / N and -w_1 / N, as w itself, w 2^52 / q
 *   8            multiples of q that `fold` subtracts, for centres -2 .. 3: 16 words each
 *   104          twiddles w_m, m < N / 8 (N < 128: m < N): layers whose butterflies are 8 and more elements wide
 *   104 + N / 4  for each block k of 64 the last three layers, lane b (7 - b): w_(N/8 + 8k + b), w_(N/4 + 2(8k + b) + {0, 1}),
 *                w_(N/2 + 4(8k + b) + {0, 1, 2, 3}): seven pairs of vectors
 * The inverse reads the same table, from the end: the inverse of node i of h is -w_(2h - 1 - i). Block k then meets the lanes of a
 * block of the other parity, hence their order. */
#define BLOCK 64u
#define BLOCK_LOG 6u
#define TABLE_MULTIPLES 8u
#define TABLE_PAIRS 104u
#define BLOCK_TWIDDLES (14u * LANES)
#define MIN_LOG_DEGREE 7u /* of vector code */

/* Numbers are kept modulo 2^52, with whatever above, while it suffices that they lie within [0, 2^52): 4q or more. Each time a
 * range would grow beyond that, it is folded to [c q, c q + 2q), the centre c being chosen so that nothing later becomes
 * negative; and products come out at whatever centre is wanted, for nothing. So a butterfly needs no masks and no offsets.
 *   STRICT  q < 2^50: folds in each layer
 *   MEDIUM  q < 2^49: in each third (forward) or second (inverse)
 *   LAZY    q < 2^48 (forward), 2^47 (inverse): after up to seven or four
 *   FREE    q < 2^46: never (forward)
 * The first two subtract a multiple of q that is looked up by the upper bits, which leaves the multiplier alone. */
enum mode { STRICT, MEDIUM, LAZY, FREE };
#define STRICT_SHIFT 49
#define MEDIUM_SHIFT 48
#define LEAST_CENTRE (-2)
#define MOST_CENTRE 3
#define CENTRES (MOST_CENTRE - LEAST_CENTRE + 1)

/* Multiples of q, and minus a centre, in all lanes: what `fold` needs for it. */
typedef struct {
    vec multiples[2], minus;
} centre;

INLINE centre centre_at(int c, const pa_he_ntt *ntt)
{
    const pa_he_word *at = ntt->table + TABLE_MULTIPLES + 2 * LANES * (unsigned)(c - LEAST_CENTRE);
    const bool kept = c >= LEAST_CENTRE && c <= MOST_CENTRE;
    return (centre){.multiples = {kept ? load(at) : all(0), kept ? load(at + LANES) : all(0)},
                    .minus = all((uint64_t)-(int64_t)c)};
}

/* x of [0, 2^52), modulo 2^52, to [c q, c q + 2q), modulo 2^52. STRICT: less than q + 2^49 is left above c q. */
INLINE vec fold(vec x, const centre *c, enum mode mode, const prime *p)
{
    if (mode == STRICT) {
        return sub(x,
                   _mm512_permutexvar_epi64(_mm512_srli_epi64(x, STRICT_SHIFT), c->multiples[0]));
    }
    if (mode == MEDIUM) {
        return sub(x, _mm512_permutex2var_epi64(c->multiples[0], _mm512_srli_epi64(x, MEDIUM_SHIFT),
                                                c->multiples[1]));
    }
    return low(x, high(c->minus, x, p->inverse), p->minus_q);
}

/* Twiddle i of a layer: two words for all lanes, or two vectors. */
typedef struct {
    vec minus_w, quotient;
} twiddle;

INLINE twiddle twiddle_at(const pa_he_word *table, size_t i, bool lanes)
{
    return lanes ? (twiddle){load(table + 2 * LANES * i), load(table + 2 * LANES * i + LANES)}
                 : (twiddle){all(table[2 * i]), all(table[2 * i + 1])};
}

#define PA_HE(verb) PA_PASTED(pa_he_##verb##_, PYACCEL_SUFFIX)

INLINE const pa_he_word *pairs_of(const pa_he_ntt *ntt)
{
    return ntt->table + TABLE_PAIRS;
}

INLINE const pa_he_word *vectors_of(const pa_he_ntt *ntt, size_t block)
{
    return ntt->table + TABLE_PAIRS + ((size_t)1 << (ntt->log_degree - 2)) + block * BLOCK_TWIDDLES;
}

size_t PA_HE(ntt_words)(unsigned log_degree);
void PA_HE(ntt_fill)(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                     unsigned log_degree);
void PA_HE(ntt_order)(uint32_t *position, unsigned log_degree);
void PA_HE(forward)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
void PA_HE(forward_within)(pa_he_word *const *rows, size_t count, const pa_he_around *around,
                           const pa_he_ntt *ntt);
void PA_HE(lift_row)(pa_he_word *out, const pa_he_lift *lift, size_t n);
void PA_HE(inverse)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
/* One row of N < 64. */
void PA_HE(forward_small)(pa_he_word *row, const pa_he_ntt *ntt);
void PA_HE(inverse_small)(pa_he_word *row, const pa_he_ntt *ntt);

size_t PA_HE(permute_words)(unsigned log_degree);
void PA_HE(permute_fill)(pa_he_word *table, const uint32_t *source, unsigned log_degree);
void PA_HE(permute)(pa_he_word *out, const pa_he_word *in, const pa_he_word *table, size_t n);

size_t PA_HE(conversion_bytes)(const pa_he_conversion *conversion);
void PA_HE(conversion_fill)(const pa_he_conversion *conversion);
void PA_HE(convert)(pa_he_word *const *out, const pa_he_word *const *in,
                    const pa_he_word *const *own, const pa_he_conversion *conversion, size_t n);

void PA_HE(lift_begin)(pa_he_word *const *rows, pa_he_word *excess, const pa_he_conversion *lift,
                       size_t n);

#endif
