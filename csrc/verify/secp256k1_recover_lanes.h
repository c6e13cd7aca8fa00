/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery on secp256k1 for many rows; secp256k1_lanes.h includes it for every variant.
 *
 * A range is cut into chunks. Of a chunk, rows are read (secp256k1_recover_rows.c); R is lifted in lanes
 * as compressed keys are; rows that have a point are divided by r and run u1 G + u2 R in lanes together
 * (weierstrass_sums.h), and one more inversion makes all sums affine. What is hashed for addresses is read
 * where these have been written. Fewer than SECP256K1_LANES_MIN rows
 * behind the last full group run one by one (secp256k1_single.c), and so do rows that the lanes cannot
 * do: sums that an adversary made infinite among them; and all where there are fewer than
 * SECP256K1_ROWS_MIN. */
#ifndef PA_VERIFY_SECP256K1_RECOVER_LANES_H
#define PA_VERIFY_SECP256K1_RECOVER_LANES_H

#include "../field/words.h"
#include "secp256k1_recover.h"

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_secp256k1_recovery chunk;
    pa_secp256k1_key lifted[PA_SECP256K1_CHUNK];
    pa_bytes encoded[PA_SECP256K1_CHUNK];
    bool exists[PA_SECP256K1_CHUNK];
    uint8_t found[PA_SECP256K1_CHUNK][64];
    /* Open rows whose R is a point; by their order there, their key is u1 G + u2 R. */
    int live[PA_SECP256K1_CHUNK];
    pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK], u2[PA_SECP256K1_CHUNK], r[PA_SECP256K1_CHUNK];
    pa_secp256k1_sums_digits *digits[PA_SECP256K1_CHUNK];
    _Alignas(64) sums_group groups[];
} secp256k1_recover_scratch;

/* pa_verify_kernel.recover_scratch_size */
static uint64_t secp256k1_recover_scratch_size(const pa_recover_job *job, uint64_t rows)
{
    (void)job;
    const uint64_t most = rows < PA_SECP256K1_CHUNK ? rows : PA_SECP256K1_CHUNK;
    return sizeof(secp256k1_recover_scratch) + (most + LANES - 1) / LANES * sizeof(sums_group);
}

/* Lifts R of the open rows; returns the number of live ones, whose u1 = -digest / r and u2 = s / r are
 * then known. */
static int secp256k1_recover_lift(secp256k1_recover_scratch *at)
{
    const pa_secp256k1_recovery *chunk = &at->chunk;
    int live_count = 0;
    for (int k = 0; k < chunk->open_count; k++) {
        at->encoded[k] = (pa_bytes){chunk->encoded[k], sizeof chunk->encoded[k]};
    }
    secp256k1_decode_keys(at->lifted, at->encoded, chunk->open_count, pa_secp256k1_parse_key);
    for (int k = 0; k < chunk->open_count; k++) {
        at->exists[k] = at->lifted[k].reason == PYACCEL_REASON_NONE;
        if (at->exists[k]) {
            at->u1[live_count] = chunk->minus_digest[k];
            at->u2[live_count] = chunk->s[k];
            at->r[live_count] = chunk->r[k];
            at->live[live_count++] = k;
        }
    }
    SECP256K1_SCALARS.divide(at->u1, at->u2, at->r, live_count);
    return live_count;
}

/* The key of live row j, by itself. */
static void secp256k1_recover_single(secp256k1_recover_scratch *at, int j)
{
    const int k = at->live[j];
    row sum[2];
    at->exists[k] = pa_secp256k1_sum_single(sum, at->lifted[k].point, &at->u1[j], &at->u2[j]);
    pa_words_to_be(at->found[k], sum[0].word);
    pa_words_to_be(at->found[k] + 32, sum[1].word);
}

/* The keys of live rows 0 .. last, in lanes. */
static void secp256k1_recover_live(secp256k1_recover_scratch *at, int last)
{
    const int count = (last + LANES - 1) / LANES;
    for (int j = 0; j < count * LANES; j++) {
        /* A last group that is not full repeats its first row. */
        const int from = j < last ? j : j / LANES * LANES;
        sums_group *group = &at->groups[j / LANES];
        group->key[j % LANES] = at->lifted[at->live[from]].point;
        at->digits[j] = &group->digits[j % LANES];
    }
    SECP256K1_SCALARS.digits((pa_secp256k1_sums_digits *const *)at->digits, at->u1, at->u2, last);
    for (int j = last; j < count * LANES; j++) {
        *at->digits[j] = *at->digits[j / LANES * LANES];
    }
    sums_run(at->groups, count);
    sums_to_affine(at->groups, count);
    for (int g = 0; g < count; g++) {
        const sums_group *group = &at->groups[g];
        const int start = g * LANES;
        const unsigned int redo = mask_bits(group->redo);
        uint8_t spare[64];
        unsigned char *x[LANES], *y[LANES];
        for (int i = 0; i < LANES; i++) {
            x[i] = start + i < last ? at->found[at->live[start + i]] : spare;
            y[i] = x[i] + 32;
        }
        fe_to_rows(x, &group->sum.x);
        fe_to_rows(y, &group->sum.y);
        for (int i = 0; i < LANES && start + i < last; i++) {
            if (redo >> i & 1u) {
                secp256k1_recover_single(at, start + i);
            }
        }
    }
}

static pyaccel_status secp256k1_recover_chunk(uint8_t *keys, uint8_t *reasons,
                                              const pa_recover_job *job, uint64_t first, int count,
                                              secp256k1_recover_scratch *at)
{
    const pyaccel_status status = pa_secp256k1_recovery_read(&at->chunk, job, first, count);
    if (status != PYACCEL_OK) {
        return status;
    }
    const int live_count = secp256k1_recover_lift(at), tail = live_count % LANES;
    int last = tail >= SECP256K1_LANES_MIN ? live_count : live_count - tail;
    last = live_count < SECP256K1_ROWS_MIN ? 0 : last;
    if (last > 0) {
        secp256k1_recover_live(at, last);
    }
    for (int j = last; j < live_count; j++) {
        secp256k1_recover_single(at, j);
    }
    return pa_secp256k1_recovery_write(keys, reasons, &at->chunk, job, at->found, at->exists);
}

/* pa_verify_kernel.recover_range */
static pyaccel_status secp256k1_recover_range(uint8_t *keys, uint8_t *reasons,
                                              const pa_recover_job *job, uint64_t first,
                                              uint64_t last, void *scratch)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_SECP256K1_CHUNK) {
        status = secp256k1_recover_chunk(keys + at * job->key_size, reasons + at, job, at,
                                         secp256k1_chunk_size(at, last), scratch);
    }
    fe_end(state);
    return status;
}

#endif
