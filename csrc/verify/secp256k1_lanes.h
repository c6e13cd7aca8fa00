/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 for many rows. A variant includes its field, then this file, and offers
 * secp256k1_prepare and secp256k1_verify_range in its table.
 *
 * A range is cut into chunks that fit a thread's stack. Of a chunk, rows are read and hashed
 * (secp256k1_rows.c), keys decoded and their tables built in lanes, full lanes of them whatever
 * rows they come from; then each row runs the ladder of secp256k1_single.c. */
#ifndef PA_VERIFY_SECP256K1_LANES_H
#define PA_VERIFY_SECP256K1_LANES_H

#include <string.h>

#include "../curve/secp256k1_constants.h"
#include "../curve/secp256k1_formulas.h"
#include "secp256k1.h"

_Static_assert(PA_SECP256K1_CHUNK % LANES == 0, "keys are decoded by full lanes");
_Static_assert(sizeof(pa_secp256k1_key) % 64 == 0, "entries of prepared keys are 64-byte aligned");

/* secp256k1_decode
 * p = the points of LANES encodings; returned: lanes that are points of the curve, coordinates
 * below the prime. */
static mask secp256k1_decode(curve_affine *p, const pa_secp256k1_encoding encodings[LANES])
{
    const unsigned char *x[LANES], *y[LANES];
    unsigned int lift_bits = 0, odd_bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
        const pa_secp256k1_encoding *encoding = &encodings[lane];
        x[lane] = encoding->x;
        y[lane] = encoding->y == NULL ? encoding->x : encoding->y;
        lift_bits |= (unsigned int)(encoding->y == NULL) << lane;
        odd_bits |= (unsigned int)encoding->odd << lane;
    }
    mask x_below, y_below;
    fe_from_rows(&p->x, x, &x_below);
    fe_from_rows(&p->y, y, &y_below);
    mask valid = mask_and(y_below, curve_holds(p));
    if (lift_bits != 0) {
        const mask lifts = mask_from_bits(lift_bits);
        curve_affine lifted;
        const mask exists = curve_lift_x(&lifted, &p->x, mask_from_bits(odd_bits));
        fe_select(&p->y, lifts, &lifted.y, &p->y);
        valid = mask_or(mask_and(lifts, exists), mask_and(mask_not(lifts), valid));
    }
    return mask_and(valid, x_below);
}

/* secp256k1_prepare_keys
 * entries[i] = key i decoded, its table, its validity; count <= PA_SECP256K1_CHUNK. One inversion
 * serves all: the running products of all Z are inverted at the end and walked back. Lanes without
 * a key stand in with G, whose Z are not 0 either. Not inlined: its 30 KiB of multiples would lie
 * under the hashing of messages as well. */
__attribute__((noinline)) static void secp256k1_prepare_keys(pa_secp256k1_key *entries,
                                                             const pa_bytes *keys, int count)
{
    curve_jacobian multiples[PA_SECP256K1_CHUNK / LANES][CURVE_TABLE_SIZE];
    fe products[PA_SECP256K1_CHUNK / LANES], running[PA_SECP256K1_CHUNK / LANES], inverse;
    const int groups = (count + LANES - 1) / LANES;
    for (int g = 0; g < groups; g++) {
        pa_secp256k1_encoding encodings[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const int i = g * LANES + lane;
            const pa_bytes nothing = {NULL, 0};
            const uint32_t reason =
                pa_secp256k1_parse_key(&encodings[lane], i < count ? &keys[i] : &nothing);
            if (i < count) {
                memset(&entries[i], 0, sizeof entries[i]);
                entries[i].reason = reason;
                entries[i].hybrid = encodings[lane].hybrid;
            }
        }
        curve_affine p, generator;
        const mask valid = secp256k1_decode(&p, encodings);
        for (int i = g * LANES; i < (g + 1) * LANES && i < count; i++) {
            if (entries[i].reason == PYACCEL_REASON_NONE &&
                !(mask_bits(valid) >> (i % LANES) & 1)) {
                entries[i].reason = PYACCEL_REASON_KEY;
            }
        }
        curve_generator(&generator.x, &generator.y);
        fe_select(&p.x, valid, &p.x, &generator.x);
        fe_select(&p.y, valid, &p.y, &generator.y);
        curve_odd_multiples(multiples[g], &p);
        curve_z_product(&products[g], multiples[g]);
        if (g == 0) {
            running[0] = products[0];
        } else {
            fe_mul(&running[g], &running[g - 1], &products[g]);
        }
    }
    fe_inv(&inverse, &running[groups - 1]);
    for (int g = groups - 1; g >= 0; g--) {
        row spare[PA_SECP256K1_KEY_ROWS], *tables[LANES];
        fe own = inverse;
        if (g > 0) {
            fe_mul(&own, &inverse, &running[g - 1]);
            fe_mul(&inverse, &inverse, &products[g]);
        }
        for (int lane = 0; lane < LANES; lane++) {
            const int i = g * LANES + lane;
            tables[lane] = i < count ? entries[i].table : spare;
        }
        curve_store_table(tables, multiples[g], &own);
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
        secp256k1_prepare_keys((pa_secp256k1_key *)(void *)entries + at, bytes, count);
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
        secp256k1_prepare_keys(chunk.decoded, chunk.unprepared, chunk.unprepared_count);
    }
    pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK], u2[PA_SECP256K1_CHUNK];
    int open[PA_SECP256K1_CHUNK];
    memset(verdicts, 0, (size_t)count);
    const int open_count = pa_secp256k1_chunk_judge(reasons, open, u1, u2, &chunk, job->rule);
    for (int k = 0; k < open_count; k++) {
        const int i = open[k];
        verdicts[i] = pa_secp256k1_verify_single(chunk.key[i]->table, &u1[k], &u2[k], &chunk.r[i]);
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
