/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 for many rows. A variant includes its field, names its pa_secp256k1_scalars in SECP256K1_SCALARS, then
 * includes this file, and offers secp256k1_prepare and secp256k1_verify_range in its table.
 *
 * A range is cut into chunks. Of a chunk, rows are read and hashed (secp256k1_rows.c), keys decoded in
 * lanes, full lanes of them whatever rows they come from; then the rows whose equation is in question run
 * u1 G + u2 Q in lanes together, those with prepared keys (weierstrass_prepared.h) before the others
 * (weierstrass_sums.h). Fewer than SECP256K1_LANES_MIN rows behind the last full group, with prepared keys than
 * SECP256K1_PREPARED_MIN, run one by one (secp256k1_single.c), and so do rows that the lanes cannot do, and all
 * whose keys are not prepared where there are fewer than SECP256K1_ROWS_MIN. Both are SECP256K1_LANES_MIN
 * where they are not said. */
#ifndef PA_VERIFY_SECP256K1_LANES_H
#define PA_VERIFY_SECP256K1_LANES_H

#include <string.h>

#include "../curve/secp256k1_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "secp256k1_decode.h"
#include "secp256k1_matches.h"
#include "weierstrass_prepared.h"
#include "weierstrass_sums.h"

#ifndef SECP256K1_PREPARED_MIN
#define SECP256K1_PREPARED_MIN SECP256K1_LANES_MIN
#endif
#ifndef SECP256K1_ROWS_MIN
#define SECP256K1_ROWS_MIN SECP256K1_LANES_MIN
#endif

_Static_assert(sizeof(pa_secp256k1_prepared) % 64 == 0 && sizeof(pa_secp256k1_key) % 64 == 0,
               "entries of prepared keys are 64-byte aligned");

/* A variant whose chains of squarings wait for their own results offers to lift more at once. */
#ifndef SECP256K1_LIFT
#define SECP256K1_LIFT_LANES LANES
#define SECP256K1_LIFT(points, encodings) secp256k1_decode(points, encodings, true)
#endif

/* entries[i] = key i decoded, with its validity; count <= PA_SECP256K1_CHUNK. Those with x alone go
 * together, as they take longer; a last group that is not full repeats its first key, and a last key
 * goes by itself. */
static void secp256k1_decode_keys(pa_secp256k1_key *entries, const pa_bytes *keys, int count,
                                  pa_secp256k1_parse_fn *parse)
{
    pa_secp256k1_encoding encodings[PA_SECP256K1_CHUNK];
    uint16_t order[2][PA_SECP256K1_CHUNK];
    int counts[2] = {0, 0};
    for (int i = 0; i < count; i++) {
        memset(&entries[i], 0, sizeof entries[i]);
        entries[i].reason = parse(&encodings[i], &keys[i]);
        entries[i].hybrid = encodings[i].hybrid;
        const int lift = encodings[i].y == NULL;
        order[lift][counts[lift]++] = (uint16_t)i;
    }
    for (int lift = 0; lift < 2; lift++) {
        int lanes = LANES;
        for (int at = 0; at < counts[lift]; at += lanes) {
            row spare[2], *points[SECP256K1_LIFT_LANES];
            const pa_secp256k1_encoding *from[SECP256K1_LIFT_LANES];
            lanes = lift && counts[lift] - at > LANES ? SECP256K1_LIFT_LANES : LANES;
            lanes = counts[lift] - at == 1 ? 1 : lanes;
            for (int i = 0; i < lanes; i++) {
                const bool live = at + i < counts[lift];
                const int key = order[lift][live ? at + i : at];
                from[i] = &encodings[key];
                points[i] = live ? entries[key].point : spare;
            }
            const unsigned int valid = lanes == 1 ? pa_secp256k1_decode_single(points[0], from[0])
                                       : lanes == LANES ? secp256k1_decode(points, from, lift)
                                                        : SECP256K1_LIFT(points, from);
            for (int i = 0; i < lanes && at + i < counts[lift]; i++) {
                pa_secp256k1_key *entry = &entries[order[lift][at + i]];
                if (entry->reason == PYACCEL_REASON_NONE && !(valid >> i & 1u)) {
                    entry->reason = PYACCEL_REASON_KEY;
                }
            }
        }
    }
}

/* The same of keys first .. first + count. */
static void secp256k1_decode_rows(pa_secp256k1_key *entries, const pyaccel_rows *keys,
                                  uint64_t first, int count, pa_secp256k1_parse_fn *parse)
{
    pa_bytes bytes[PA_SECP256K1_CHUNK];
    for (int i = 0; i < count; i++) {
        pa_rows_get(&bytes[i], keys, first + (uint64_t)i);
    }
    secp256k1_decode_keys(entries, bytes, count, parse);
}

