/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and SM2 on curves of a = -3 for many rows. A variant includes its field, then what its curve brings (p256_lanes.h, ..),
 * which ends with this file, and offers WEIERSTRASS_KERNEL as its table.
 *
 * A range is cut into chunks. Of a chunk, rows are read (weierstrass_rows.c), keys decoded in lanes, full lanes of them
 * whatever rows they come from, messages hashed, of SM2 with their keys; then the rows whose equation is in question run u1 G +
 * u2 Q in lanes together, those with prepared keys (weierstrass_prepared.h) before the others (weierstrass_sums.h). Fewer than
 * WEIERSTRASS_LANES_MIN rows behind the last full group run one by one (weierstrass_single.h), and so do rows that the lanes
 * cannot do, and all whose keys are not prepared where there are fewer than WEIERSTRASS_ROWS_MIN (where that is not said,
 * WEIERSTRASS_LANES_MIN); with prepared keys it is WEIERSTRASS_PREPARED_MIN that counts (likewise).
 *
 * The curve brings, beside what weierstrass_sums.h and weierstrass_prepared.h ask for,
 *   WEIERSTRASS_ID              PYACCEL_SCHEME_*
 *   WEIERSTRASS_SCHEME          its pa_weierstrass_scheme
 *   WEIERSTRASS_VERIFY_SINGLE   the two functions of weierstrass_singles.h
 *   WEIERSTRASS_DECODE_SINGLE */
#ifndef PA_VERIFY_WEIERSTRASS_LANES_H
#define PA_VERIFY_WEIERSTRASS_LANES_H

#include <string.h>

#include "weierstrass.h"
#include "weierstrass_decode.h"
#include "weierstrass_matches.h"
#include "weierstrass_prepared.h"
#include "weierstrass_singles.h"
#include "weierstrass_sums.h"

#ifndef WEIERSTRASS_PREPARED_MIN
#define WEIERSTRASS_PREPARED_MIN WEIERSTRASS_LANES_MIN
#endif
#ifndef WEIERSTRASS_ROWS_MIN
#define WEIERSTRASS_ROWS_MIN WEIERSTRASS_LANES_MIN
#endif

/* A decoded key. */
typedef struct {
    uint32_t reason;     /* PYACCEL_REASON_NONE, _LENGTH or _KEY */
    uint32_t padding[7]; /* to PA_SM2_PREPARED_ZA */
    uint8_t za[32];      /* of SM2, where the key is prepared */
    row point[2];        /* x, y, plain numbers; those of G where there is a reason */
} weierstrass_key;

/* A prepared key, with its table. */
typedef struct {
    weierstrass_key key;
    _Alignas(64) prepared_table table;
} weierstrass_prepared;

_Static_assert(sizeof(weierstrass_prepared) % 64 == 0, "entries of prepared keys are aligned");
_Static_assert(offsetof(weierstrass_prepared, key.za) == PA_SM2_PREPARED_ZA,
               "as sm2_rows.c has it");

/* ---- keys ------------------------------------------------------------------------------------ */

/* entries[i] = key i decoded, with its validity; count <= PA_WEIERSTRASS_CHUNK. Those with x alone go together, as they take
 * longer; a last group that is not full repeats its first key, and a last key goes by itself. */
