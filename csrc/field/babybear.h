/* SPDX-License-Identifier: Apache-2.0 */
/* BabyBear, p = 15 2^27 + 1: one element in a 32-bit word, in Montgomery form (times 2^32), below p. */
#ifndef PA_FIELD_BABYBEAR_H
#define PA_FIELD_BABYBEAR_H

#include <stdint.h>

#define BABYBEAR_P 0x78000001u
#define BABYBEAR_INVERSE 0x88000001u /* 1 / p mod 2^32 */
#define BABYBEAR_SQUARE 0x45dddde3u  /* 2^64 mod p */

static inline uint32_t babybear_add(uint32_t a, uint32_t b)
{
    const uint32_t sum = a + b;
    const uint32_t less = sum - BABYBEAR_P;
    return less < sum ? less : sum; /* no smaller where it went below 0 */
}

/* a b / 2^32: a multiple of p is subtracted that has the same low half. */
static inline uint32_t babybear_mul(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    const uint64_t multiple = (uint64_t)((uint32_t)product * BABYBEAR_INVERSE) * BABYBEAR_P;
    const uint32_t difference = (uint32_t)(product >> 32) - (uint32_t)(multiple >> 32);
    const uint32_t more = difference + BABYBEAR_P;
    return difference < more ? difference : more;
}

#endif
