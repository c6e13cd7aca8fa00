/* SPDX-License-Identifier: Apache-2.0 */
/* BIP-340 for many rows, each by itself. A variant includes its field, then secp256k1_lanes.h, then
 * this file, and has BIP340_KERNEL as its table.
 *
 * A range is cut into chunks. Of a chunk, rows are read and hashed (bip340_rows.c) and keys lifted in
 * lanes; then rows whose s is in range run s G - e P in lanes together (secp256k1_sums.h), whose
 * results one more inversion makes affine: x is compared with r, and y is even. Few rows behind the
 * last full group run one by one, and so do rows that the lanes cannot do.
 *
 * An r that is the abscissa of no point is that of no sum either, so r is lifted where a row fails
 * alone, to tell PYACCEL_REASON_ENCODING from what comes after it. */
#ifndef PA_VERIFY_BIP340_LANES_H
#define PA_VERIFY_BIP340_LANES_H

#include "../field/words.h"
#include "bip340.h"

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_bip340_chunk chunk;
    _Alignas(64) sums_group groups[];
} bip340_scratch;

/* pa_verify_kernel.scratch_size */
static uint64_t bip340_scratch_size(const pa_verify_job *job, uint64_t rows)
{
    (void)job;
    const uint64_t most = rows < PA_BIP340_CHUNK ? rows : PA_BIP340_CHUNK;
    return sizeof(bip340_scratch) + (most + LANES - 1) / LANES * sizeof(sums_group);
}

/* bip340_lifts
 * exists[k]: r of row rows[k] is below p and the abscissa of a point; k < count. A last group that
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

/* Row i by itself. */
static bool bip340_single(const pa_bip340_chunk *chunk, int i)
{
    row sum[2];
    uint64_t r[4];
    pa_secp256k1_scalar negative;
    pa_words_from_be(r, chunk->encoded[i]);
    pa_secp256k1_scalar_negate(&negative, &chunk->e[i]);
    return pa_secp256k1_sum_single(sum, chunk->key[i]->point, &chunk->s[i], &negative) &&
           memcmp(sum[0].word, r, sizeof r) == 0 && (sum[1].word[0] & 1) == 0;
}

/* holds[i] of `count` rows, a group or more of them, in lanes; a last group that is not full repeats its
 * first row. */
static void bip340_in_lanes(bool *holds, const bip340_scratch *at, sums_group *groups,
                            const int *rows, int count)
{
    const pa_bip340_chunk *chunk = &at->chunk;
    const int group_count = (count + LANES - 1) / LANES;
    for (int g = 0; g < group_count; g++) {
        sums_group *group = &groups[g];
        pa_secp256k1_scalar s[LANES], negative[LANES];
        pa_secp256k1_sums_digits *digits[LANES];
        for (int i = 0; i < LANES; i++) {
            const int k = rows[g * LANES + i < count ? g * LANES + i : g * LANES];
            s[i] = chunk->s[k];
            pa_secp256k1_scalar_negate(&negative[i], &chunk->e[k]);
            group->key[i] = chunk->key[k]->point;
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

/* What is left to say of rows whose key is good: the equation of those whose s is in range, and why
 * the others are not valid. */
static void bip340_equations(bip340_scratch *at, const int *rows, int count)
{
    pa_bip340_chunk *chunk = &at->chunk;
    int ready[PA_BIP340_CHUNK], failed[PA_BIP340_CHUNK], ready_count = 0, failed_count = 0;
    bool holds[PA_BIP340_CHUNK], exists[PA_BIP340_CHUNK];
    for (int k = 0; k < count; k++) {
        holds[rows[k]] = false;
        if (chunk->in_range[rows[k]]) {
            ready[ready_count++] = rows[k];
        }
    }
    const int tail = ready_count % LANES;
    int in_lanes = tail >= SECP256K1_LANES_MIN ? ready_count : ready_count - tail;
    in_lanes = ready_count < SECP256K1_ROWS_MIN ? 0 : in_lanes;
    if (in_lanes > 0) {
        bip340_in_lanes(holds, at, at->groups, ready, in_lanes);
    }
    for (int k = in_lanes; k < ready_count; k++) {
        holds[ready[k]] = bip340_single(chunk, ready[k]);
    }
    for (int k = 0; k < count; k++) {
        if (!holds[rows[k]]) {
            failed[failed_count++] = rows[k];
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

static pyaccel_status bip340_verify_chunk(uint8_t *verdicts, uint8_t *reasons,
                                          const pa_verify_job *job, uint64_t first, int n,
                                          bip340_scratch *at)
{
    pa_bip340_chunk *chunk = &at->chunk;
    int rows[PA_BIP340_CHUNK], count = 0;
    const pyaccel_status status = pa_bip340_chunk_read(chunk, job, first, n);
    if (status != PYACCEL_OK) {
        return status;
    }
    secp256k1_decode_keys(chunk->decoded, chunk->unprepared, chunk->unprepared_count,
                          pa_bip340_parse_key);
    for (int i = 0; i < n; i++) {
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        if (chunk->key[i]->reason != PYACCEL_REASON_NONE) {
            chunk->reasons[i] = PYACCEL_REASON_KEY;
        } else {
            rows[count++] = i;
        }
    }
    bip340_equations(at, rows, count);
    for (int i = 0; i < n; i++) {
        reasons[i] = chunk->reasons[i];
        verdicts[i] = reasons[i] == PYACCEL_REASON_NONE;
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

/* pa_verify_kernel.verify_range */
static pyaccel_status bip340_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                          const pa_verify_job *job, uint64_t first, uint64_t last,
                                          void *scratch)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_BIP340_CHUNK) {
        const int n = last - at < PA_BIP340_CHUNK ? (int)(last - at) : PA_BIP340_CHUNK;
        status = bip340_verify_chunk(verdicts + at, reasons + at, job, at, n, scratch);
    }
    fe_end(state);
    return status;
}

/* The table of the variant that includes all this. */
#define BIP340_KERNEL                                                                              \
    {                                                                                              \
        .scheme = PYACCEL_SCHEME_BIP340,                                                           \
        .prepared_size = sizeof(pa_secp256k1_key),                                                 \
        .range_rows = 4 * PA_BIP340_CHUNK,                                                         \
        .prepare = bip340_prepare,                                                                 \
        .scratch_size = bip340_scratch_size,                                                       \
        .verify_range = bip340_verify_range,                                                       \
    }

#endif
