/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the AVX-512 IFMA variant share: its table, and the order of its rows. */
#ifndef PA_HE_NTT_AVX512IFMA_H
#define PA_HE_NTT_AVX512IFMA_H

#include "words_avx512ifma.h"

/* Rows in NTT form: within each aligned block of 64 elements rows and columns of 8 x 8 are exchanged, A[64 k + 8 b + r] stands at
 * 64 k + 8 r + b (k even) or 64 k + 8 r + 7 - b (k odd): a vector holds one element each of eight sub-blocks of eight. N < 128:
 * canonical order.
 *
 * Table, w_m = psi^bitrev(m) (bitrev over log2 N bits), the layer of h nodes having w_h .. w_(2h - 1). A twiddle is w / q in
 * 104 bits: floor(w 2^52 / q), and 52 bits more.
 *   0            of 1 / N, w_1 / N, and 1
 *   8            multiples of q that `fold` subtracts: 16 words
 *   24           twiddles w_m, m < N / 8 (N < 128: m < N): layers whose butterflies are 8 and more elements wide
 *   24 + N / 4   for each block k of 64 the last three layers, lane b (7 - b): w_(N/8 + 8k + b), w_(N/4 + 2(8k + b) + {0, 1}),
 *                w_(N/2 + 4(8k + b) + {0, 1, 2, 3}): seven pairs of vectors
 * The inverse reads the same table, from the end: the inverse of node i of h is -w_(2h - 1 - i). Block k then meets the lanes of a
 * block of the other parity, hence their order. */
#define BLOCK 64u
#define BLOCK_LOG 6u
#define TABLE_SCALE 0u
#define TABLE_LAST 2u
#define TABLE_ONE 4u
#define TABLE_MULTIPLES 8u
#define TABLE_PAIRS 24u
#define BLOCK_TWIDDLES (14u * LANES)
#define MIN_LOG_DEGREE 7u /* of vector code */

/* A product is taken by way of its fraction, x w / q modulo 1: with w / q in 104 bits, high and low,
 *   S = x high + floor(x low / 2^52)   is 2^52 (x w / q) modulo 2^52, less an error of [0, 2): what is cut off `low` makes less
 *                                      than x / 2^52 < 1 of it, the floor less than 1;
 *   floor(q (S + 2) / 2^52)            is x w modulo q exactly, as q (S + 2) / 2^52 is that plus (0, 2q / 2^52].
 * Three vpmadd52, as Shoup's has, but nothing is left to reduce, and nothing above bit 51. More than 2 may be added to S: 2^51 + 2, and
 * -(q - 1) / 2 to the floor, make the product balanced, in [-(q - 1) / 2, (q - 1) / 2]: floor(r + q / 2 + e), e < 1 / 2. Fractions add and
 * subtract modulo q by themselves; their errors add, and the floor is right while they are within (0, 2^52 / q]. */
typedef struct {
    vec high, low;
} twiddle;

/* Twiddle i of a layer: two words for all lanes, or two vectors. */
INLINE twiddle twiddle_at(const pa_he_word *table, size_t i, bool lanes)
{
    return lanes ? (twiddle){load(table + 2 * LANES * i), load(table + 2 * LANES * i + LANES)}
                 : (twiddle){all(table[2 * i]), all(table[2 * i + 1])};
}

/* 2^52 times the fraction of x w / q, modulo 2^52, less [0, 2), plus `more`; x < 2^52, modulo 2^52. */
INLINE vec fraction(vec x, twiddle w, vec more)
{
    return low(high(more, x, w.low), x, w.high);
}

/* q times a fraction, plus `more`. */
INLINE vec whole(vec fraction, vec more, vec q)
{
    return high(more, fraction, q);
}

/* How often numbers have to be reduced on the way, by the size of q. */
enum mode { STRICT, LAZY, FREE };
#define LAZY_BITS 49u
#define FREE_BITS 47u

INLINE enum mode mode_of(unsigned bits)
{
    return bits > LAZY_BITS ? STRICT : bits > FREE_BITS ? LAZY : FREE;
}

/* Vectors that a kernel works on at a time; a pass of fewer layers takes several columns. */
#define HELD 16u
#define HELD_LOG 4u

/* Butterflies go two by two: in the order of their operations they wait for each other least. */
#define SIDE_BY_SIDE 2u

/* Vector i of 2^k in `columns` of vectors each `stride` elements apart. */
INLINE size_t place_of(unsigned i, unsigned columns, size_t stride)
{
    return i / columns * stride + i % columns * LANES;
}

/* What the forward transform's `fold` looks up: by the bits from SHIFT on, a multiple of q less the centre. */
#define STRICT_SHIFT 49
#define LAZY_SHIFT 48
#define STRICT_CENTRE 1u
#define LAZY_CENTRE 3u
#define FREE_CENTRE 8u

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
