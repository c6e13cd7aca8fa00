/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the transforms in AVX-512 IFMA, transforms of degree below 128, word by word, and automorphisms in NTT form. */
#include <string.h>

#include "ntt_avx512ifma.h"

size_t PA_HE(ntt_words)(unsigned log_degree)
{
    return TABLE_PAIRS + ((size_t)2 << log_degree);
}

static void put(pa_he_word *at, size_t step, uint64_t w, uint64_t q)
{
    const unsigned __int128 shifted = (unsigned __int128)w << 52;
    at[0] = (pa_he_word)(shifted / q);
    at[step] = (pa_he_word)((shifted % q << 52) / q);
}

/* w_m into its vector: layer of 2^layer twiddles to each of 8 sub-blocks of a block, layer 0 .. 2. */
static void put_lane(pa_he_word *vectors, uint32_t m, unsigned layer, uint64_t w, uint64_t q)
{
    const uint32_t block = m >> (3 + layer), lane = (m >> layer & 7) ^ (block % 2 != 0 ? 7 : 0);
    const uint32_t vector = (1u << layer) - 1 + (m & ((1u << layer) - 1));
    pa_he_word *at = vectors + (size_t)block * BLOCK_TWIDDLES + vector * 2 * LANES + lane;
    put(at, LANES, w, q);
}

/* Entry i: what is subtracted from x of i 2^shift and more. */
static void put_multiples(pa_he_word *out, uint64_t q, unsigned bits)
{
    for (uint64_t i = 0; i < 2 * LANES; i++) {
        *out++ = mode_of(bits) == STRICT ? ((i << STRICT_SHIFT) / q - STRICT_CENTRE) * q
                                         : ((i << LAZY_SHIFT) / q - LAZY_CENTRE) * q;
    }
}

void PA_HE(ntt_fill)(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                     unsigned log_degree)
{
    const uint64_t q = modulus->q;
    const uint32_t degree = UINT32_C(1) << log_degree;
    const uint32_t paired = log_degree < MIN_LOG_DEGREE ? degree : degree / 8;
    pa_he_word *pairs = table + TABLE_PAIRS, *vectors = pairs + degree / 4;
    uint64_t power = 1;
    for (uint32_t e = 0; e < degree; e++) {
        const uint32_t m = pa_he_bitrev(e, log_degree);
        if (m < paired) {
            put(pairs + 2 * (size_t)m, 1, power, q);
        } else {
            const unsigned layer = m < degree / 4 ? 0 : m < degree / 2 ? 1 : 2;
            put_lane(vectors, m - (degree / 8 << layer), layer, power, q);
        }
        power = pa_he_mul_mod(power, psi, modulus);
    }
    const uint64_t scale = pa_he_inv_mod(degree % q, modulus);
    put(table + TABLE_SCALE, 1, scale, q);
    put(table + TABLE_LAST, 1,
        pa_he_mul_mod(scale, pa_he_pow_mod(psi, degree / 2, modulus), modulus), q);
    put(table + TABLE_ONE, 1, 1, q);
    table[6] = table[7] = 0;
    put_multiples(table + TABLE_MULTIPLES, q, modulus->bits);
}

void PA_HE(ntt_order)(uint32_t *position, unsigned log_degree)
{
    for (uint32_t j = 0; j < UINT32_C(1) << log_degree; j++) {
        const uint32_t lane = (j >> 3 & 7) ^ (j / BLOCK % 2 != 0 ? 7 : 0);
        position[j] = log_degree < MIN_LOG_DEGREE ? j : (j & ~63u) | (j & 7) << 3 | lane;
    }
}

/* ---- degrees below 128 --------------------------------------------------------------------------------------------- */

/* x modulo m, x < 2m, without a branch. */
static uint64_t once(uint64_t x, uint64_t m)
{
    const uint64_t r = x - m;
    return r + (m & (0 - (r >> 63)));
}

/* x w modulo q, x < 2^52. */
static uint64_t times_pair(uint64_t x, const pa_he_word *pair, uint64_t q)
{
    const uint64_t fraction = x * pair[0] + (uint64_t)((unsigned __int128)x * pair[1] >> 52) + 2;
    return (uint64_t)((unsigned __int128)(fraction & MASK52) * q >> 52);
}

void PA_HE(forward_small)(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const size_t degree = (size_t)1 << ntt->log_degree;
    for (size_t nodes = 1, half = degree / 2; half >= 1; nodes *= 2, half /= 2) {
        for (size_t i = 0; i < degree / 2; i++) {
            pa_he_word *x = row + i / half * 2 * half + i % half, *y = x + half;
            const uint64_t t = times_pair(*y, pairs_of(ntt) + 2 * (nodes + i / half), q);
            *y = once(*x + q - t, q);
            *x = once(*x + t, q);
        }
    }
}