static void weierstrass_decode_keys(weierstrass_key *entries, const pa_bytes *keys, int count,
                                    uint32_t key_format)
{
    pa_weierstrass_encoding encodings[PA_WEIERSTRASS_CHUNK];
    uint8_t order[2][PA_WEIERSTRASS_CHUNK];
    int counts[2] = {0, 0};
    for (int i = 0; i < count; i++) {
        memset(&entries[i], 0, sizeof entries[i]);
        entries[i].reason =
            pa_weierstrass_parse_key(&encodings[i], &keys[i], key_format, &WEIERSTRASS_SCHEME);
        const int lift = encodings[i].y == NULL;
        order[lift][counts[lift]++] = (uint8_t)i;
    }
    for (int lift = 0; lift < 2; lift++) {
        int lanes = LANES;
        for (int at = 0; at < counts[lift]; at += lanes) {
            row spare[2], *points[LANES];
            const unsigned char *x[LANES], *y[LANES];
            unsigned int odd = 0;
            lanes = counts[lift] - at == 1 ? 1 : LANES;
            for (int i = 0; i < lanes; i++) {
                const bool live = at + i < counts[lift];
                const int key = order[lift][live ? at + i : at];
                x[i] = encodings[key].x;
                y[i] = encodings[key].y;
                odd |= (unsigned int)encodings[key].odd << i;
                points[i] = live ? entries[key].point : spare;
            }
            const unsigned int valid =
                lanes < LANES ? WEIERSTRASS_DECODE_SINGLE(points[0], x[0], y[0], odd != 0)
                              : weierstrass_decode(points, x, lift ? NULL : y, odd);
            for (int i = 0; i < lanes && at + i < counts[lift]; i++) {
                weierstrass_key *entry = &entries[order[lift][at + i]];
                if (entry->reason == PYACCEL_REASON_NONE && !(valid >> i & 1u)) {
                    entry->reason = PYACCEL_REASON_KEY;
                }
            }
        }
    }
}

static inline int weierstrass_chunk_size(uint64_t at, uint64_t last)
{
    return last - at < PA_WEIERSTRASS_CHUNK ? (int)(last - at) : PA_WEIERSTRASS_CHUNK;
}

/* pa_verify_kernel.prepare */
static void weierstrass_prepare(uint8_t *entries, const pyaccel_rows *keys, uint64_t first,
                                uint64_t last, uint32_t key_format)
{
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last; at += PA_WEIERSTRASS_CHUNK) {
        weierstrass_prepared *prepared = (weierstrass_prepared *)(void *)entries + at;
        weierstrass_key decoded[PA_WEIERSTRASS_CHUNK];
        pa_bytes bytes[PA_WEIERSTRASS_CHUNK];
        prepared_table *tables[PA_WEIERSTRASS_CHUNK];
        const int count = weierstrass_chunk_size(at, last);
        for (int i = 0; i < count; i++) {
            pa_rows_get(&bytes[i], keys, at + (uint64_t)i);
        }
        weierstrass_decode_keys(decoded, bytes, count, key_format);
        for (int i = 0; i < count; i++) {
            prepared[i].key = decoded[i];
            memcpy(prepared[i].table[0][0], decoded[i].point, sizeof decoded[i].point);
            tables[i] = &prepared[i].table;
        }
        prepared_tables(tables, count);
        if (WEIERSTRASS_SCHEME.sm2) {
            const uint64_t *points[PA_WEIERSTRASS_CHUNK];
            for (int i = 0; i < count; i++) {
                points[i] = decoded[i].point[0].word;
            }
            pa_sm2_default_za(prepared[0].key.za, sizeof *prepared, points, count);
        }
    }
    fe_end(state);
}

/* ---- equations ------------------------------------------------------------------------------- */

#define WEIERSTRASS_GROUP_SIZE                                                                     \
    (sizeof(sums_group) > sizeof(prepared_group) ? sizeof(sums_group) : sizeof(prepared_group))

/* What a range keeps for one chunk after the other; as many groups as the call has rows for. */
typedef struct {
    pa_weierstrass_chunk chunk;
    pa_scalar u1[PA_WEIERSTRASS_CHUNK], u2[PA_WEIERSTRASS_CHUNK];
    const weierstrass_key *key[PA_WEIERSTRASS_CHUNK];
    weierstrass_key decoded[PA_WEIERSTRASS_CHUNK]; /* of the unprepared keys, in their order */
    int open[PA_WEIERSTRASS_CHUNK];
    _Alignas(64) uint8_t groups[]; /* of one kind, then of the other */
} weierstrass_scratch;

