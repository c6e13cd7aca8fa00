/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the Ed25519 scheme: scalars, decoded points, and the chunk of rows that a variant works
 * on. */
#ifndef PA_ED25519_H
#define PA_ED25519_H

#include "coefficients.h"
#include "verify.h"

/* ---- scalars modulo l = 2^252 + 27742317777372353535851937790883648493 (ed25519_scalar.c) --- */

/* Four words, least significant first. */
typedef struct {
    uint64_t word[4];
} pa_ed25519_scalar;

/* *r = the little-endian number of 32 bytes; returns whether it is below l. */
bool pa_ed25519_scalar_decode(pa_ed25519_scalar *r, const uint8_t bytes[32]);

/* *r = the little-endian number of 64 bytes, modulo l. Many at once: ed25519_scalar_lanes.h. */
void pa_ed25519_scalar_reduce(pa_ed25519_scalar *r, const uint8_t bytes[64]);

/* -a mod l. Before: a < l. */
void pa_ed25519_scalar_negate(pa_ed25519_scalar *r, const pa_ed25519_scalar *a);

/* A coefficient of a random linear combination: any nonzero number in [-2^127, 2^127), two's
 * complement, least significant word first. */
typedef pa_coefficient pa_ed25519_coefficient;

/* *r = z a modulo l. Before: a < l. */
void pa_ed25519_scalar_weigh(pa_ed25519_scalar *r, const pa_ed25519_coefficient *z,
                             const pa_ed25519_scalar *a);

/* *r = a + b modulo l. Before: a, b < l. */
void pa_ed25519_scalar_add(pa_ed25519_scalar *r, const pa_ed25519_scalar *a,
                           const pa_ed25519_scalar *b);

/* r = a, or a + l where a is even: odd, below 2^254. Before: a < l. */
void pa_ed25519_scalar_odd(uint64_t r[4], const pa_ed25519_scalar *a);

/* *r = a b modulo l. */
void pa_ed25519_scalar_multiply(pa_ed25519_scalar *r, const pa_ed25519_scalar *a,
                                const pa_ed25519_scalar *b);

/* k = u / v modulo 8 l: v k - u is a multiple of the order of the whole group. v is odd and below
 * 2^252, and negative where it says so (v is then its absolute value); u is below 2^253. But for
 * one k in a thousand both are below 2^132. (ed25519_halves.c) */
typedef struct {
    pa_ed25519_scalar u, v;
    bool negative;
} pa_ed25519_halves;

/* Before: k < l. */
void pa_ed25519_scalar_halve(pa_ed25519_halves *halves, const pa_ed25519_scalar *k);

/* a = sum of digits[i] 2^i, i < 256; nonzero digits are odd, below 2^(width - 1) in absolute
 * value, and at least width places apart. Before: a < 2^253, 2 <= width <= 8. */
void pa_ed25519_scalar_naf(int8_t digits[256], int width, const pa_ed25519_scalar *a);

/* ---- points --------------------------------------------------------------------------------- */

#define PA_ED25519_DECODES 1u   /* what zip215 asks of an encoding  */
#define PA_ED25519_CANONICAL 2u /* y < p, and no sign on x = 0      */

/* Whether the bytes, of which the sign bit does not count, are one of the 14 encodings of the 8
 * points whose order divides 8. (ed25519_rows.c) */
bool pa_ed25519_small_order(const uint8_t encoding[32]);

/* A decoded point: x, y and t = x y modulo p in words, least significant first (the `row` of
 * csrc/field). When encoding has no PA_ED25519_DECODES the coordinates mean nothing. */
typedef struct {
    uint64_t x[4], y[4], t[4];
    uint32_t encoding;
    uint32_t reserved[7];
} pa_ed25519_point;

/* A prepared key: its point, and its comb (ed25519_comb.h), which means nothing when the point does
 * not. Entries are y + x, y - x, 2 d x y; behind those of the blocks there are 0 and the point.
 * 24.3 KiB. */
#define PA_ED25519_COMB_TEETH 8
#define PA_ED25519_COMB_SPACING 32
#define PA_ED25519_COMB_BLOCKS 2
typedef struct {
    pa_ed25519_point point;
    uint64_t table[3 * ((PA_ED25519_COMB_BLOCKS << (PA_ED25519_COMB_TEETH - 1)) + 2)][4];
} pa_ed25519_prepared;

