/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and digits of SM2 on a device: u1 = s, u2 = t = r + s, and the abscissa to be met r - e, all modulo n. */
#include "sm2_curve.h"

#define MODULUS_WORD ORDER_WORD
#define MODULUS_SQUARE_WORD ORDER_SQUARE_WORD
#define MODULUS_INVERSE ORDER_INVERSE
#include "../field/montgomery.h"

#include "weierstrass_scalars.h"

/* digits[i] = those of s and t, v[i] = r - e, plain, of signature i; reasons[i] = RANGE, unless it says something already, where r
 * or s is out of range or t is 0.
 * Shapes: digits n x DIGIT_WORDS words; v n rows; reasons n bytes; raw n x 64 bytes; e: n numbers of 32 bytes, big-endian, any.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void sm2_scalars(GLOBAL uint *digits, GLOBAL row *v, GLOBAL uchar *reasons, GLOBAL const row *raw, GLOBAL const row *e,
                        uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    number r, s, t, digest;
    uint good = take_signature(&r, &s, raw + 2 * (ulong)i, 0);
    number_load(&digest, e + i);
    turn_words(digest.w);
    number_reduce_once(&digest, digest.w, 0); /* n is above 2^255 */
    if (!good) {
        number_set_int(&r, 1);
        s = r;
    }
    number_add(&t, &r, &s);
    good &= !number_is_zero(&t);
    if (!good) {
        reasons[i] = reasons[i] == REASON_NONE ? (uchar)REASON_RANGE : reasons[i];
    }
    number_sub(&r, &r, &digest);
    number_store(v + i, &r);
    store_scalar_digits(digits + DIGIT_WORDS * (ulong)i + BASE_SCALAR, &s);
    store_scalar_digits(digits + DIGIT_WORDS * (ulong)i + KEY_SCALAR, &t);
}

/* rows[i] = what ZA of key i is the SM3 of: the identity's bits in two bytes, the identity, a, b, G, the key.
 * Shapes: rows n x stride bytes, 2 + size + 192 of each and then zeros; identity size bytes; numbers 128 bytes, big-endian; keys n x 64
 * bytes, x and y.
 * NDRange: n rounded up to the local size, local size 64, 32 registers. */
KERNEL void sm2_identities(GLOBAL uchar *rows, GLOBAL const uchar *identity, uint size, GLOBAL const uchar *numbers,
                           GLOBAL const uchar *keys, uint stride, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL uchar *to = rows + stride * (ulong)i;
    to[0] = (uchar)(8 * size >> 8);
    to[1] = (uchar)(8 * size);
    for (uint j = 0; j < size; j++) {
        to[2 + j] = identity[j];
    }
    to += 2 + size;
    for (uint j = 0; j < 128; j++) {
        to[j] = numbers[j];
    }
    for (uint j = 0; j < 64; j++) {
        to[128 + j] = keys[64 * (ulong)i + j];
    }
    for (uint j = 2 + size + 192; j < stride; j++) { /* a last word is read whole */
        rows[stride * (ulong)i + j] = 0;
    }
}