/* pa_verify_kernel.scratch_size */
static uint64_t weierstrass_scratch_size(const pa_verify_job *job, uint64_t rows)
{
    (void)job;
    const uint64_t most = rows < PA_WEIERSTRASS_CHUNK ? rows : PA_WEIERSTRASS_CHUNK;
    return sizeof(weierstrass_scratch) + (most + LANES - 1) / LANES * WEIERSTRASS_GROUP_SIZE;
}

/* Row k of the open ones by itself. */
static bool weierstrass_single(const weierstrass_scratch *at, int k)
{
    const int i = at->open[k];
    return WEIERSTRASS_VERIFY_SINGLE(at->key[i]->point, &at->u1[k], &at->u2[k],
                                     &at->chunk.match[i]);
}

/* verdicts of the open rows start .. start + rows, rows <= LANES, from their sums. */
static void weierstrass_conclude(uint8_t *verdicts, const weierstrass_scratch *at, int start,
                                 int rows, const curve_jacobian *sum, mask redo)
{
    const pa_scalar *match[LANES];
    for (int i = 0; i < LANES; i++) {
        match[i] = &at->chunk.match[at->open[start + (i < rows ? i : 0)]];
    }
    const unsigned int matches = weierstrass_matches(sum, match, WEIERSTRASS_SCHEME.order),
                       again = mask_bits(redo);
    for (int i = 0; i < rows; i++) {
        const bool good = again >> i & 1u ? weierstrass_single(at, start + i) : matches >> i & 1u;
        verdicts[at->open[start + i]] = good;
    }
}

static inline int weierstrass_group_rows(int g, int count)
{
    return count - g * LANES < LANES ? count - g * LANES : LANES;
}

/* verdicts of count open rows from `first` on, in lanes; a last group that is not full repeats its first row. */
static void weierstrass_open_lanes(uint8_t *verdicts, weierstrass_scratch *at, int first, int count)
{
    sums_group *groups = (sums_group *)(void *)at->groups;
    const int size = (count + LANES - 1) / LANES;
    for (int g = 0; g < size; g++) {
        const int start = first + g * LANES, rows = weierstrass_group_rows(g, count);
        for (int i = 0; i < LANES; i++) {
            const int k = start + (i < rows ? i : 0);
            groups[g].key[i] = at->key[at->open[k]]->point;
            if (i < rows) {
                pa_order_sums_digits_of(&groups[g].digits[i], &at->u1[k], &at->u2[k],
                                        WEIERSTRASS_SCHEME.order);
            } else {
                groups[g].digits[i] = groups[g].digits[0];
            }
        }
    }
    sums_run(groups, size);
    for (int g = 0; g < size; g++) {
        weierstrass_conclude(verdicts, at, first + g * LANES, weierstrass_group_rows(g, count),
                             &groups[g].sum, groups[g].redo);
    }
}

/* The same of rows with prepared keys. */
static void weierstrass_open_prepared(uint8_t *verdicts, weierstrass_scratch *at, int first,
                                      int count)
{
    prepared_group *groups = (prepared_group *)(void *)at->groups;
    const int size = (count + LANES - 1) / LANES;
    for (int g = 0; g < size; g++) {
        const int start = first + g * LANES, rows = weierstrass_group_rows(g, count);
        for (int i = 0; i < LANES; i++) {
            const int k = start + (i < rows ? i : 0);
            const weierstrass_prepared *prepared = at->chunk.prepared[at->open[k]];
            groups[g].table[i] = &prepared->table;
            if (i < rows) {
                pa_order_prepared_digits_of(&groups[g].digits[i], &at->u1[k], &at->u2[k],
                                            WEIERSTRASS_SCHEME.order);
            } else {
                groups[g].digits[i] = groups[g].digits[0];
            }
        }
    }
    prepared_run(groups, size);
    for (int g = 0; g < size; g++) {
        weierstrass_conclude(verdicts, at, first + g * LANES, weierstrass_group_rows(g, count),
                             &groups[g].sum, groups[g].redo);
    }
}

