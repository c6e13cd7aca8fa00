/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of combs (ed25519_comb.h says what they are), and those of the base point's. Before: a field header. */
#ifndef PA_ED25519_COMB_DIGITS_H
#define PA_ED25519_COMB_DIGITS_H

#include <stdint.h>

#include "../tables/edwards25519_comb.h"
#include "ed25519.h"

#define BASE_COMB_COLUMNS (EDWARDS_BASE_COMB_SPACING / EDWARDS_BASE_COMB_BLOCKS)
#define COMB_MAX_SPACING 32
#define COMB_MAX_TEETH 10

_Static_assert(EDWARDS_BASE_COMB_TEETH *EDWARDS_BASE_COMB_SPACING >= 254,
               "s + l fits the comb of B");
_Static_assert(EDWARDS_BASE_COMB_SPACING <= COMB_MAX_SPACING, "a tooth is read as 32 bits");

/* ---- digits --------------------------------------------------------------------------------- */

/* For every column, the entry of each lane and the lanes in which it is to be negated. */
typedef struct {
    uint32_t entry[LANES][COMB_MAX_SPACING];
    uint32_t negative[COMB_MAX_SPACING];
} comb_digits;

/* Digits of one lane's odd number below 2^(teeth spacing): digit n is + where bit n of
 * (number >> 1) + 2^(teeth spacing - 1) is set. The loop over columns has a constant length, for
 * vectors; columns past the spacing mean nothing. */
static inline void comb_recode(comb_digits *digits, int lane, const uint64_t number[5], int teeth,
                               int spacing, int columns)
{
    uint32_t tooth[COMB_MAX_TEETH];
    for (int i = 0; i < teeth; i++) {
        const int at = i * spacing + 1, word = at / 64, shift = at % 64;
        uint64_t bits = number[word] >> shift;
        if (shift > 32 && word < 4) {
            bits |= number[word + 1] << (64 - shift);
        }
        tooth[i] = (uint32_t)bits;
    }
    tooth[teeth - 1] |= UINT32_C(1) << (spacing - 1);
    const uint32_t signs = ~tooth[teeth - 1], low = (1u << (teeth - 1)) - 1;
    for (int j = 0; j < COMB_MAX_SPACING; j++) {
        uint32_t entry = 0;
        for (int i = 0; i < teeth - 1; i++) {
            entry |= (tooth[i] >> j & 1u) << i;
        }
        const uint32_t negative = signs >> j & 1u;
        const uint32_t block = (uint32_t)(j / columns) << (teeth - 1);
        digits->entry[lane][j] = block + (entry ^ ((0u - negative) & low));
        digits->negative[j] |= negative << lane;
    }
}

/* Those of s; negative[] is 0 before the first lane. */
static inline void comb_of_base(comb_digits *digits, int lane, const pa_ed25519_scalar *s)
{
    uint64_t number[5];
    pa_ed25519_scalar_odd(number, s);
    number[4] = 0;
    comb_recode(digits, lane, number, EDWARDS_BASE_COMB_TEETH, EDWARDS_BASE_COMB_SPACING,
                BASE_COMB_COLUMNS);
}

#endif
