/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^256 - 2^32 - 977 on a device, one lane: csrc/field/field.h's interface for csrc/curve's formulas.
 *
 * Limbs are the device's: five of 52 bits where it has products of 64 bits (a CPU), else ten of 26 (a GPU). Encodings are
 * big-endian. */
#ifndef PYACCEL_KERNEL_SECP256K1_H
#define PYACCEL_KERNEL_SECP256K1_H

#include "row.h"

#define FE_BITS 256

#if WORDS_OF_64_BITS
#include "secp256k1_limbs64.h"
#else
#include "secp256k1_limbs32.h"
#endif

#include "one_lane.h"

/* Whether a number of eight words is below p: above are only those whose words 2 .. 7 are all ones. */
DEVICE_FUNCTION mask words_below_p(const uint word[8])
{
    uint ones = 0xffffffffu;
    UNROLL
    for (int i = 2; i < 8; i++) {
        ones &= word[i];
    }
    return !(ones == 0xffffffffu && (word[1] == 0xffffffffu || (word[1] == 0xfffffffeu && word[0] >= 0xfffffc2fu)));
}

DEVICE_FUNCTION void fe_from_rows(fe *r, GLOBAL const uchar *const rows[LANES], mask *ok)
{
    uint word[8];
    load_words(word, (GLOBAL const row *)rows[0]);
    turn_words(word);
    *ok = words_below_p(word);
    fe_unpack(r, word);
}

DEVICE_FUNCTION void fe_to_rows(GLOBAL uchar *const rows[LANES], const fe *a)
{
    uint word[8];
    fe_canonical(word, a);
    turn_words(word);
    store_words((GLOBAL row *)rows[0], word);
}

#include "../../csrc/field/secp256k1_chains.h"

#endif
