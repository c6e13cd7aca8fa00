/* SPDX-License-Identifier: Apache-2.0 */
/* Three parsers of SEQUENCE { INTEGER r, INTEGER s }: strict DER (BIP-66), the lax one that Bitcoin's history needs, and
 * Go's, which Hyperledger Fabric has. */
#include <string.h>

#include "verify.h"

#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02

/* BIP-66 bounds the signature by 9 .. 73 bytes with its sighash byte, which is not here; two numbers of other curves likewise. */
#define STRICT_SIZE_MIN 8
#define STRICT_SIZE_MAX(bytes) (6 + 2 * ((uint64_t)(bytes) + 1))

/* out = the size bytes at value, big-endian and unsigned, in `bytes` bytes; 0xff everywhere when they
 * do not fit. */
static void store_integer(uint8_t *out, int bytes, const uint8_t *value, uint64_t size)
{
    const size_t room = (size_t)bytes;
    while (size > 0 && *value == 0) {
        value++;
        size--;
    }
    if (size > room) {
        memset(out, 0xff, room);
        return;
    }
    memset(out, 0, room - (size_t)size);
    if (size > 0) {
        memcpy(out + room - size, value, (size_t)size);
    }
}

/* True for the contents of a DER INTEGER that is not negative: at least one byte, none of them
 * superfluous. */
static bool is_strict_integer(const uint8_t *value, uint64_t size)
{
    if (size == 0 || (value[0] & 0x80)) {
        return false;
    }
    return size == 1 || value[0] != 0 || (value[1] & 0x80);
}

/* pa_der_parse
 * Shapes: der size bytes -> raw 2 `bytes` bytes, bytes <= 60, so that lengths have one byte.
 * Form:   30 L 02 Lr r 02 Ls s, one-byte lengths that fit exactly (Lr + Ls + 6 = size, L = size
 *         - 2).
 * Before: der readable for size bytes (NULL only with size 0).
 * After:  raw written only when true. */
bool pa_der_parse(uint8_t *raw, int bytes, const uint8_t *der, uint64_t size)
{
    if (size < STRICT_SIZE_MIN || size > STRICT_SIZE_MAX(bytes)) {
        return false;
    }
    if (der[0] != TAG_SEQUENCE || der[1] != size - 2 || der[2] != TAG_INTEGER) {
        return false;
    }
    const uint64_t r_size = der[3];
    if (r_size + 6 > size) {
        return false;
    }
    const uint8_t *r = der + 4;
    const uint64_t s_size = r[r_size + 1];
    if (r[r_size] != TAG_INTEGER || r_size + s_size + 6 != size) {
        return false;
    }
    const uint8_t *s = r + r_size + 2;
    if (!is_strict_integer(r, r_size) || !is_strict_integer(s, s_size)) {
        return false;
    }
    store_integer(raw, bytes, r, r_size);
    store_integer(raw + bytes, bytes, s, s_size);
    return true;
}

/* What is left to read. */
typedef struct {
    const uint8_t *at;
    uint64_t left;
} cursor;

static bool take_byte(cursor *in, uint8_t *byte)
{
    if (in->left == 0) {
        return false;
    }
    *byte = *in->at++;
    in->left--;
    return true;
}

static bool take_tag(cursor *in, uint8_t tag)
{
    uint8_t byte;
    return take_byte(in, &byte) && byte == tag;
}

/* The length octets of the sequence are stepped over and never believed. */
static bool skip_length(cursor *in)
{
    uint8_t first;
    if (!take_byte(in, &first)) {
        return false;
    }
    if (!(first & 0x80)) {
        return true;
    }
    const uint64_t octets = first & 0x7f;
    if (octets > in->left) {
        return false;
    }
    in->at += octets;
    in->left -= octets;
    return true;
}

/* Short or long form with any number of leading zero octets; more than three that count is
 * refused, as no signature is 16 MiB long. The indefinite form (80) reads as a length of 0. */