/* [s]B - [k]A - R = 0, or 8 times that when cofactored, for one row. The variable-time path:
 * signed digits of A and R are sparse. Before: a and r decode; s, k < l. (ed25519_single.c) */
typedef bool pa_ed25519_single_fn(const pa_ed25519_point *a, const pa_ed25519_point *r,
                                  const pa_ed25519_scalar *s, const pa_ed25519_scalar *k,
                                  bool cofactored);
pa_ed25519_single_fn pa_ed25519_single_portable, pa_ed25519_single_adx;

/* What variants use whose CPUs have ADX. */
#if PYACCEL_WITH_ADX
#define PA_ED25519_SINGLE pa_ed25519_single_adx
#define PA_ED25519_COMB_SINGLE pa_ed25519_comb_adx
#else
#define PA_ED25519_SINGLE pa_ed25519_single_portable
#define PA_ED25519_COMB_SINGLE pa_ed25519_comb_portable
#endif

/* ---- coefficients --------------------------------------------------------------------------- */

/* Rows that one combination sums up at most. */
#define PA_ED25519_BATCH 1024

/* k and S of every such row, behind room for what the operating system draws; hashed as it lies in
 * memory. k depends on R, A and message, S is the rest. */
typedef struct {
    uint8_t drawn[PA_COEFFICIENTS_DRAWN];
    pa_ed25519_scalar scalars[PA_ED25519_BATCH][2];
} pa_ed25519_transcript;

_Static_assert(sizeof(pa_ed25519_transcript) == PA_COEFFICIENTS_DRAWN + PA_ED25519_BATCH * 64,
               "no padding");

/* Those of n rows; false when there are none. */
static inline bool pa_ed25519_coefficients(pa_ed25519_coefficient *z,
                                           pa_ed25519_transcript *transcript, uint64_t n)
{
    return pa_coefficients(z, n, transcript->drawn,
                           sizeof transcript->drawn + n * sizeof *transcript->scalars);
}

/* ---- chunks of rows (ed25519_rows.c) -------------------------------------------------------- */

#define PA_ED25519_CHUNK 64

/* Rows of a range: some batches. */
#define PA_ED25519_RANGE 4096

/* encoded: R || A, zeros where a length is wrong; k = SHA-512(R || A || M) mod l; key: that of a
 * prepared one, or the entry of `keys` that is to be decoded, here or in a chunk before; combed:
 * the encoding of [s]B - [k]A was made from the combs; proven: and is R; where it is not, the sum
 * is in `keys`. */
typedef struct {
    uint8_t reasons[PA_ED25519_CHUNK];
    uint8_t encoded[PA_ED25519_CHUNK][64];
    bool in_range[PA_ED25519_CHUNK]; /* S < l */
    bool combed[PA_ED25519_CHUNK], proven[PA_ED25519_CHUNK];
    pa_ed25519_scalar s[PA_ED25519_CHUNK], k[PA_ED25519_CHUNK];
    const pa_ed25519_point *key[PA_ED25519_CHUNK];
    pa_ed25519_point keys[PA_ED25519_CHUNK], r[PA_ED25519_CHUNK];
} pa_ed25519_chunk;

/* Fills all of chunk but k, keys, r, combed and proven for rows first .. first + n of job,
 * n <= PA_ED25519_CHUNK; reasons are LENGTH or NONE; digests[i] = SHA-512(R || A || M). OK, or INVALID_ARGUMENT (a bad offset or key index), or what the
 * hash room says. */
pyaccel_status pa_ed25519_chunk_read(pa_ed25519_chunk *chunk, uint8_t digests[PA_ED25519_CHUNK][64],
                                     const pa_verify_job *job, uint64_t first, uint64_t n);

/* Tries the rows that have a prepared key which decodes and an S in range: combed[i], proven[i] and
 * keys[i] as the chunk has them. What variants of one lane do for fewer rows than a group of lanes
 * is worth. (ed25519_comb.h) */
typedef void pa_ed25519_comb_fn(pa_ed25519_chunk *chunk, unsigned int n);
pa_ed25519_comb_fn pa_ed25519_comb_portable, pa_ed25519_comb_adx;

/* After decoding: sets the reasons KEY, ENCODING and RANGE under rule, and lists the rows that
 * still have none: live[j], j < the returned number. */
unsigned int pa_ed25519_chunk_judge(unsigned int live[PA_ED25519_CHUNK], pa_ed25519_chunk *chunk,
                                    uint32_t rule, uint64_t n);

#endif
