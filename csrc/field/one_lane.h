/* SPDX-License-Identifier: Apache-2.0 */
/* What fields of one lane have alike, whatever their limbs are: of up to 256 bits, or of more where ROW_WORDS says so. Interface:
 * field.h.
 *
 * The field that includes it has defined fe and FE_LANE_WORDS, and defines what is declared here. */
#ifndef PA_FIELD_ONE_LANE_H
#define PA_FIELD_ONE_LANE_H

#include <string.h>

#include "field.h"
#include "row.h"
#include "words.h"

#define LANES 1
#define FE_BYTES (8 * ROW_WORDS)

typedef unsigned int mask; /* 0 or 1 */
typedef int fe_state;

/* word = a in [0, p), least significant word first; any magnitude. */
FE_FN void fe_canonical(uint64_t word[ROW_WORDS], const fe *a);

/* A number of so many words as it is, which in fields of a form of their own is another thing than fe_set_words. */
#ifdef FE_HAS_FORM
FE_FN void fe_place(fe *r, FE_WORDS);
#else
#define fe_place fe_set_words
#endif
FE_FN void fe_set_words(fe *r, FE_WORDS);
FE_FN void fe_carry(fe *r, const fe *a);
#ifndef FE_CALL
#define FE_CALL FE_FN
#endif
FE_CALL void fe_sqr(fe *r, const fe *a);
#ifdef FE_HAS_FORM
FE_FN void fe_leave(fe *r, const fe *a);
#endif

FE_FN fe_state fe_begin(void)
{
    return 0;
}

FE_FN void fe_end(fe_state state)
{
    (void)state;
}

FE_FN mask mask_and(mask a, mask b)
{
    return a & b;
}

FE_FN mask mask_or(mask a, mask b)
{
    return a | b;
}

FE_FN mask mask_not(mask a)
{
    return a ^ 1u;
}

FE_FN mask mask_from_bits(unsigned int bits)
{
    return bits & 1u;
}

FE_FN int mask_any(mask a)
{
    return a != 0;
}

FE_FN unsigned int mask_bits(mask a)
{
    return a;
}

FE_FN mask mask_word_is_zero(uint64_t a)
{
    return (mask)(((a | (0 - a)) >> 63) ^ 1);
}

FE_FN mask mask_row_bit(const unsigned char *const rows[LANES], int byte, int bit)
{
    return mask_from_bits((unsigned int)rows[0][byte] >> bit);
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    FE_ASSERT(n >= 1);
    fe_sqr(r, a);
    for (int i = 1; i < n; i++) {
        fe_sqr(r, r);
    }
}

FE_FN mask fe_is_odd(const fe *a)
{
    uint64_t word[ROW_WORDS];
#ifdef FE_HAS_FORM
    fe plain;
    fe_carry(&plain, a);
    fe_leave(&plain, &plain);
    a = &plain;
#endif
    fe_canonical(word, a);
    return (mask)(word[0] & 1);
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    uint64_t x[ROW_WORDS], y[ROW_WORDS], differences = 0;
    fe_canonical(x, a);
    fe_canonical(y, b);
    for (int i = 0; i < ROW_WORDS; i++) {
        differences |= x[i] ^ y[i];
    }
    return mask_word_is_zero(differences);
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    fe_place(r, FE_EACH_WORD(rows[0]->word));
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    fe_canonical(rows[0]->word, a);
}

_Static_assert(sizeof(fe) == 8 * FE_LANE_WORDS, "an element is what a lane of it is");

FE_FN void fe_broadcast(fe *r, const uint64_t *words)
{
    memcpy(r, words, sizeof *r);
}

FE_FN void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    memcpy(a, from[0], sizeof *a);
    memcpy(b, from[0] + FE_LANE_WORDS, sizeof *b);
    memcpy(c, from[0] + 2 * FE_LANE_WORDS, sizeof *c);
    memcpy(d, from[0] + 3 * FE_LANE_WORDS, sizeof *d);
}

FE_FN void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c,
                         const fe *d)
{
    memcpy(to[0], a, sizeof *a);
    memcpy(to[0] + FE_LANE_WORDS, b, sizeof *b);
    memcpy(to[0] + 2 * FE_LANE_WORDS, c, sizeof *c);
    memcpy(to[0] + 3 * FE_LANE_WORDS, d, sizeof *d);
}

#endif
