/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19 on a device, one lane: csrc/field/field.h's interface for csrc/curve's formulas.
 *
 * Limbs are the device's: five of 51 bits where it has products of 64 bits (a CPU), else ten of 26 and 25 (a GPU). Encodings
 * are little-endian. */
#ifndef PYACCEL_KERNEL_FE25519_H
#define PYACCEL_KERNEL_FE25519_H

#include "row.h"

#define FE_BITS 255
#define FE_FOLD(i) ((i) == 0 ? 19u : 0u)

#if WORDS_OF_64_BITS
#include "fe25519_limbs64.h"
#else
#include "fe25519_limbs32.h"
#endif

#include "one_lane.h"

DEVICE_FUNCTION void fe_from_rows(fe *r, GLOBAL const uchar *const rows[LANES], mask *ok)
{
    uint word[8], ones = 0xffffffffu;
    load_words(word, (GLOBAL const row *)rows[0]);
    UNROLL
    for (int i = 0; i < 8; i++) {
        word[i] = little_endian(word[i]);
        ones &= i == 0 || i == 7 ? 0xffffffffu : word[i];
    }
    word[7] &= 0x7fffffffu;
    *ok = !(word[7] == 0x7fffffffu && ones == 0xffffffffu && word[0] >= 0xffffffedu);
    fe_unpack(r, word);
}

DEVICE_FUNCTION void fe_to_rows(GLOBAL uchar *const rows[LANES], const fe *a)
{
    uint word[8];
    fe_canonical(word, a);
    UNROLL
    for (int i = 0; i < 8; i++) {
        word[i] = little_endian(word[i]);
    }
    store_words((GLOBAL row *)rows[0], word);
}

#include "../../csrc/field/fe25519_chains.h"

#endif
