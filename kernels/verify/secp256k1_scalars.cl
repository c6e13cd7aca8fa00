/* SPDX-License-Identifier: Apache-2.0 */
/* What ECDSA on secp256k1 needs of a signature before its points: r and s, inverses modulo n, and the digits of u1 and u2:
 * z / s and r / s to verify it, -z / r and s / r to recover its key. */
#include "der.h"
#include "key_kinds.h"
#include "reasons.h"
#include "secp256k1_digits.h"

#define INVERT_ROWS invert_scalars
#define NUMBER scalar
#define NUMBER_LOAD scalar_load
#define NUMBER_STORE scalar_store
#define NUMBER_ONE scalar_one
#define NUMBER_MUL(r, a, b) (*(r) = scalar_product(*(a), *(b)))
#define NUMBER_INV scalar_inverse
#include "invert_rows.h"

/* raw[i] = r || s of signature i, reasons[i] = ENCODING where it is none, and then r = s = 0.
 * Shapes: raw n x 64 bytes; reasons n bytes; rows of signatures as in rows.h; lax: as Bitcoin once read them.
 * NDRange: n rounded up to the local size, local size 64, 40 registers.
 * Limit: about 72 bytes read one by one, a thousandth of what the points take. */
KERNEL void secp256k1_der(GLOBAL uchar *raw, GLOBAL uchar *reasons, ROWS, uint lax, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    GLOBAL const uchar *der = (GLOBAL const uchar *)m.data + m.start;
    GLOBAL uchar *out = raw + 64 * (ulong)i;
    const uint good = lax ? der_parse_lax(out, der, m.length) : der_parse(out, der, m.length);
    reasons[i] = (uchar)(good ? REASON_NONE : REASON_ENCODING);
    for (uint j = 0; j < 64 && !good; j++) {
        out[j] = 0;
    }
}

/* r and s of a signature; returned: 1 <= r, s < n, and s <= (n - 1) / 2 where low_s. */
DEVICE_FUNCTION uint take_signature(scalar *r, scalar *s, GLOBAL const row *raw, uint low_s)
{
    scalar ignored;
    scalar_load(r, raw);
    scalar_load(s, raw + 1);
    turn_words(r->w);
    turn_words(s->w);
    return scalar_less_order(&ignored, r) & scalar_less_order(&ignored, s) & !scalar_is_zero(r) & !scalar_is_zero(s) &
           !(low_s & scalar_is_high(s));
}

/* r[i] and inverses[i] = r and s of signature i, 1 in place of s where it can't be valid: reasons[i] is then RANGE, unless it
 * said something already.
 * Shapes: r, inverses n rows; reasons n bytes; raw n x 64 bytes.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void secp256k1_signatures(GLOBAL row *r, GLOBAL row *inverses, GLOBAL uchar *reasons, GLOBAL const row *raw,
                                 uint low_s, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    scalar a, b;
    if (!take_signature(&a, &b, raw + 2 * (ulong)i, low_s)) {
        scalar_one(&b);
        reasons[i] = reasons[i] == REASON_NONE ? (uchar)REASON_RANGE : reasons[i];
    }
    scalar_store(r + i, &a);
    scalar_store(inverses + i, &b);
}

/* s[i] and inverses[i] = s and r of signature i, encoded[i] and kinds[i] = the bytes of R as secp256k1_keys takes keys: its
 * abscissa is r, or r + n where the id has bit 1, its ordinate as odd as bit 0. Kind 0, and 1 in place of r, where there is
 * none: r, s or the id out of range, or r + n past 2^256.
 * Shapes: s, inverses n rows; encoded n x 64 bytes; kinds, ids n bytes; raw n x 64 bytes.
 * NDRange: n rounded up to the local size, local size 64, 48 registers. */
KERNEL void secp256k1_recoveries(GLOBAL row *s, GLOBAL row *inverses, GLOBAL row *encoded, GLOBAL uchar *kinds,
                                 GLOBAL const row *raw, GLOBAL const uchar *ids, uint low_s, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    scalar a, b, x;
    const uint id = ids[i];
    uint good = take_signature(&a, &b, raw + 2 * (ulong)i, low_s) & (id < 4);
    const uint past = scalar_add_order(&x, &a);
    good &= !(id >> 1 & past);
    UNROLL
    for (uint j = 0; j < 8; j++) {
        x.w[j] = id & 2 ? x.w[j] : a.w[j];
    }
    turn_words(x.w);
    scalar_store(encoded + 2 * (ulong)i, &x);
    scalar_store(encoded + 2 * (ulong)i + 1, &x); /* of no use, but not left as it was */
    kinds[i] = (uchar)(!good ? 0 : id & 1 ? KEY_ODD : KEY_EVEN);
    if (!good) {
        scalar_one(&a);
    }
    scalar_store(s + i, &b);
    scalar_store(inverses + i, &a);
}

/* values[j] = 1 / values[j] modulo n, for the n values, none of them 0; running: n rows of scratch.
 * NDRange: n rounded up to the local size, of which one in INVERT_GROUP works, local size 64, 80 registers.
 * Work: 340 products a group and 3 a value. */
KERNEL void secp256k1_invert_scalars(GLOBAL row *values, GLOBAL row *running, uint n)
{
    const uint i = global_id(), groups = (n + INVERT_GROUP - 1) / INVERT_GROUP;
    if (i < groups) {
        invert_scalars(values, running, i, groups, n);
    }
}

/* digits[i] = those of u1 = z / d and u2 = v / d (secp256k1_digits.h), of -u1 where `negative`.
 * Shapes: digits n x DIGIT_WORDS words; z: n digests of 32 bytes, big-endian, any; v, inverses (of d) n rows.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Work: 2 products modulo n, 192 of words for the split. */
KERNEL void secp256k1_scalars(GLOBAL uint *digits, GLOBAL const row *z, GLOBAL const row *v, GLOBAL const row *inverses,
                              uint negative, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    scalar inverse, u;
    scalar_load(&inverse, inverses + i);
    scalar_load(&u, z + i);
    turn_words(u.w);
    scalar_reduce_once(&u, &u);
    u = scalar_product(u, inverse);
    if (negative) {
        scalar_negate(&u, &u);
    }
    store_base_digits(digits + DIGIT_WORDS * (ulong)i, &u);
    scalar_load(&u, v + i);
    u = scalar_product(u, inverse);
    store_key_digits(digits + DIGIT_WORDS * (ulong)i, &u);
}
