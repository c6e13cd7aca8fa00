/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of 254 or 255 bits, an element in four 64-bit words, in Montgomery form (times 2^256), below the modulus.
 *
 * Defined by the includer: MODULUS, four words from the least significant; MODULUS_INVERSE, -1 / p mod 2^64;
 * MODULUS_SQUARE, 2^512 mod p. The modulus's top word is below 2^63 - 1, so that a row of the product with its reduction
 * carries into no fifth word. */
#ifndef PA_FIELD_MONTGOMERY256_H
#define PA_FIELD_MONTGOMERY256_H

#include "words.h"

typedef struct {
    uint64_t word[4];
} fe256;

static const uint64_t fe256_modulus[4] = {MODULUS};
static const fe256 fe256_square = {{MODULUS_SQUARE}};

#define FE256_FN static inline __attribute__((always_inline))

/* x, or x - p where that is not negative; x < 2 p. */
FE256_FN fe256 fe256_reduce_once(fe256 x)
{
    fe256 less;
    unsigned char borrow = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 d = (pa_u128)x.word[i] - fe256_modulus[i] - borrow;
        less.word[i] = (uint64_t)d;
        borrow = (unsigned char)(d >> 64) & 1;
    }
    const uint64_t keep = 0 - (uint64_t)borrow;
    for (int i = 0; i < 4; i++) {
        less.word[i] ^= keep & (x.word[i] ^ less.word[i]);
    }
    return less;
}

FE256_FN fe256 fe256_add(fe256 a, fe256 b)
{
    pa_u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (pa_u128)a.word[i] + b.word[i];
        a.word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return fe256_reduce_once(a);
}

/* a b / 2^256 mod p, row by row: the product of a word of b is reduced by a word before the next one comes. */
FE256_FN fe256 fe256_mul(fe256 a, fe256 b)
{
    uint64_t t[4] = {0};
    for (int i = 0; i < 4; i++) {
        pa_u128 sum = (pa_u128)a.word[0] * b.word[i] + t[0];
        const uint64_t m = (uint64_t)sum * MODULUS_INVERSE;
        pa_u128 cleared = (pa_u128)m * fe256_modulus[0] + (uint64_t)sum;
        for (int j = 1; j < 4; j++) {
            sum = (pa_u128)a.word[j] * b.word[i] + t[j] + (uint64_t)(sum >> 64);
            cleared = (pa_u128)m * fe256_modulus[j] + (uint64_t)sum + (uint64_t)(cleared >> 64);
            t[j - 1] = (uint64_t)cleared;
        }
        t[3] = (uint64_t)(sum >> 64) + (uint64_t)(cleared >> 64);
    }
    return fe256_reduce_once((fe256){{t[0], t[1], t[2], t[3]}});
}

#endif
