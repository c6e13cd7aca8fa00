/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 on a device: points of encodings, and the equation of a signature, exactly, one signature a work item.
 * The scalars come from ed25519_scalars.cl. */
#include "../field/fe25519.h"

#include "../../csrc/curve/edwards25519_constants.h"
#include "../../csrc/curve/edwards25519_formulas.h"
#include "reasons.h"

/* What an encoding is: pyaccel/backends/device_ed25519.py has the same numbers. */
#define DECODES 1u
#define CANONICAL 2u
#define LARGE_ORDER 4u

#define DIGITS 51
/* Of the windows over the multiples 0 B .. 512 B of the base point. */
#define BASE_WINDOW 10
#define BASE_DIGITS 26

/* p = rows x, y and t = x y. */
DEVICE_FUNCTION void load_point(edwards_point *p, GLOBAL const row *rows)
{
    GLOBAL const row *at[LANES];
    at[0] = rows;
    fe_gather(&p->x, at);
    at[0] = rows + 1;
    fe_gather(&p->y, at);
    at[0] = rows + 2;
    fe_gather(&p->t, at);
    fe_set_int(&p->z, 1);
}

/* points[i] = x, y, x y of encoding i, what[i] = DECODES, CANONICAL and, asked for, LARGE_ORDER, where it is so.
 * Shapes: points n x 3 rows of 32 bytes; what n bytes; encoded: of each signature 96 bytes, R, A and S, of which encoding
 * 2 j is R and 2 j + 1 is A; n is twice the number of signatures.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Work: 254 squarings, 19 products; 24 more for the order. */
KERNEL void ed25519_decode(GLOBAL row *points, GLOBAL uchar *what, GLOBAL const uchar *encoded, uint orders, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uchar *from[LANES];
    GLOBAL row *to[LANES];
    edwards_point p;
    mask decodes, canonical;
    from[0] = encoded + 96 * (ulong)(i / 2) + 32 * (i % 2);
    edwards_decode(&p, from, &decodes, &canonical);
    to[0] = points + 3 * (ulong)i;
    fe_scatter(to, &p.x);
    to[0]++;
    fe_scatter(to, &p.y);
    to[0]++;
    fe_scatter(to, &p.t);
    uint found = (decodes ? DECODES : 0) | (canonical ? CANONICAL : 0);
    if (orders) {
        NO_UNROLL
        for (int k = 0; k < 3; k++) {
            edwards_double(&p, &p, 0);
        }
        found |= edwards_is_identity(&p) ? 0 : LARGE_ORDER;
    }
    what[i] = (uchar)found;
}

/* Digit `at` of a scalar that ed25519_scalars left, in windows of `width` bits, of which window `last` is the last. */
DEVICE_FUNCTION int scalar_digit(GLOBAL const uint *recoded, uint at, uint width, uint last)
{
    const uint word = width * at / 32, shift = width * at % 32;
    uint bits = recoded[word] >> shift;
    if (shift + width > 32 && word < 7) {
        bits |= recoded[word + 1] << (32 - shift);
    }
    bits &= (1u << width) - 1;
    return (int)bits - (at == last ? 0 : 1 << (width - 1));
}

/* sum = [s]B - [k]A in one chain of 250 doublings; every 5 of them an addition from the table of -A, every 10 one from
 * that of B, the same for all work items. */
DEVICE_FUNCTION void multiply_add(edwards_point *sum, GLOBAL row *table, GLOBAL const row *a,
                                  GLOBAL const uint *scalars, GLOBAL const row *base)
{
    GLOBAL row *tables[LANES];
    GLOBAL const row *entries[LANES];
    edwards_cached term;
    uint index[LANES];
    tables[0] = table;
    load_point(sum, a);
    edwards_neg(sum, sum);
    edwards_table(tables, sum);
    edwards_identity(sum);
    NO_UNROLL
    for (int at = DIGITS - 1; at >= 0; at--) {
        NO_UNROLL
        for (int j = 0; j < EDWARDS_WINDOW; j++) {
            edwards_double(sum, sum, j == EDWARDS_WINDOW - 1);
        }
        int digit = scalar_digit(scalars, (uint)at, EDWARDS_WINDOW, DIGITS - 1);
        index[0] = (uint)(digit < 0 ? -digit : digit);
        entries[0] = table;
        edwards_lookup(&term, entries, index, mask_from_bits(digit < 0));
        edwards_add(sum, sum, &term, at % 2 == 0);
        if (at % 2 == 0) {
            digit = scalar_digit(scalars + 8, (uint)at / 2, BASE_WINDOW, BASE_DIGITS - 1);
            index[0] = (uint)(digit < 0 ? -digit : digit);
            entries[0] = base;
            edwards_lookup_affine(&term, entries, index, mask_from_bits(digit < 0));
            edwards_add_affine(sum, sum, &term, at == 0);
        }
    }
}

/* reasons[i] = why signature i is not valid, 0 where it is; on the way in RANGE where its S is too large.
 * [S]B = R + [k]A, or 8 times that where cofactored, of an A with all of key_flags and an R with all of r_flags.
 * Shapes: reasons n bytes; tables n x 68 rows of 32 bytes, scratch; points n x 2 x 3 rows and what n x 2 bytes, of
 * ed25519_decode; scalars n x 16 words, of ed25519_scalars; base: 513 x 3 rows, k B as y + x, y - x, 2 d x y.
 * NDRange: n rounded up to the local size, local size 64, 208 registers.
 * Work: 250 (3 M + 4 S) + 51 9 M + 26 7 M + 16 9 M for the table = 1550 M + 1000 S; with ed25519_decode for two points
 * 1590 M + 1510 S. In limbs of 26 bits an M is 100 products of 32 x 32 bits added to 64 and 60 operations more, an S 55 and
 * 50: 240,000 products and 170,000 operations a signature, 45,000 more for sums and selections; of the products an H100
 * does 32 a cycle in each of 132 multiprocessors, so that they bind: 8,000 cycles, 30 million signatures a second. The
 * tables' 2 KiB written and 9 KiB read stay far below its memory.
 * On that H100 12.6 million signatures a second, 2^17 at once; what stands between is not known: 168 registers at most
 * (maxrregcount) found no end of building in half a minute. On one Zen 5 core a signature takes 38 us with Intel's runtime, 86
 * with PoCL.
 * Tried: products put in place (CALLED_INLINE) take 168 registers and not 206, but 44 s to build and not 4 with NVRTC; 5 s
 * and not 2 with Intel's runtime, where a signature then takes 31 us. Limbs of 26 bits on that core: 60 and 115 us. */
KERNEL void ed25519_equations(GLOBAL uchar *reasons, GLOBAL row *tables, GLOBAL const row *points,
                              GLOBAL const uchar *what, GLOBAL const uint *scalars, GLOBAL const row *base,
                              uint key_flags, uint r_flags, uint cofactored, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    uint reason = reasons[i];
    if ((what[2 * (ulong)i + 1] & key_flags) != key_flags) {
        reason = REASON_KEY;
    } else if ((what[2 * (ulong)i] & r_flags) != r_flags) {
        reason = REASON_ENCODING;
    }
    if (reason == REASON_NONE) {
        edwards_point sum, r;
        GLOBAL const row *of = points + 6 * (ulong)i;
        multiply_add(&sum, tables + EDWARDS_TABLE_ROWS * (ulong)i, of + 3, scalars + 16 * (ulong)i, base);
        load_point(&r, of);
        reason = edwards_agree(&sum, &r, (int)cofactored) ? REASON_NONE : REASON_EQUATION;
    }
    reasons[i] = (uchar)reason;
}
