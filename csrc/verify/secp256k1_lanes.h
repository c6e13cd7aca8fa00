/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 for many rows. A variant includes its field, then this file, and offers
 * secp256k1_prepare and secp256k1_verify_range in its table.
 *
 * A range is cut into chunks that fit a thread's stack. Of a chunk, rows are read and hashed
 * (secp256k1_rows.c), keys decoded in lanes, full lanes of them whatever rows they come from; then
 * each row runs the ladder of secp256k1_single.c. */
#ifndef PA_VERIFY_SECP256K1_LANES_H
#define PA_VERIFY_SECP256K1_LANES_H

#include <string.h>

#include "../curve/secp256k1_constants.h"
#include "../curve/secp256k1_formulas.h"
#include "secp256k1.h"

_Static_assert(sizeof(pa_secp256k1_key) % 64 == 0, "entries of prepared keys are 64-byte aligned");

/* Points of LANES encodings, all of one kind: x alone where lift says so, else x and y. Returned:
 * lanes that are points of the curve, coordinates below the prime; the others hold G. */
static unsigned int secp256k1_decode(row *const points[LANES],
                                     const pa_secp256k1_encoding *const encodings[LANES], bool lift)
{
    const unsigned char *x[LANES], *y[LANES];
    row *to_x[LANES], *to_y[LANES];
    unsigned int odd_bits = 0;
    for (int i = 0; i < LANES; i++) {
        x[i] = encodings[i]->x;
        y[i] = encodings[i]->y;
        to_x[i] = &points[i][0];
        to_y[i] = &points[i][1];
        odd_bits |= (unsigned int)encodings[i]->odd << i;
    }
    curve_affine p, generator;
    mask x_below, y_below, valid;
    fe_from_rows(&p.x, x, &x_below);
    if (lift) {
        valid = curve_lift_x(&p, &p.x, mask_from_bits(odd_bits));
    } else {
        fe_from_rows(&p.y, y, &y_below);
        valid = mask_and(y_below, curve_holds(&p));
    }
    valid = mask_and(valid, x_below);
    curve_generator(&generator.x, &generator.y);
    fe_select(&p.x, valid, &p.x, &generator.x);
    fe_select(&p.y, valid, &p.y, &generator.y);
    fe_scatter(to_x, &p.x);
    fe_scatter(to_y, &p.y);
    return mask_bits(valid);
}

/* entries[i] = key i decoded, with its validity; count <= PA_SECP256K1_CHUNK. Those with x alone go
 * together, as they take longer; a last group that is not full repeats its first key. */
static void secp256k1_decode_keys(pa_secp256k1_key *entries, const pa_bytes *keys, int count)
{
    pa_secp256k1_encoding encodings[PA_SECP256K1_CHUNK];
    uint16_t order[2][PA_SECP256K1_CHUNK];
    int counts[2] = {0, 0};
    for (int i = 0; i < count; i++) {
        memset(&entries[i], 0, sizeof entries[i]);
        entries[i].reason = pa_secp256k1_parse_key(&encodings[i], &keys[i]);
        entries[i].hybrid = encodings[i].hybrid;
        const int lift = encodings[i].y == NULL;
        order[lift][counts[lift]++] = (uint16_t)i;
    }
    for (int lift = 0; lift < 2; lift++) {
        for (int at = 0; at < counts[lift]; at += LANES) {
            row spare[2], *points[LANES];
            const pa_secp256k1_encoding *from[LANES];
            for (int i = 0; i < LANES; i++) {
                const bool live = at + i < counts[lift];
                const int key = order[lift][live ? at + i : at];
                from[i] = &encodings[key];
                points[i] = live ? entries[key].point : spare;
            }
            const unsigned int valid = secp256k1_decode(points, from, lift);
            for (int i = 0; i < LANES && at + i < counts[lift]; i++) {
                pa_secp256k1_key *entry = &entries[order[lift][at + i]];
                if (entry->reason == PYACCEL_REASON_NONE && !(valid >> i & 1u)) {
                    entry->reason = PYACCEL_REASON_KEY;
                }
            }
        }
    }
}

/* pa_verify_kernel.prepare */
static void secp256k1_prepare(uint8_t *entries, const pyaccel_rows *keys, uint64_t first,
                              uint64_t last, uint32_t key_format)
{
    (void)key_format; /* auto is the only one so far */
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last; at += PA_SECP256K1_CHUNK) {
        pa_bytes bytes[PA_SECP256K1_CHUNK];
        int count = 0;
        for (; count < PA_SECP256K1_CHUNK && at + (uint64_t)count < last; count++) {
            pa_rows_get(&bytes[count], keys, at + (uint64_t)count);
        }
        secp256k1_decode_keys((pa_secp256k1_key *)(void *)entries + at, bytes, count);
    }
    fe_end(state);
}

static pyaccel_status secp256k1_verify_chunk(uint8_t *verdicts, uint8_t *reasons,
                                             const pa_verify_job *job, uint64_t first, int count)
{
    pa_secp256k1_chunk chunk;
    const pyaccel_status status = pa_secp256k1_chunk_read(&chunk, job, first, count);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (chunk.unprepared_count > 0) {
        secp256k1_decode_keys(chunk.decoded, chunk.unprepared, chunk.unprepared_count);
    }
    pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK], u2[PA_SECP256K1_CHUNK];
    int open[PA_SECP256K1_CHUNK];
    memset(verdicts, 0, (size_t)count);
    const int open_count = pa_secp256k1_chunk_judge(reasons, open, u1, u2, &chunk, job->rule);
    for (int k = 0; k < open_count; k++) {
        const int i = open[k];
        verdicts[i] = pa_secp256k1_verify_single(chunk.key[i]->point, &u1[k], &u2[k], &chunk.r[i]);
        reasons[i] = verdicts[i] ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION;
    }
    return PYACCEL_OK;
}

static pyaccel_status secp256k1_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                             const pa_verify_job *job, uint64_t first,
                                             uint64_t last, void *scratch)
{
    (void)scratch;
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_SECP256K1_CHUNK) {
        const int count = last - at < PA_SECP256K1_CHUNK ? (int)(last - at) : PA_SECP256K1_CHUNK;
        status = secp256k1_verify_chunk(verdicts + at, reasons + at, job, at, count);
    }
    fe_end(state);
    return status;
}

#endif
