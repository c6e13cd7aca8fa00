/* SPDX-License-Identifier: Apache-2.0 */
/* Three parsers of SEQUENCE { INTEGER r, INTEGER s }: strict DER (BIP-66 without the sighash byte), the lax one that Bitcoin's
 * history needs, and Go's, which Hyperledger Fabric has. The same grammar as csrc/verify/der.c, which says why. */
#ifndef PYACCEL_KERNEL_DER_H
#define PYACCEL_KERNEL_DER_H

#include "../rows.h"

#define DER_SEQUENCE 0x30u
#define DER_INTEGER 0x02u
/* Of r, and of s. */
#ifndef DER_BYTES
#define DER_BYTES 32
#endif
#define DER_STRICT_LEAST 8
#define DER_STRICT_MOST (6 + 2 * (DER_BYTES + 1))

/* What is left to read: bytes `at` .. `end` of data. */
typedef struct {
    GLOBAL const uchar *data;
    ulong at, end;
} der_cursor;

/* The next byte; none left: 0x100. */
DEVICE_FUNCTION uint der_byte(der_cursor *in)
{
    return in->at < in->end ? in->data[in->at++] : 0x100u;
}

/* out = size bytes from `from` on, an unsigned number, in DER_BYTES bytes; 0xff everywhere where it has more. */
DEVICE_FUNCTION void der_store(GLOBAL uchar *out, GLOBAL const uchar *from, ulong size)
{
    while (size > 0 && *from == 0) {
        from++;
        size--;
    }
    for (uint i = 0; i < DER_BYTES; i++) {
        uchar byte = 0xff;
        if (size <= DER_BYTES) {
            byte = i + size < DER_BYTES ? 0 : from[i + size - DER_BYTES];
        }
        out[i] = byte;
    }
}

/* Whether size bytes are the contents of an INTEGER that is not negative: one or more, none of them superfluous. */
DEVICE_FUNCTION uint der_is_strict(GLOBAL const uchar *value, uint size)
{
    if (size == 0 || (value[0] & 0x80u)) {
        return 0;
    }
    return size == 1 || value[0] != 0 || (value[1] & 0x80u);
}

/* raw = r || s of size bytes; 0 where they are not the one strict encoding. */
DEVICE_FUNCTION uint der_parse(GLOBAL uchar *raw, GLOBAL const uchar *der, ulong size)
{
    if (size < DER_STRICT_LEAST || size > DER_STRICT_MOST) {
        return 0;
    }
    const uint all = (uint)size, r_size = der[3];
    if (der[0] != DER_SEQUENCE || der[1] != all - 2 || der[2] != DER_INTEGER || r_size + 6 > all) {
        return 0;
    }
    GLOBAL const uchar *r = der + 4;
    const uint s_size = r[r_size + 1];
    if (r[r_size] != DER_INTEGER || r_size + s_size + 6 != all) {
        return 0;
    }
    GLOBAL const uchar *s = r + r_size + 2;
    if (!der_is_strict(r, r_size) || !der_is_strict(s, s_size)) {
        return 0;
    }
    der_store(raw, r, r_size);
    der_store(raw + DER_BYTES, s, s_size);
    return 1;
}

/* The octets of the sequence's length are stepped over and never believed. */
DEVICE_FUNCTION uint der_skip_length(der_cursor *in)
{
    const uint first = der_byte(in);
    if (first < 0x80u) {
        return 1;
    }
    if (first > 0xffu || (first & 0x7fu) > in->end - in->at) {
        return 0;
    }
    in->at += first & 0x7fu;
    return 1;
}

/* Short or long form with any number of leading zero octets, and three that count. */
DEVICE_FUNCTION uint der_take_length(der_cursor *in, ulong *length)
{
    const uint first = der_byte(in);
    uint octets = first & 0x7fu;
    *length = first;
    if (first < 0x80u) {
        return 1;
    }
    if (first > 0xffu || octets > in->end - in->at) {
        return 0;
    }
    while (octets > 0 && in->data[in->at] == 0) {
        in->at++;
        octets--;
    }
    if (octets > 3) {
        return 0;
    }
    *length = 0;
    for (; octets > 0; octets--) {
        *length = *length << 8 | in->data[in->at++];
    }
    return 1;
}

DEVICE_FUNCTION uint der_take_integer(GLOBAL uchar *out, der_cursor *in)
{
    ulong length;
    if (der_byte(in) != DER_INTEGER || !der_take_length(in, &length) || length > in->end - in->at) {
        return 0;
    }
    der_store(out, in->data + in->at, length);
    in->at += length;
    return 1;
}

/* raw = r || s of size bytes as Bitcoin Core once read them; 0 where even that refuses. */
DEVICE_FUNCTION uint der_parse_lax(GLOBAL uchar *raw, GLOBAL const uchar *der, ulong size)
{
    der_cursor in;
    in.data = der;
    in.at = 0;
    in.end = size;
    return der_byte(&in) == DER_SEQUENCE && der_skip_length(&in) && der_take_integer(raw, &in) &&
           der_take_integer(raw + DER_BYTES, &in);
}

/* The next length, in as few bytes as it may have; each of them but the last leaves less than 2^23. */
DEVICE_FUNCTION uint der_take_go_length(der_cursor *in, ulong *length)
{
    const uint first = der_byte(in);
    *length = first;
    if (first < 0x80u) {
        return 1;
    }
    if (first > 0xffu) {
        return 0;
    }
    *length = 0;
    for (uint octets = first & 0x7fu; octets > 0; octets--) {
        const uint byte = der_byte(in);
        if (byte > 0xffu || *length >= 1u << 23) {
            return 0;
        }
        *length = *length << 8 | byte;
        if (*length == 0) {
            return 0;
        }
    }
    return *length >= 0x80u; /* not for the indefinite form either */
}

/* A tag, and its contents, which end where value->end says. */
DEVICE_FUNCTION uint der_take_go_value(der_cursor *value, der_cursor *in, uint tag)
{
    ulong length;
    if (der_byte(in) != tag || !der_take_go_length(in, &length) || length > in->end - in->at) {
        return 0;
    }
    *value = *in;
    value->end = in->at + length;
    in->at = value->end;
    return 1;
}

/* An INTEGER of any size and sign in as few bytes as it may have; 0xff everywhere for a negative one. */
DEVICE_FUNCTION uint der_take_go_integer(GLOBAL uchar *out, der_cursor *in)
{
    der_cursor value;
    if (!der_take_go_value(&value, in, DER_INTEGER) || value.at == value.end) {
        return 0;
    }
    GLOBAL const uchar *from = value.data + value.at;
    const ulong size = value.end - value.at;
    const uint negative = from[0] & 0x80u;
    if (size > 1 && (from[0] == 0 || from[0] == 0xff) && (from[1] & 0x80u) == negative) {
        return 0;
    }
    if (negative) {
        for (uint i = 0; i < DER_BYTES; i++) {
            out[i] = 0xff;
        }
    } else {
        der_store(out, from, size);
    }
    return 1;
}

/* raw = r || s of size bytes as encoding/asn1 of Go takes them into a struct of two, whatever stands behind them in the sequence
 * and behind that; 0 where it refuses. */
DEVICE_FUNCTION uint der_parse_go(GLOBAL uchar *raw, GLOBAL const uchar *der, ulong size)
{
    der_cursor in, sequence;
    in.data = der;
    in.at = 0;
    in.end = size;
    return der_take_go_value(&sequence, &in, DER_SEQUENCE) && der_take_go_integer(raw, &sequence) &&
           der_take_go_integer(raw + DER_BYTES, &sequence);
}

#endif
