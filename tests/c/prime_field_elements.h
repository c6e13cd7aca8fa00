/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of the field that FIELD names, lane by lane: as limbs, as numbers of reference256.h, lazy and laziest. */
#ifndef PA_TEST_PRIME_FIELD_ELEMENTS_H
#define PA_TEST_PRIME_FIELD_ELEMENTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "reference256.h"

#include FIELD

#ifdef FE_LIMBS /* a device's */
typedef fe_limb limb_word;
#define FE_LIMB_MAX(m, i) ((limb_word)(m) * FE_LIMB_BOUND(i))
#else
typedef uint64_t limb_word;
#endif

/* Vectors of up to eight lanes lie limb by limb, several of them group by group. */
#define LIMBS ((int)(sizeof(fe) / LANES / sizeof(limb_word)))
#define GROUP (LANES < 8 ? LANES : 8)
#if defined(FE_LIMB_BITS) && !defined(FE_LIMBS)
#define RADIX FE_LIMB_BITS
#else
#define RADIX (LIMBS == 10 ? 26 : LIMBS == 9 ? 29 : LIMBS == 5 ? 52 : 64)
#endif
typedef struct {
    limb_word limb[sizeof(fe) / LANES / sizeof(limb_word)];
} one;

static limb_word *word_at(limb_word *memory, int lane, int i)
{
    return memory + (lane / GROUP * LIMBS + i) * GROUP + lane % GROUP;
}

static one lane_of(const fe *a, int lane)
{
    limb_word memory[sizeof(fe) / sizeof(limb_word)];
    one r;
    memcpy(memory, a, sizeof memory);
    for (int i = 0; i < LIMBS; i++) {
        r.limb[i] = *word_at(memory, lane, i);
    }
    return r;
}

static fe of_lanes(const one lanes[LANES])
{
    limb_word memory[sizeof(fe) / sizeof(limb_word)];
    fe r;
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < LIMBS; i++) {
            *word_at(memory, lane, i) = lanes[lane].limb[i];
        }
    }
    memcpy(&r, memory, sizeof memory);
    return r;
}

/* The number that the limbs of a lane are, modulo p. */
static number limbs_of(const fe *a, int lane)
{
    const one limbs = lane_of(a, lane);
    number sum = {{0}};
    for (int i = LIMBS - 1; i >= 0; i--) {
        const uint64_t words[NUMBER_WORDS / 2] = {limbs.limb[i]};
        const number limb = number_from_words(words);
        for (int bit = 0; bit < RADIX; bit++) {
            sum = mod_add(&sum, &sum, &prime);
        }
        sum = mod_add(&sum, &limb, &prime);
    }
    return sum;
}

#ifdef FE_HAS_FORM
/* 2^bits, of either sign, modulo p. */
static number power_of_two(int bits)
{
    number r = number_of(1);
    for (int i = 0; i < abs(bits); i++) {
        r = mod_add(&r, &r, &prime);
    }
    return bits < 0 ? mod_inverse(&r, &prime) : r;
}
#endif

/* The number that a lane stands for, modulo p: without a form of the field's own the limbs', read from them alone. */
static number value_of(const fe *a, int lane)
{
    const number limbs = limbs_of(a, lane);
#ifdef FE_HAS_FORM
    static number unit;
    static bool known;
    if (!known) {
        unit = power_of_two(-FE_FORM_BITS);
        known = true;
    }
    return mod_mul(&limbs, &unit, &prime);
#else
    return limbs;
#endif
}

#if NUMBER_WORDS == 8
#define TABLE_BITS 260 /* of generated tables: x 2^TABLE_BITS */
#define SET_WORDS(r, w) fe_set_words(r, (w)[0], (w)[1], (w)[2], (w)[3])
#else
#define TABLE_BITS 384
#define SET_WORDS(r, w) fe_set_words(r, (w)[0], (w)[1], (w)[2], (w)[3], (w)[4], (w)[5])
#endif

static bool is_value(const fe *a, int lane, const number *expected)
{
    const number value = value_of(a, lane);
    return number_equal(&value, expected);
}

static bool has_magnitude(const fe *a, int lane, int m)
{
    const one limbs = lane_of(a, lane);
    for (int i = 0; i < LIMBS; i++) {
        if (limbs.limb[i] > FE_LIMB_MAX(m, i)) {
            return false;
        }
    }
    return true;
}

/* Of magnitude m, and that number in every lane. */
static bool is_number(const fe *a, const number expected[LANES], int m)
{
    for (int lane = 0; lane < LANES; lane++) {
        if (!is_value(a, lane, &expected[lane]) || !has_magnitude(a, lane, m)) {
            return false;
        }
    }
    return true;
}

static bool is_product(const fe *a, const number expected[LANES])
{
    return is_number(a, expected, 1);
}

static uint64_t pick(uint64_t largest)
{
    switch (random_word() % 6) {
    case 0:
        return 0;
    case 1:
        return largest;
    case 2:
        return largest - 1;
    case 3:
        return 1;
    default:
        return largest == UINT64_MAX ? random_word() : random_word() % (largest + 1);
    }
}

/* An element of magnitude m whose limbs favour their bounds. */
static fe lazy(int m)
{
    one lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < LIMBS; i++) {
            lanes[lane].limb[i] = (limb_word)pick(FE_LIMB_MAX(m, i));
        }
    }
    return of_lanes(lanes);
}

/* In every lane. */
static fe largest(int m)
{
    one lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < LIMBS; i++) {
            lanes[lane].limb[i] = FE_LIMB_MAX(m, i);
        }
    }
    return of_lanes(lanes);
}

static void values_of(number values[LANES], const fe *a)
{
    for (int lane = 0; lane < LANES; lane++) {
        values[lane] = value_of(a, lane);
    }
}

#endif