static bool take_length(cursor *in, uint64_t *length)
{
    uint8_t first;
    if (!take_byte(in, &first)) {
        return false;
    }
    *length = first;
    if (!(first & 0x80)) {
        return true;
    }
    uint64_t octets = first & 0x7f;
    if (octets > in->left) {
        return false;
    }
    while (octets > 0 && *in->at == 0) {
        in->at++;
        in->left--;
        octets--;
    }
    if (octets > 3) {
        return false;
    }
    *length = 0;
    for (; octets > 0; octets--) {
        *length = *length << 8 | *in->at++;
        in->left--;
    }
    return true;
}

static bool take_integer(cursor *in, uint8_t out[32])
{
    uint64_t length;
    if (!take_tag(in, TAG_INTEGER) || !take_length(in, &length) || length > in->left) {
        return false;
    }
    store_integer(out, 32, in->at, length);
    in->at += length;
    in->left -= length;
    return true;
}

/* pa_der_parse_lax
 * Shapes: der size bytes -> raw 64 bytes.
 * Form:   30 <any length> 02 <length> r 02 <length> s <anything>; r and s unsigned, of any size,
 *         also none.
 * Before: der readable for size bytes (NULL only with size 0).
 * After:  raw written in full only when true. */
bool pa_der_parse_lax(uint8_t raw[64], const uint8_t *der, uint64_t size)
{
    cursor in = {der, size};
    uint8_t integers[64];
    if (!take_tag(&in, TAG_SEQUENCE) || !skip_length(&in)) {
        return false;
    }
    if (!take_integer(&in, integers) || !take_integer(&in, integers + 32)) {
        return false;
    }
    memcpy(raw, integers, 64);
    return true;
}

/* As parseTagAndLength of Go's encoding/asn1: the length has as few bytes as it may, and each of its bytes but the last
 * leaves less than 2^23. */
static bool take_go_length(cursor *in, uint64_t *length)
{
    uint8_t byte;
    if (!take_byte(in, &byte)) {
        return false;
    }
    *length = byte;
    if (!(byte & 0x80)) {
        return true;
    }
    *length = 0;
    for (int octets = byte & 0x7f; octets > 0; octets--) {
        if (!take_byte(in, &byte) || *length >= UINT64_C(1) << 23) {
            return false;
        }
        *length = *length << 8 | byte;
        if (*length == 0) {
            return false;
        }
    }
    return *length >= 0x80; /* not for the indefinite form either */
}

/* A tag, and as much as its length says. */
static bool take_go_value(cursor *in, uint8_t tag, cursor *value)
{
    uint64_t length;
    if (!take_tag(in, tag) || !take_go_length(in, &length) || length > in->left) {
        return false;
    }
    *value = (cursor){in->at, length};
    in->at += length;
    in->left -= length;
    return true;
}

/* An INTEGER of any size and sign in as few bytes as it may have; 0xff everywhere for a negative one. */
static bool take_go_integer(cursor *in, uint8_t *out, int bytes)
{
    cursor value;
    if (!take_go_value(in, TAG_INTEGER, &value) || value.left == 0) {
        return false;
    }
    const uint8_t *at = value.at;
    const bool negative = (at[0] & 0x80) != 0;
    if (value.left > 1 && (at[0] == 0 || at[0] == 0xff) && ((at[1] & 0x80) != 0) == negative) {
        return false;
    }
    if (negative) {
        memset(out, 0xff, (size_t)bytes);
    } else {
        store_integer(out, bytes, at, value.left);
    }
    return true;
}

/* pa_der_parse_go
 * Shapes: der size bytes -> raw 2 `bytes` bytes.
 * Form:   30 <length> 02 <length> r 02 <length> s <anything> within the sequence, and <anything> behind it.
 * Before: der readable for size bytes (NULL only with size 0).
 * After:  raw written in full only when true.
 * Source: encoding/asn1 of Go 1.19 to 1.26, parseField of a struct; what it says about bytes left over. */
bool pa_der_parse_go(uint8_t *raw, int bytes, const uint8_t *der, uint64_t size)
{
    cursor in = {der, size}, sequence;
    return take_go_value(&in, TAG_SEQUENCE, &sequence) && take_go_integer(&sequence, raw, bytes) &&
           take_go_integer(&sequence, raw + bytes, bytes);
}
