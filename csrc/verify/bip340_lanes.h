/* SPDX-License-Identifier: Apache-2.0 */
/* BIP-340 for many rows, each by itself. A variant includes its field, then secp256k1_lanes.h, then
 * this file and bip340_batch.h, and has BIP340_KERNEL of the latter as its table.
 *
 * A range is cut into chunks. Of a chunk, rows are read and hashed (bip340_rows.c) and keys lifted in
 * lanes; then rows whose s is in range run s G - e P in lanes together (weierstrass_sums.h), whose
 * results one more inversion makes affine: x is compared with r, and y is even. Few rows behind the
 * last full group run one by one, and so do rows that the lanes cannot do.
 *
 * An r that is the abscissa of no point is that of no sum either, so r is lifted where a row fails
 * alone, to tell PYACCEL_REASON_ENCODING from what comes after it. */
#ifndef PA_VERIFY_BIP340_LANES_H
#define PA_VERIFY_BIP340_LANES_H

#include "../field/words.h"
#include "bip340.h"

/* ---- equations ------------------------------------------------------------------------------ */

/* Row i by itself. */
static bool bip340_single(const pa_bip340_chunk *chunk, int i)
{
    row sum[2];
    uint64_t r[4];
    pa_secp256k1_scalar negative;
    pa_words_from_be(r, chunk->encoded[i]);
    pa_secp256k1_scalar_negate(&negative, &chunk->e[i]);
    return pa_secp256k1_sum_single(sum, chunk->point[i], &chunk->s[i], &negative) &&
           memcmp(sum[0].word, r, sizeof r) == 0 && (sum[1].word[0] & 1) == 0;
}

/* holds[i] of `count` rows in lanes; a last group that is not full repeats its first row. */
static void bip340_in_lanes(bool *holds, const pa_bip340_chunk *chunk, sums_group *groups,
                            const int *rows, int count)
{
    const int group_count = (count + LANES - 1) / LANES;
    for (int g = 0; g < group_count; g++) {
        sums_group *group = &groups[g];
        pa_secp256k1_scalar s[LANES], negative[LANES];
        pa_secp256k1_sums_digits *digits[LANES];
        for (int i = 0; i < LANES; i++) {
            const int k = rows[g * LANES + i < count ? g * LANES + i : g * LANES];
            s[i] = chunk->s[k];
            pa_secp256k1_scalar_negate(&negative[i], &chunk->e[k]);
            group->key[i] = chunk->point[k];
            digits[i] = &group->digits[i];
        }
        SECP256K1_SCALARS.digits(digits, s, negative, LANES);
    }
    sums_run(groups, group_count);
    sums_to_affine(groups, group_count);
    for (int g = 0; g < group_count; g++) {
        const sums_group *group = &groups[g];
        const unsigned char *encodings[LANES];
        fe r;
        mask below;
        for (int i = 0; i < LANES; i++) {
            encodings[i] = chunk->encoded[rows[g * LANES + i < count ? g * LANES + i : g * LANES]];
        }
        fe_from_rows(&r, encodings, &below);
        below = mask_and(below, fe_equal(&r, &group->sum.x));
        const unsigned int good = mask_bits(mask_and(below, mask_not(fe_is_odd(&group->sum.y))));
        const unsigned int redo = mask_bits(group->redo);
        for (int i = 0; i < LANES && g * LANES + i < count; i++) {
            const int k = rows[g * LANES + i];
            holds[k] = redo >> i & 1u ? bip340_single(chunk, k) : good >> i & 1u;
        }
    }
}

/* holds[i] of `count` rows of a chunk whose points are there, s in range. */
static void bip340_equations(bool *holds, const pa_bip340_chunk *chunk, sums_group *groups,
                             const int *rows, int count)
{
    const int tail = count % LANES;
    int in_lanes = tail >= SECP256K1_LANES_MIN ? count : count - tail;
    in_lanes = count < SECP256K1_ROWS_MIN ? 0 : in_lanes;
    if (in_lanes > 0) {
        bip340_in_lanes(holds, chunk, groups, rows, in_lanes);
    }
    for (int k = in_lanes; k < count; k++) {
        holds[rows[k]] = bip340_single(chunk, rows[k]);
    }
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_bip340_chunk chunk;
    pa_secp256k1_key decoded[PA_BIP340_CHUNK];
    _Alignas(64) sums_group groups[];
} bip340_exact;

static uint64_t bip340_exact_size(uint64_t rows)
{
    const uint64_t most = rows < PA_BIP340_CHUNK ? rows : PA_BIP340_CHUNK;
    return sizeof(bip340_exact) + (most + LANES - 1) / LANES * sizeof(sums_group);
}

