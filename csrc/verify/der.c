/* SPDX-License-Identifier: Apache-2.0 */
/* Two parsers of SEQUENCE { INTEGER r, INTEGER s }: strict DER (BIP-66) and the lax one that
 * Bitcoin's history needs. */
#include <string.h>

#include "verify.h"

#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02

/* BIP-66 bounds the signature by 9 .. 73 bytes with its sighash byte, which is not here. */
#define STRICT_SIZE_MIN 8
#define STRICT_SIZE_MAX 72

/* out = the size bytes at value, big-endian and unsigned, in 32 bytes; 0xff everywhere when they
 * do not fit. */
static void store_integer(uint8_t out[32], const uint8_t *value, uint64_t size)
{
    while (size > 0 && *value == 0) {
        value++;
        size--;
    }
    if (size > 32) {
        memset(out, 0xff, 32);
        return;
    }
    memset(out, 0, 32 - (size_t)size);
    if (size > 0) {
        memcpy(out + 32 - size, value, (size_t)size);
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
 * Shapes: der size bytes -> raw 64 bytes.
 * Form:   30 L 02 Lr r 02 Ls s, one-byte lengths that fit exactly (Lr + Ls + 6 = size, L = size
 *         - 2).
 * Before: der readable for size bytes (NULL only with size 0).
 * After:  raw written only when true. */
bool pa_der_parse(uint8_t raw[64], const uint8_t *der, uint64_t size)
{
    if (size < STRICT_SIZE_MIN || size > STRICT_SIZE_MAX) {
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
    store_integer(raw, r, r_size);
    store_integer(raw + 32, s, s_size);
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
    store_integer(out, in->at, length);
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