static inline int secp256k1_chunk_size(uint64_t at, uint64_t last)
{
    return last - at < PA_SECP256K1_CHUNK ? (int)(last - at) : PA_SECP256K1_CHUNK;
}

/* pa_verify_kernel.prepare */
static void secp256k1_prepare(uint8_t *entries, const pyaccel_rows *keys, uint64_t first,
                              uint64_t last, uint32_t key_format)
{
    (void)key_format; /* auto is the only one so far */
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last; at += PA_SECP256K1_CHUNK) {
        pa_secp256k1_prepared *prepared = (pa_secp256k1_prepared *)(void *)entries + at;
        pa_secp256k1_key decoded[PA_SECP256K1_CHUNK];
        prepared_table *tables[PA_SECP256K1_CHUNK];
        const int count = secp256k1_chunk_size(at, last);
        secp256k1_decode_rows(decoded, keys, at, count, pa_secp256k1_parse_key);
        for (int i = 0; i < count; i++) {
            prepared[i].key = decoded[i];
            memcpy(prepared[i].table[0][0], decoded[i].point, sizeof decoded[i].point);
            tables[i] = &prepared[i].table;
        }
        prepared_tables(tables, count);
    }
    fe_end(state);
}

#define SECP256K1_GROUP_SIZE                                                                       \
    (sizeof(sums_group) > sizeof(prepared_group) ? sizeof(sums_group) : sizeof(prepared_group))

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_secp256k1_chunk chunk;
    pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK], u2[PA_SECP256K1_CHUNK];
    int open[PA_SECP256K1_CHUNK];
    _Alignas(64) uint8_t groups[]; /* of one kind, then of the other */
} secp256k1_scratch;

/* pa_verify_kernel.scratch_size */
static uint64_t secp256k1_scratch_size(const pa_verify_job *job, uint64_t rows)
{
    (void)job;
    const uint64_t most = rows < PA_SECP256K1_CHUNK ? rows : PA_SECP256K1_CHUNK;
    return sizeof(secp256k1_scratch) + (most + LANES - 1) / LANES * SECP256K1_GROUP_SIZE;
}

/* Row k of the open ones by itself. */
static bool secp256k1_single(const secp256k1_scratch *at, int k)
{
    const int i = at->open[k];
    return pa_secp256k1_verify_single(at->chunk.key[i]->point, &at->u1[k], &at->u2[k],
                                      &at->chunk.r[i]);
}

/* verdicts of the open rows start .. start + rows, rows <= LANES, from their sums. */
static void secp256k1_conclude(uint8_t *verdicts, const secp256k1_scratch *at, int start, int rows,
                               const curve_jacobian *sum, mask redo)
{
    const pa_secp256k1_scalar *r[LANES];
    for (int i = 0; i < LANES; i++) {
        r[i] = &at->chunk.r[at->open[start + (i < rows ? i : 0)]];
    }
    const unsigned int matches = secp256k1_matches(sum, r), again = mask_bits(redo);
    for (int i = 0; i < rows; i++) {
        const bool good = again >> i & 1u ? secp256k1_single(at, start + i) : matches >> i & 1u;
        verdicts[at->open[start + i]] = good;
    }
}

static inline int secp256k1_group_rows(int g, int count)
{
    return count - g * LANES < LANES ? count - g * LANES : LANES;
}

/* verdicts of count open rows from `first` on, in lanes; a last group that is not full repeats its first row. */
static void secp256k1_open_lanes(uint8_t *verdicts, secp256k1_scratch *at, int first, int count)
{
    sums_group *groups = (sums_group *)(void *)at->groups;
    const int size = (count + LANES - 1) / LANES;
    for (int g = 0; g < size; g++) {
        const int start = first + g * LANES, rows = secp256k1_group_rows(g, count);
        pa_secp256k1_sums_digits *digits[LANES];
        for (int i = 0; i < LANES; i++) {
            groups[g].key[i] = at->chunk.key[at->open[start + (i < rows ? i : 0)]]->point;
            digits[i] = &groups[g].digits[i];
        }
        SECP256K1_SCALARS.digits(digits, &at->u1[start], &at->u2[start], rows);
        for (int i = rows; i < LANES; i++) {
            *digits[i] = *digits[0];
        }
    }
    sums_run(groups, size);
    for (int g = 0; g < size; g++) {
        secp256k1_conclude(verdicts, at, first + g * LANES, secp256k1_group_rows(g, count),
                           &groups[g].sum, groups[g].redo);
    }
}