/* Points of the keys of n rows; reason KEY where there is none. */
static void bip340_chunk_keys(bip340_exact *at, int n)
{
    pa_bip340_chunk *chunk = &at->chunk;
    pa_bytes keys[PA_BIP340_CHUNK];
    int rows[PA_BIP340_CHUNK], count = 0;
    for (int i = 0; i < n; i++) {
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        if (chunk->prepared[i] == NULL) {
            /* The copy: callers may write to theirs, and what is hashed is what is lifted. */
            keys[count] = (pa_bytes){chunk->encoded[i] + 32, 32};
            rows[count++] = i;
        } else {
            chunk->point[i] = chunk->prepared[i]->point;
            chunk->reasons[i] = (uint8_t)chunk->prepared[i]->reason;
        }
    }
    if (count > 0) {
        secp256k1_decode_keys(at->decoded, keys, count, pa_bip340_parse_key);
    }
    for (int k = 0; k < count; k++) {
        chunk->point[rows[k]] = at->decoded[k].point;
        chunk->reasons[rows[k]] = (uint8_t)at->decoded[k].reason;
    }
}

/* exists[k]: r of row rows[k] is below p and the abscissa of a point; k < count. A last group that
 * is not full repeats its first row. */
static void bip340_lifts(bool *exists, const pa_bip340_chunk *chunk, const int *rows, int count)
{
    for (int at = 0; at < count; at += LANES) {
        const unsigned char *encodings[LANES];
        for (int i = 0; i < LANES; i++) {
            encodings[i] = chunk->encoded[rows[at + i < count ? at + i : at]];
        }
        curve_affine lifted;
        fe x;
        mask below;
        fe_from_rows(&x, encodings, &below);
        below = mask_and(below, curve_lift_x(&lifted, &x, mask_from_bits(0)));
        for (int i = 0; i < LANES && at + i < count; i++) {
            exists[at + i] = mask_bits(below) >> i & 1u;
        }
    }
}

/* Reasons of the rows that have none yet, whose keys are good. */
static void bip340_chunk_judge(bip340_exact *at, int n)
{
    pa_bip340_chunk *chunk = &at->chunk;
    int ready[PA_BIP340_CHUNK], failed[PA_BIP340_CHUNK], ready_count = 0, failed_count = 0;
    bool holds[PA_BIP340_CHUNK], exists[PA_BIP340_CHUNK];
    for (int i = 0; i < n; i++) {
        holds[i] = false;
        if (chunk->reasons[i] == PYACCEL_REASON_NONE && chunk->in_range[i]) {
            ready[ready_count++] = i;
        }
    }
    if (ready_count > 0) {
        bip340_equations(holds, chunk, at->groups, ready, ready_count);
    }
    for (int i = 0; i < n; i++) {
        if (chunk->reasons[i] == PYACCEL_REASON_NONE && !holds[i]) {
            failed[failed_count++] = i;
        }
    }
    if (failed_count > 0) {
        bip340_lifts(exists, chunk, failed, failed_count);
    }
    for (int k = 0; k < failed_count; k++) {
        chunk->reasons[failed[k]] = !exists[k]                    ? PYACCEL_REASON_ENCODING
                                    : !chunk->in_range[failed[k]] ? PYACCEL_REASON_RANGE
                                                                  : PYACCEL_REASON_EQUATION;
    }
}

/* verify_range, rows one by one. */
static pyaccel_status bip340_verify_exact(uint8_t *verdicts, uint8_t *reasons,
                                          const pa_verify_job *job, uint64_t first, uint64_t last,
                                          bip340_exact *at)
{
    for (; first < last; first += PA_BIP340_CHUNK) {
        const int n = last - first < PA_BIP340_CHUNK ? (int)(last - first) : PA_BIP340_CHUNK;
        const pyaccel_status status = pa_bip340_chunk_read(&at->chunk, job, first, n);
        if (status != PYACCEL_OK) {
            return status;
        }
        bip340_chunk_keys(at, n);
        bip340_chunk_judge(at, n);
        for (int i = 0; i < n; i++) {
            reasons[first + (uint64_t)i] = at->chunk.reasons[i];
            verdicts[first + (uint64_t)i] = at->chunk.reasons[i] == PYACCEL_REASON_NONE;
        }
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.prepare */
static void bip340_prepare(uint8_t *entries, const pyaccel_rows *keys, uint64_t first,
                           uint64_t last, uint32_t key_format)
{
    (void)key_format; /* there is one */
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last; at += PA_SECP256K1_CHUNK) {
        secp256k1_decode_rows((pa_secp256k1_key *)(void *)entries + at, keys, at,
                              secp256k1_chunk_size(at, last), pa_bip340_parse_key);
    }
    fe_end(state);
}

#endif