void PA_HE(inverse_small)(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const size_t degree = (size_t)1 << ntt->log_degree;
    for (size_t nodes = degree / 2, half = 1; nodes >= 1; nodes /= 2, half *= 2) {
        for (size_t i = 0; i < degree / 2; i++) {
            pa_he_word *x = row + i / half * 2 * half + i % half, *y = x + half;
            const uint64_t difference = *y + q - *x;
            *x = once(*x + *y, q);
            *y = times_pair(difference, pairs_of(ntt) + 2 * (2 * nodes - 1 - i / half), q);
        }
    }
    for (size_t i = 0; i < degree; i++) {
        row[i] = times_pair(row[i], ntt->table + TABLE_SCALE, q);
    }
}

/* ---- automorphisms ------------------------------------------------------------------------------------------------
 *
 * A[j] belongs to the exponent 2e + 1, e = bitrev(j), and comes from e' = g e + (g - 1) / 2 modulo N. The three uppermost bits of e
 * are k = bitrev(r), r the vector within a block; the other bits fix block and lane. So a block comes from one block, lane b from
 * one lane, the same for all r, and k from g k + c_b modulo 8, where the carry c_b is the lane's own: eight vpermq, and
 * three layers of blends that rotate each lane by c_b / g. */

/* Table: word 0, g modulo 8; from word 8 two words a block: the lanes' sources, a byte each; the block's source in 32 bits, and a
 * byte for each bit of the rotation, of all lanes. N < 128: sources, two a word. */
#define HEAD 8u
typedef uint32_t __attribute__((may_alias)) source_index;

size_t PA_HE(permute_words)(unsigned log_degree)
{
    return log_degree < MIN_LOG_DEGREE ? (size_t)1 << (log_degree - 1)
                                       : HEAD + ((size_t)2 << (log_degree - BLOCK_LOG));
}

static const unsigned char reversed3[8] = {0, 4, 2, 6, 1, 5, 3, 7};

/* k of a position */
static unsigned k_of(uint32_t position)
{
    return reversed3[position >> 3 & 7];
}

void PA_HE(permute_fill)(pa_he_word *table, const uint32_t *source, unsigned log_degree)
{
    if (log_degree < MIN_LOG_DEGREE) {
        memcpy(table, source, sizeof *source << log_degree);
        return;
    }
    const unsigned g = (k_of(source[4 * LANES]) - k_of(source[0])) & 7; /* k = 1, k = 0 */
    memset(table, 0, PA_HE(permute_words)(log_degree) * sizeof *table);
    table[0] = g;
    for (size_t block = 0; block < (size_t)1 << (log_degree - BLOCK_LOG); block++) {
        pa_he_word *entry = table + HEAD + 2 * block;
        const uint32_t *from = source + block * BLOCK;
        entry[1] = from[0] / BLOCK;
        for (unsigned lane = 0; lane < LANES; lane++) {
            const unsigned turn = g * k_of(from[lane]) & 7; /* g g = 1 modulo 8 */
            entry[0] |= (uint64_t)(from[lane] & 7) << 8 * lane;
            for (unsigned bit = 0; bit < 3; bit++) {
                entry[1] |= (uint64_t)(turn >> bit & 1) << (32 + 8 * bit + lane);
            }
        }
    }
}

void PA_HE(permute)(pa_he_word *out, const pa_he_word *in, const pa_he_word *table, size_t n)
{
    if (n < (size_t)1 << MIN_LOG_DEGREE) {
        const source_index *source = (const source_index *)table;
        for (size_t i = 0; i < n; i++) {
            out[i] = in[source[i]];
        }
        return;
    }
    size_t offsets[8];
    for (unsigned k = 0; k < 8; k++) {
        offsets[k] = reversed3[table[0] * k & 7] * LANES;
    }
    for (size_t block = 0; block < n / BLOCK; block++) {
        const uint64_t lanes = table[HEAD + 2 * block], where = table[HEAD + 2 * block + 1];
        const vec source = _mm512_cvtepu8_epi64(_mm_cvtsi64_si128((long long)lanes));
        const pa_he_word *from = in + (where & UINT32_MAX) * BLOCK;
        vec v[8], t[8];
        UNROLL for (unsigned k = 0; k < 8; k++)
        {
            v[k] = _mm512_permutexvar_epi64(source, load(from + offsets[k]));
        }
        UNROLL for (unsigned bit = 0; bit < 3; bit++)
        {
            const __mmask8 turned = (__mmask8)(where >> (32 + 8 * bit));
            UNROLL for (unsigned k = 0; k < 8; k++)
            {
                t[k] = _mm512_mask_blend_epi64(turned, v[k], v[(k + (1u << bit)) % 8]);
            }
            UNROLL for (unsigned k = 0; k < 8; k++)
            {
                v[k] = t[k];
            }
        }
        UNROLL for (unsigned k = 0; k < 8; k++)
        {
            store(out + block * BLOCK + reversed3[k] * LANES, v[k]);
        }
    }
}
