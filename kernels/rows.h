/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of bytes on the device, and messages made of them, for every kernel: one reader, whatever the alignment. */
#ifndef PYACCEL_KERNEL_ROWS_H
#define PYACCEL_KERNEL_ROWS_H

#include "platform.h"

/* The rows that a kernel takes: five arguments, which the host passes together (pyaccel/backends/device_rows.py).
 *   data     the bytes, as words; it starts on a boundary of 16 bytes
 *   size     bytes of data that count; those of a last word that is not whole come in tail, lowest byte first
 *   offsets  row i is bytes offsets[i] .. offsets[i + 1); read only where width is VARIED
 *   width    of a row, in bytes, or VARIED
 *   stride   from row to row, in bytes; 0: one row for all
 *   prefix   0, or 0x100 | a byte that stands before each row
 * With FIXED_ROWS defined, rows have a width: then a compiler for vector units sees that all go the same way.
 * Before: every row ends within size (the host has checked its own copy of the offsets). */
#define ROWS                                                                                       \
    GLOBAL const uint *data, ulong size, uint tail, GLOBAL const ulong *offsets, ulong width,      \
        ulong stride, uint prefix
#define VARIED (~(ulong)0)

/* A prefix byte, if there is one, then a row. */
typedef struct {
    GLOBAL const uint *data;
    ulong words;  /* whole words of data */
    ulong start;  /* the byte of data at which byte 0 of the message would lie, modulo 2^64 */
    ulong length; /* bytes, the prefix included */
    uint tail;
    uint prefix;
} message;

/* message = row i of ROWS behind its prefix. */
#define MESSAGE(i) message_of(data, size, tail, offsets, width, stride, prefix, i)

DEVICE_FUNCTION message message_of(ROWS, uint i)
{
    message m;
    ulong start = i * stride, length = width;
#ifndef FIXED_ROWS
    if (width == VARIED) {
        start = offsets[i];
        length = offsets[i + 1] - start;
    }
#endif
    m.data = data;
    m.words = size / 4;
    m.tail = tail;
    m.prefix = prefix;
    m.start = start - (prefix >> 8);
    m.length = length + (prefix >> 8);
    return m;
}

/* w[j] = bytes at + 4j .. at + 4j + 3 of the message, the first one lowest; `end` is the byte after its last, then zeros.
 * Shapes: w count words, count a constant; at a multiple of 4.
 * Bounds: reads no word of data that has no byte of the message (or of its first missing byte) in it.
 * Work: 4 loads of 16 bytes for 64 bytes that lie on such a boundary, so that a warp asks for whole 32-byte sectors and
 * each sector once or twice; else a load a word and about eight operations to shift it and to cut it off. Rows of up to
 * 64 bytes are not passed through local memory: what a warp reads is one piece either way, which the first-level cache
 * holds, and a hash works on it for ten times as long. */
DEVICE_FUNCTION void message_words(uint *w, const message *m, ulong at, uint count, uint end)
{
    const ulong from = m->start + at;
    if (m->prefix == 0 && (from & 15) == 0 && count % 4 == 0 && at + 4 * count <= m->length) {
        UNROLL
        for (uint j = 0; j < count; j += 4) {
            const uint4 four = *(GLOBAL const uint4 *)(m->data + from / 4 + j);
            w[j] = little_endian(four.x);
            w[j + 1] = little_endian(four.y);
            w[j + 2] = little_endian(four.z);
            w[j + 3] = little_endian(four.w);
        }
        return;
    }
    const uint shift = 8 * (uint)(from & 3);
    const ulong left = at < m->length ? m->length - at : 0; /* bytes of the message from here on */
    uint low = 0;
    if (left != 0) {
        low = from / 4 < m->words ? little_endian(m->data[from / 4]) : m->tail;
    }
    UNROLL
    for (uint j = 0; j < count; j++) {
        const ulong next = (from + 4 * (ulong)(j + 1)) / 4;
        uint high = 0;
        if (4 * (ulong)(j + 1) < left + (shift >> 3)) {
            high = next < m->words ? little_endian(m->data[next]) : m->tail;
        }
        uint word = (uint)(((ulong)high << 32 | low) >> shift);
        if (4 * (ulong)j + 4 > left) {
            const uint kept = 4 * (ulong)j < left ? (uint)left - 4 * j : 0; /* 0 .. 3 bytes */
            word &= (1u << 8 * kept) - 1;
            word |= at + 4 * (ulong)j + kept == m->length ? end << 8 * kept : 0;
        }
        w[j] = word;
        low = high;
    }
    if (at == 0 && m->prefix != 0) {
        w[0] = (w[0] & ~(uint)0xff) | (m->prefix & 0xff);
    }
}

/* Bytes at .. at + 4 of digests = word, its lowest byte first; of them only the first `bytes`, where that is below 4. */
DEVICE_FUNCTION void store_word(GLOBAL uint *digests, ulong at, uint word, ulong bytes)
{
    if ((at & 3) == 0 && bytes >= 4) {
        digests[at / 4] = little_endian(word);
        return;
    }
    GLOBAL uchar *to = (GLOBAL uchar *)digests + at;
    for (uint k = 0; k < 4 && k < bytes; k++) {
        to[k] = (uchar)(word >> 8 * k);
    }
}

#endif