/* The same of rows with prepared keys. */
static void secp256k1_open_prepared(uint8_t *verdicts, secp256k1_scratch *at, int first, int count)
{
    prepared_group *groups = (prepared_group *)(void *)at->groups;
    const int size = (count + LANES - 1) / LANES;
    for (int g = 0; g < size; g++) {
        const int start = first + g * LANES, rows = secp256k1_group_rows(g, count);
        pa_secp256k1_prepared_digits *digits[LANES];
        for (int i = 0; i < LANES; i++) {
            const int row_at = at->open[start + (i < rows ? i : 0)];
            groups[g].table[i] = &at->chunk.prepared[row_at]->table;
            digits[i] = &groups[g].digits[i];
        }
        SECP256K1_SCALARS.prepared_digits(digits, &at->u1[start], &at->u2[start], rows);
        for (int i = rows; i < LANES; i++) {
            *digits[i] = *digits[0];
        }
    }
    prepared_run(groups, size);
    for (int g = 0; g < size; g++) {
        secp256k1_conclude(verdicts, at, first + g * LANES, secp256k1_group_rows(g, count),
                           &groups[g].sum, groups[g].redo);
    }
}

/* verdicts of count open rows from `first` on, all of one kind, so few behind full groups one by one. */
static void secp256k1_open(uint8_t *verdicts, secp256k1_scratch *at, int first, int count,
                           bool prepared)
{
    const int tail = count % LANES;
    const int least = prepared ? SECP256K1_PREPARED_MIN : SECP256K1_LANES_MIN;
    int in_lanes = tail >= least ? count : count - tail;
    in_lanes = !prepared && count < SECP256K1_ROWS_MIN ? 0 : in_lanes;
    if (in_lanes > 0) {
        if (prepared) {
            secp256k1_open_prepared(verdicts, at, first, in_lanes);
        } else {
            secp256k1_open_lanes(verdicts, at, first, in_lanes);
        }
    }
    for (int k = first + in_lanes; k < first + count; k++) {
        verdicts[at->open[k]] = secp256k1_single(at, k);
    }
}

static pyaccel_status secp256k1_verify_chunk(uint8_t *verdicts, uint8_t *reasons,
                                             const pa_verify_job *job, uint64_t first, int count,
                                             secp256k1_scratch *at)
{
    pa_secp256k1_chunk *chunk = &at->chunk;
    const pyaccel_status status = pa_secp256k1_chunk_read(chunk, job, first, count);
    if (status != PYACCEL_OK) {
        return status;
    }
    secp256k1_decode_keys(chunk->decoded, chunk->unprepared, chunk->unprepared_count,
                          pa_secp256k1_parse_key);
    memset(verdicts, 0, (size_t)count);
    int prepared_count;
    const int open_count = pa_secp256k1_chunk_judge(reasons, at->open, &prepared_count, at->u1,
                                                    at->u2, chunk, job->rule, &SECP256K1_SCALARS);
    secp256k1_open(verdicts, at, 0, prepared_count, true);
    secp256k1_open(verdicts, at, prepared_count, open_count - prepared_count, false);
    for (int k = 0; k < open_count; k++) {
        const int i = at->open[k];
        reasons[i] = verdicts[i] ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION;
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.verify_range */
static pyaccel_status secp256k1_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                             const pa_verify_job *job, uint64_t first,
                                             uint64_t last, void *scratch)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_SECP256K1_CHUNK) {
        status = secp256k1_verify_chunk(verdicts + at, reasons + at, job, at,
                                        secp256k1_chunk_size(at, last), scratch);
    }
    fe_end(state);
    return status;
}

#include "secp256k1_recover_lanes.h"

#define SECP256K1_KERNEL                                                                           \
    {                                                                                              \
        .scheme = PYACCEL_SCHEME_SECP256K1_ECDSA,                                                  \
        .prepared_size = sizeof(pa_secp256k1_prepared),                                            \
        .range_rows = 4 * PA_SECP256K1_CHUNK,                                                      \
        .prepare = secp256k1_prepare,                                                              \
        .scratch_size = secp256k1_scratch_size,                                                    \
        .verify_range = secp256k1_verify_range,                                                    \
        .recover_scratch_size = secp256k1_recover_scratch_size,                                    \
        .recover_range = secp256k1_recover_range,                                                  \
    }

#endif