/* verdicts of count open rows from `first` on, all of one kind, so few behind full groups one by one. */
static void weierstrass_open(uint8_t *verdicts, weierstrass_scratch *at, int first, int count,
                             bool prepared)
{
    const int tail = count % LANES;
    const int least = prepared ? WEIERSTRASS_PREPARED_MIN : WEIERSTRASS_LANES_MIN;
    int in_lanes = tail >= least ? count : count - tail;
    in_lanes = !prepared && count < WEIERSTRASS_ROWS_MIN ? 0 : in_lanes;
    if (in_lanes > 0) {
        if (prepared) {
            weierstrass_open_prepared(verdicts, at, first, in_lanes);
        } else {
            weierstrass_open_lanes(verdicts, at, first, in_lanes);
        }
    }
    for (int k = first + in_lanes; k < first + count; k++) {
        verdicts[at->open[k]] = weierstrass_single(at, k);
    }
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* Keys of the rows of a chunk, decoded where they are not prepared. */
static void weierstrass_keys(weierstrass_scratch *at, uint32_t key_format)
{
    pa_weierstrass_chunk *chunk = &at->chunk;
    pa_bytes unprepared[PA_WEIERSTRASS_CHUNK];
    for (int k = 0; k < chunk->unprepared_count; k++) {
        unprepared[k] = chunk->key[chunk->unprepared[k]];
        at->key[chunk->unprepared[k]] = &at->decoded[k];
    }
    weierstrass_decode_keys(at->decoded, unprepared, chunk->unprepared_count, key_format);
    for (int i = 0; i < chunk->count; i++) {
        if (chunk->prepared[i] != NULL) {
            at->key[i] = &((const weierstrass_prepared *)chunk->prepared[i])->key;
        }
        chunk->key_reason[i] = at->key[i]->reason;
        chunk->point[i] = at->key[i]->point[0].word;
    }
}

static pyaccel_status weierstrass_verify_chunk(uint8_t *verdicts, uint8_t *reasons,
                                               const pa_verify_job *job, uint64_t first, int count,
                                               weierstrass_scratch *at)
{
    if (!pa_weierstrass_chunk_read(&at->chunk, job, &WEIERSTRASS_SCHEME,
                                   sizeof(weierstrass_prepared), first, count)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    weierstrass_keys(at, job->key_format);
    const pyaccel_status status =
        pa_weierstrass_chunk_digest(&at->chunk, job, &WEIERSTRASS_SCHEME, first);
    if (status != PYACCEL_OK) {
        return status;
    }
    memset(verdicts, 0, (size_t)count);
    int prepared_count;
    const int open_count = pa_weierstrass_chunk_judge(reasons, at->open, &prepared_count, at->u1,
                                                      at->u2, &at->chunk, &WEIERSTRASS_SCHEME);
    weierstrass_open(verdicts, at, 0, prepared_count, true);
    weierstrass_open(verdicts, at, prepared_count, open_count - prepared_count, false);
    for (int k = 0; k < open_count; k++) {
        const int i = at->open[k];
        reasons[i] = verdicts[i] ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION;
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.verify_range */
static pyaccel_status weierstrass_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                               const pa_verify_job *job, uint64_t first,
                                               uint64_t last, void *scratch)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += PA_WEIERSTRASS_CHUNK) {
        status = weierstrass_verify_chunk(verdicts + at, reasons + at, job, at,
                                          weierstrass_chunk_size(at, last), scratch);
    }
    fe_end(state);
    return status;
}

#define WEIERSTRASS_KERNEL                                                                         \
    {                                                                                              \
        .scheme = WEIERSTRASS_ID,                                                                  \
        .prepared_size = sizeof(weierstrass_prepared),                                             \
        .range_rows = 4 * PA_WEIERSTRASS_CHUNK,                                                    \
        .prepare = weierstrass_prepare,                                                            \
        .scratch_size = weierstrass_scratch_size,                                                  \
        .verify_range = weierstrass_verify_range,                                                  \
    }

#endif
