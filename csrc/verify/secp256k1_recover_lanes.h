/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery on secp256k1 for many rows; secp256k1_lanes.h includes it for every variant.
 *
 * A range is cut into chunks. Of a chunk, rows are read and r inverted, one inversion for all
 * (secp256k1_recover_rows.c); R is lifted in lanes as compressed keys are; rows that have a point run
 * u1 G + u2 R in lanes together (secp256k1_sums.h), and one more inversion makes all sums affine. What
 * is hashed for addresses is read where these have been written. Fewer than SECP256K1_LANES_MIN rows
 * behind the last full group run one by one (secp256k1_single.c), and so do rows that the lanes cannot
 * do: sums that an adversary made infinite among them. */
#ifndef PA_VERIFY_SECP256K1_RECOVER_LANES_H
#define PA_VERIFY_SECP256K1_RECOVER_LANES_H

#include "../field/words.h"
#include "secp256k1_recover.h"

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_secp256k1_recovery chunk;
    pa_secp256k1_key lifted[PA_SECP256K1_CHUNK];
    pa_bytes encoded[PA_SECP256K1_CHUNK];
    int live[PA_SECP256K1_CHUNK]; /* open rows whose R is a point */
    bool exists[PA_SECP256K1_CHUNK];
    uint8_t found[PA_SECP256K1_CHUNK][64];
    _Alignas(64) sums_group groups[];
} secp256k1_recover_scratch;

/* pa_verify_kernel.recover_scratch_size */
static uint64_t secp256k1_recover_scratch_size(const pa_recover_job *job, uint64_t rows)
{
    (void)job;
    const uint64_t most = rows < PA_SECP256K1_CHUNK ? rows : PA_SECP256K1_CHUNK;
    return sizeof(secp256k1_recover_scratch) + (most + LANES - 1) / LANES * sizeof(sums_group);
}

/* The key of open row k, by itself. */
static void secp256k1_recover_single(secp256k1_recover_scratch *at, int k)
{
    row sum[2];
    at->exists[k] =
        pa_secp256k1_sum_single(sum, at->lifted[k].point, &at->chunk.u1[k], &at->chunk.u2[k]);
    pa_words_to_be(at->found[k], sum[0].word);
    pa_words_to_be(at->found[k] + 32, sum[1].word);
}

/* The keys of live rows 0 .. last, in lanes. */
static void secp256k1_recover_live(secp256k1_recover_scratch *at, int last)
{
    const int count = (last + LANES - 1) / LANES;
    for (int j = 0; j < count * LANES; j++) {
        /* A last group that is not full repeats its first row. */
        const int k = at->live[j < last ? j : j / LANES * LANES];
        sums_group *group = &at->groups[j / LANES];
        group->key[j % LANES] = at->lifted[k].point;
        pa_secp256k1_sums_digits_of(&group->digits[j % LANES], &at->chunk.u1[k], &at->chunk.u2[k]);
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
            const int k = at->live[start + i];
            at->exists[k] = true;
            if (redo >> i & 1u) {
                secp256k1_recover_single(at, k);
            }
        }
    }
}

static pyaccel_status secp256k1_recover_chunk(uint8_t *keys, uint8_t *reasons,
                                              const pa_recover_job *job, uint64_t first, int count,
                                              secp256k1_recover_scratch *at)
{
    pa_secp256k1_recovery *chunk = &at->chunk;
    const pyaccel_status status = pa_secp256k1_recovery_read(chunk, job, first, count);
    if (status != PYACCEL_OK) {
        return status;
    }
    for (int k = 0; k < chunk->open_count; k++) {
        at->encoded[k] = (pa_bytes){chunk->r[k], sizeof chunk->r[k]};
        at->exists[k] = false;
    }
    secp256k1_decode_keys(at->lifted, at->encoded, chunk->open_count);
    int live_count = 0;
    for (int k = 0; k < chunk->open_count; k++) {
        if (at->lifted[k].reason == PYACCEL_REASON_NONE) {
            at->live[live_count++] = k;
        }
    }
    const int tail = live_count % LANES;
    const int last = tail >= SECP256K1_LANES_MIN ? live_count : live_count - tail;
    if (last > 0) {
        secp256k1_recover_live(at, last);
    }
    for (int j = last; j < live_count; j++) {
        secp256k1_recover_single(at, at->live[j]);
    }
    return pa_secp256k1_recovery_write(keys, reasons, chunk, job, at->found, at->exists);
}

/* pa_verify_kernel.recover_range */
static pyaccel_status secp256k1_recover_range(uint8_t *keys, uint8_t *reasons,
                                              const pa_recover_job *job, uint64_t first,
                                              uint64_t last, void *scratch)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_SECP256K1_CHUNK) {
        const int count = last - at < PA_SECP256K1_CHUNK ? (int)(last - at) : PA_SECP256K1_CHUNK;
        status = secp256k1_recover_chunk(keys + at * job->key_size, reasons + at, job, at, count,
                                         scratch);
    }
    fe_end(state);
    return status;
}

#endif
