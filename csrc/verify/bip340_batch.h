/* SPDX-License-Identifier: Apache-2.0 */
/* BIP-340: many rows in one equation. Included by a variant after bip340_lanes.h.
 *
 * Rows that a length, a key, r or s decides are left out. For the others, R_i being the point of abscissa r_i with even y, and
 * with random z_i other than 0,
 *
 *     sum_i z_i R_i + sum_P (sum_(i of P) z_i e_i) P - (sum_i z_i s_i) G = 0.
 *
 * A row is valid exactly when s_i G - e_i P_i = R_i: finite, of abscissa r_i, of even y. All rows hold: so does the sum. One
 * does not: its s_i G - e_i P_i - R_i is a point other than 0 of a group of prime order, which one z_i modulo n at most
 * cancels, whatever the others are. z_i = a + b lambda with any 64-bit a and b but both 0, two's complement, from
 * coefficients.h. No two such pairs are equal modulo n: a difference (a, b) would be a vector of the lattice of pairs with
 * a + b lambda = 0, whose shortest vectors have more than 2^126; a and b are below 2^65. So z_i is one of 2^128 - 1 numbers,
 * and with it R_i takes part with two scalars of 64 bits, on R_i and on lambda R_i = (beta x, y).
 *
 * Keys that repeat are one term; its scalar, and that of G, is split into halves of 128 bits and a sign (GLV). All scalars are
 * cut into windows: signed digits of some bits, no carry from one to the next (as in ed25519_batch.h), of which those above bit
 * 64 have the keys alone. A window has a bucket for every absolute value of a digit. Buckets are lists of points, which
 * secp256k1_lists.h sums up; then each window's own sum is a running sum of its buckets, summed, windows in lanes; and the
 * windows are joined one after the other (bip340_join.c). Where two equal points meet in a list, rows are done one by one.
 *
 * Work a row, distinct keys, 8 lanes, n = 1024: two lifts of 254 S, an eighth of a group each; 48 additions of 5M + 1S, an eighth
 * each; 256 buckets of 27 products of lanes for each half, of all rows. Measured on Zen 4 with gcc 12, us a row from 32-byte
 * messages: 2.7 (15 times libsecp256k1 through coincurve, 41.6); 3.2 at n = 255, 4.5 at 64; one by one 5. Four lanes of AVX2, the
 * same machine: 7.6, 8.6, 11.3, 16. */
#ifndef PA_VERIFY_BIP340_BATCH_H
#define PA_VERIFY_BIP340_BATCH_H

#include "secp256k1_lists.h"

/* Fewer rows than that are quicker one by one, by measurement. */
#ifndef BIP340_BATCH_MIN
#define BIP340_BATCH_MIN 16
#endif

/* Rows of the first batch of a range of eight times as many or more: should all be bad, the sum of a
 * few is lost. 1024 bad rows take 1.9 times as long as good ones in eight lanes, and would in four
 * take 3.2 times as long without it. */
#ifndef BIP340_FIRST_BATCH
#define BIP340_FIRST_BATCH 128
#endif

/* Where coefficients come from: tests take the entropy away. */
#ifndef BIP340_COEFFICIENTS
#define BIP340_COEFFICIENTS pa_bip340_coefficients
#endif

/* ---- what a batch is worked out in ---------------------------------------------------------- */

#define BIP340_CHUNKS (PA_BIP340_BATCH / PA_BIP340_CHUNK)
#define BIP340_SLOTS (2 * PA_BIP340_BATCH)
#define BIP340_PROBES 8
#define BIP340_NO_ROW 0xffff

/* Entries of the table: R of row i at i, the key whose first row is i at BIP340_KEY(i), then G. */
#define BIP340_KEY(i) (PA_BIP340_BATCH + (i))
#define BIP340_G (2 * PA_BIP340_BATCH)
#define BIP340_ENTRIES (2 * PA_BIP340_BATCH + 1)

/* Bits of the scalars below and above bit 64, the sign with the latter. */
#define BIP340_LOW 64
#define BIP340_HIGH 65
#define BIP340_WIDEST 9
#define BIP340_NARROWEST 3
#define BIP340_WINDOWS ((BIP340_LOW + BIP340_HIGH) / BIP340_NARROWEST + 2)

/* Of one run of lists. */
#define BIP340_REFERENCES 49152
#define BIP340_BUCKETS 2560
#define BIP340_PIECES 4096

/* One scalar, 129 bits two's complement, and the reference of what it multiplies. */
typedef struct {
    uint64_t low[2 * BIP340_ENTRIES];
    uint64_t high[2 * (PA_BIP340_BATCH + 1)];
    int8_t top[2 * (PA_BIP340_BATCH + 1)]; /* 0 or -1 */
    uint16_t reference[2 * BIP340_ENTRIES];
    uint32_t wide, count; /* scalars with a high part come first */
} bip340_scalars;

typedef struct {
    uint16_t references[BIP340_REFERENCES];
    uint16_t digits[2 * BIP340_ENTRIES];
    lists_bucket buckets[BIP340_BUCKETS];
    uint8_t filled[BIP340_BUCKETS];
    row sums[BIP340_BUCKETS][2];
    lists_piece pieces[BIP340_PIECES], sorted[BIP340_PIECES];
    row parts[2][4 * BIP340_PIECES];
    lists_group groups[BIP340_PIECES / LANES];
} bip340_lists;

/* Entries to be made: first those to be lifted, then all that there are. */
typedef struct {
    pa_secp256k1_encoding from[2 * PA_BIP340_BATCH];
    uint16_t lifts[2 * PA_BIP340_BATCH], all[BIP340_ENTRIES];
} bip340_points;

typedef struct {
    pa_bip340_chunk chunks[BIP340_CHUNKS];
    int live[BIP340_CHUNKS][PA_BIP340_CHUNK]; /* rows of the chunk that are open */
    int count[BIP340_CHUNKS];

    /* Row numbers in the batch; the first row of each row's key. */
    uint16_t slots[BIP340_SLOTS], first[PA_BIP340_BATCH];
    bool lifted[BIP340_ENTRIES]; /* R and keys that are points */

    pa_bip340_transcript transcript;
    pa_coefficient z[PA_BIP340_BATCH];
    pa_secp256k1_scalar key_sum[PA_BIP340_BATCH], g_sum; /* of z e for each key, of z s */
    bool key_live[PA_BIP340_BATCH];
    bip340_scalars scalars;

    _Alignas(64) row table[BIP340_ENTRIES][4]; /* x, y, beta x, -y */
    row windows[BIP340_WINDOWS + LANES][3];    /* of each the sum, Jacobian */
    union {                                    /* one after the other */
        bip340_points points;
        bip340_lists lists;
        sums_group groups[PA_BIP340_CHUNK / LANES];
    } work;
} bip340_batch;

/* ---- points --------------------------------------------------------------------------------- */

/* `count` entries have x and y of the abscissae `from`; a last group that is not full repeats its first one. */
static void bip340_lift_all(bip340_batch *batch, const pa_secp256k1_encoding *from,
                            const uint16_t *to, unsigned int count)
{
    unsigned int lanes = LANES;
    for (unsigned int at = 0; at < count; at += lanes) {
        const pa_secp256k1_encoding *encodings[SECP256K1_LIFT_LANES];
        row *entries[SECP256K1_LIFT_LANES], spare[2];
        lanes = count - at > LANES ? SECP256K1_LIFT_LANES : LANES;
        for (unsigned int i = 0; i < lanes; i++) {
            encodings[i] = &from[at + i < count ? at + i : at];
            entries[i] = at + i < count ? batch->table[to[at + i]] : spare;
        }
        const unsigned int good = lanes == LANES ? secp256k1_decode(entries, encodings, true)
                                                 : SECP256K1_LIFT(entries, encodings);
        for (unsigned int i = 0; i < lanes && at + i < count; i++) {
            batch->lifted[to[at + i]] = good >> i & 1u;
        }
    }
}

/* The rest of `count` entries that have x and y: beta x, -y. */
static void bip340_complete_all(bip340_batch *batch, const uint16_t *entries, unsigned int count)
{
    fe beta;
    curve_beta(&beta);
    for (unsigned int at = 0; at < count; at += LANES) {
        const row *x[LANES], *y[LANES];
        row *to_x[LANES], *to_y[LANES];
        fe x_of, y_of;
        for (unsigned int i = 0; i < LANES; i++) {
            row *entry = batch->table[entries[at + i < count ? at + i : at]];
            x[i] = &entry[0];
            y[i] = &entry[1];
            to_x[i] = &entry[2];
            to_y[i] = &entry[3];
        }
        fe_gather(&x_of, x);
        fe_gather(&y_of, y);
        fe_mul(&x_of, &x_of, &beta);
        fe_neg(&y_of, &y_of, 1);
        fe_scatter(to_x, &x_of);
        fe_scatter(to_y, &y_of);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

static const uint8_t *bip340_key_of(const bip340_batch *batch, unsigned int i)
{
    return batch->chunks[i / PA_BIP340_CHUNK].encoded[i % PA_BIP340_CHUNK] + 32;
}

/* The first row that has the key of row i. After BIP340_PROBES others in a row a key is taken for a new one: that is rare
 * among keys that nobody made to collide, and costs time alone. */
static uint16_t bip340_first_of(bip340_batch *batch, unsigned int i)
{
    const uint8_t *key = bip340_key_of(batch, i);
    unsigned int slot = key[0] | (unsigned int)key[1] << 8;
    for (int probe = 0; probe < BIP340_PROBES; probe++, slot++) {
        uint16_t *at = &batch->slots[slot % BIP340_SLOTS];
        if (*at == BIP340_NO_ROW) {
            *at = (uint16_t)i;
            break;
        }
        if (memcmp(bip340_key_of(batch, *at), key, 32) == 0) {
            return *at;
        }
    }
    return (uint16_t)i;
}

/* Reads n rows from `first` on and makes all points that they need. */
static pyaccel_status bip340_batch_read(bip340_batch *batch, const pa_verify_job *job,
                                        uint64_t first, unsigned int n)
{
    bip340_points *points = &batch->work.points;
    unsigned int lifts = 0, all = 0;
    memset(batch->slots, 0xff, sizeof batch->slots);
    for (unsigned int i = 0; i < n; i++) {
        pa_bip340_chunk *chunk = &batch->chunks[i / PA_BIP340_CHUNK];
        const unsigned int j = i % PA_BIP340_CHUNK;
        if (j == 0) {
            const unsigned int left = n - i;
            const pyaccel_status status = pa_bip340_chunk_read(
                chunk, job, first + i, (int)(left < PA_BIP340_CHUNK ? left : PA_BIP340_CHUNK));
            if (status != PYACCEL_OK) {
                return status;
            }
        }
        if (chunk->reasons[j] != PYACCEL_REASON_NONE) {
            continue;
        }
        batch->first[i] = bip340_first_of(batch, i);
        batch->key_live[i] = false;
        chunk->point[j] = batch->table[BIP340_KEY(batch->first[i])];
        points->from[lifts] = (pa_secp256k1_encoding){.x = chunk->encoded[j]};
        points->lifts[lifts++] = points->all[all++] = (uint16_t)i;
        if (batch->first[i] != i) {
            continue;
        }
        points->all[all++] = (uint16_t)BIP340_KEY(i);
        if (chunk->prepared[j] != NULL) {
            memcpy(batch->table[BIP340_KEY(i)], chunk->prepared[j]->point, 2 * sizeof(row));
            batch->lifted[BIP340_KEY(i)] = chunk->prepared[j]->reason == PYACCEL_REASON_NONE;
        } else {
            points->from[lifts] = (pa_secp256k1_encoding){.x = chunk->encoded[j] + 32};
            points->lifts[lifts++] = (uint16_t)BIP340_KEY(i);
        }
    }
    memcpy(batch->table[BIP340_G], pa_secp256k1_base[0][0], 2 * sizeof(row));
    points->all[all++] = BIP340_G;
    bip340_lift_all(batch, points->from, points->lifts, lifts);
    bip340_complete_all(batch, points->all, all);
    return PYACCEL_OK;
}

/* Sets the reasons KEY, ENCODING and RANGE of n rows; returns how many are open. */
static unsigned int bip340_batch_judge(bip340_batch *batch, unsigned int n)
{
    unsigned int open = 0;
    memset(batch->count, 0, sizeof batch->count);
    for (unsigned int i = 0; i < n; i++) {
        const unsigned int c = i / PA_BIP340_CHUNK, j = i % PA_BIP340_CHUNK;
        pa_bip340_chunk *chunk = &batch->chunks[c];
        if (chunk->reasons[j] != PYACCEL_REASON_NONE) {
            continue;
        }
        if (!batch->lifted[BIP340_KEY(batch->first[i])]) {
            chunk->reasons[j] = PYACCEL_REASON_KEY;
        } else if (!batch->lifted[i]) {
            chunk->reasons[j] = PYACCEL_REASON_ENCODING;
        } else if (!chunk->in_range[j]) {
            chunk->reasons[j] = PYACCEL_REASON_RANGE;
        } else {
            batch->live[c][batch->count[c]++] = (int)j;
            open++;
        }
    }
    return open;
}

/* ---- scalars -------------------------------------------------------------------------------- */

/* One more scalar, 129 bits two's complement. */
static void bip340_scalar_half(bip340_scalars *scalars, const pa_secp256k1_half *half,
                               unsigned int reference)
{
    const uint64_t flip = 0 - (uint64_t)half->negative;
    const uint32_t k = scalars->count++;
    scalars->low[k] = (half->limb[0] ^ flip) - flip;
    scalars->high[k] = (half->limb[1] ^ flip) + (flip & (uint64_t)(half->limb[0] == 0));
    scalars->top[k] = half->negative && (half->limb[0] | half->limb[1]) != 0 ? -1 : 0;
    scalars->reference[k] = (uint16_t)reference;
}

static void bip340_scalar_of(bip340_scalars *scalars, const pa_secp256k1_scalar *a,
                             unsigned int entry)
{
    pa_secp256k1_half first, second;
    pa_secp256k1_scalar_split_lambda(&first, &second, a);
    bip340_scalar_half(scalars, &first, 4 * entry);
    bip340_scalar_half(scalars, &second, 4 * entry + 2);
}

/* The scalars of all terms of the open rows; false when there are no coefficients. */
static bool bip340_batch_scalars(bip340_batch *batch, unsigned int n, unsigned int open)
{
    bip340_scalars *scalars = &batch->scalars;
    uint16_t keys[PA_BIP340_BATCH];
    unsigned int row_count = 0, key_count = 0;
    for (unsigned int c = 0; c * PA_BIP340_CHUNK < n; c++) {
        const pa_bip340_chunk *chunk = &batch->chunks[c];
        for (int k = 0; k < batch->count[c]; k++) {
            const int j = batch->live[c][k];
            uint8_t *bytes = batch->transcript.rows[row_count++];
            memcpy(bytes, chunk->s[j].limb, 32);
            memcpy(bytes + 32, chunk->e[j].limb, 32);
            memcpy(bytes + 64, chunk->encoded[j], 32);
        }
    }
    if (!BIP340_COEFFICIENTS(batch->z, &batch->transcript, open)) {
        return false;
    }
    row_count = 0;
    batch->g_sum = (pa_secp256k1_scalar){{0}};
    for (unsigned int c = 0; c * PA_BIP340_CHUNK < n; c++) {
        const pa_bip340_chunk *chunk = &batch->chunks[c];
        for (int k = 0; k < batch->count[c]; k++) {
            const int j = batch->live[c][k];
            const uint64_t *z = batch->z[row_count++].word;
            const uint16_t key = batch->first[c * PA_BIP340_CHUNK + (unsigned int)j];
            pa_secp256k1_scalar weighed;
            pa_secp256k1_scalar_weigh(&weighed, z, &chunk->s[j]);
            pa_secp256k1_scalar_add(&batch->g_sum, &batch->g_sum, &weighed);
            pa_secp256k1_scalar_weigh(&weighed, z, &chunk->e[j]);
            if (batch->key_live[key]) {
                pa_secp256k1_scalar_add(&batch->key_sum[key], &batch->key_sum[key], &weighed);
            } else {
                batch->key_live[key] = true;
                batch->key_sum[key] = weighed;
                keys[key_count++] = key;
            }
        }
    }
    pa_secp256k1_scalar_negate(&batch->g_sum, &batch->g_sum);
    scalars->count = 0;
    bip340_scalar_of(scalars, &batch->g_sum, BIP340_G);
    for (unsigned int k = 0; k < key_count; k++) {
        bip340_scalar_of(scalars, &batch->key_sum[keys[k]], (unsigned int)BIP340_KEY(keys[k]));
    }
    scalars->wide = scalars->count;
    row_count = 0;
    for (unsigned int c = 0; c * PA_BIP340_CHUNK < n; c++) {
        for (int k = 0; k < batch->count[c]; k++) {
            const unsigned int i = c * PA_BIP340_CHUNK + (unsigned int)batch->live[c][k];
            for (unsigned int e = 0; e < 2; e++) {
                scalars->low[scalars->count] = batch->z[row_count].word[e];
                scalars->reference[scalars->count++] = (uint16_t)(4 * i + 2 * e);
            }
            row_count++;
        }
    }
    return true;
}

/* ---- windows -------------------------------------------------------------------------------- */

/* How `bits` are cut: window j has bits at[j] .. at[j + 1] - 1. */
typedef struct {
    int count;
    int at[BIP340_WINDOWS + 1];
} bip340_cut;

/* The cheapest cut of `bits` for `terms` scalars, costs in products of LANES: an addition takes as much time as 9 of them, LANES at
 * once; a bucket 29, of LANES windows at once. */
static void bip340_cut_of(bip340_cut *best, int bits, uint32_t terms)
{
    uint32_t lowest = UINT32_MAX;
    best->count = 0;
    for (int count = (bits - 1) / BIP340_WIDEST + 1; count <= bits / BIP340_NARROWEST; count++) {
        bip340_cut cut = {.count = count};
        const int widest = (bits - 1) / count + 1;
        const uint32_t drains = (uint32_t)(count + LANES - 1) / LANES;
        const uint32_t cost = (uint32_t)count * terms * 9 / LANES + (drains << (widest - 1)) * 29;
        for (int j = 0; j <= count; j++) {
            cut.at[j] = bits * j / count;
        }
        if (cost < lowest && (uint64_t)count * terms <= BIP340_REFERENCES) {
            *best = cut;
            lowest = cost;
        }
    }
}

/* The windows of both halves, or one of them, that run together. */
typedef struct {
    int count;
    uint32_t first_bucket[BIP340_WINDOWS], bucket_count[BIP340_WINDOWS];
    uint32_t buckets, references;
} bip340_run;

/* digits[k] = absolute value, and the sign at bit 0, of the digit of window at .. at + width of the low part of `count`
 * scalars: the window plus the bit before it, less 2^width where its top bit is set. With that bit as lowest, u, it is
 * (u + 1) / 2, rounded down; and of what is negative the same of all bits of u flipped. */
static inline uint16_t bip340_digit(uint64_t u, int width)
{
    const uint64_t negative = u >> width & 1;
    const uint64_t size = (((u ^ (0 - negative)) & ((UINT64_C(1) << width) - 1)) + 1) >> 1;
    return (uint16_t)(size << 1 | negative);
}

static void bip340_low_digits(uint16_t *digits, const bip340_scalars *scalars, int at, int width)
{
    for (uint32_t k = 0; k < scalars->count; k++) {
        const uint64_t low = scalars->low[k];
        digits[k] = bip340_digit(at == 0 ? low << 1 : low >> (at - 1), width);
    }
}

static void bip340_high_digits(uint16_t *digits, const bip340_scalars *scalars, int at, int width)
{
    for (uint32_t k = 0; k < scalars->wide; k++) {
        /* Bits 63 .. 126; and those above */
        const uint64_t body = scalars->high[k] << 1 | scalars->low[k] >> 63;
        const uint64_t above = scalars->high[k] >> 63 | (uint64_t)(scalars->top[k] & 1) << 1;
        digits[k] = bip340_digit(at == 0 ? body : body >> at | above << (64 - at), width);
    }
}

/* One window of the run: lists of its buckets, by counting. */
static void bip340_sort(bip340_lists *work, const bip340_scalars *scalars, bip340_run *run,
                        uint32_t count, int width)
{
    const uint32_t first = run->buckets, buckets = UINT32_C(1) << (width - 1);
    uint32_t place[(1 << (BIP340_WIDEST - 1)) + 1] = {0};
    for (uint32_t k = 0; k < count; k++) {
        place[work->digits[k] >> 1]++;
    }
    uint32_t at = run->references;
    for (uint32_t b = 0; b < buckets; b++) {
        const uint32_t size = place[b + 1];
        work->buckets[first + b] = (lists_bucket){at, size};
        work->filled[first + b] = size > 0;
        place[b + 1] = at;
        at += size;
    }
    place[0] = BIP340_REFERENCES; /* digits that are 0 go nowhere */
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t digit = work->digits[k] >> 1;
        if (digit != 0) {
            work->references[place[digit]++] =
                (uint16_t)(scalars->reference[k] | (work->digits[k] & 1));
        }
    }
    run->first_bucket[run->count] = first;
    run->bucket_count[run->count++] = buckets;
    run->buckets += buckets;
    run->references = at;
}

static void bip340_sort_half(bip340_batch *batch, bip340_run *run, const bip340_cut *cut, bool high)
{
    bip340_lists *work = &batch->work.lists;
    const bip340_scalars *scalars = &batch->scalars;
    for (int j = 0; j < cut->count; j++) {
        const int width = cut->at[j + 1] - cut->at[j];
        if (high) {
            bip340_high_digits(work->digits, scalars, cut->at[j], width);
        } else {
            bip340_low_digits(work->digits, scalars, cut->at[j], width);
        }
        bip340_sort(work, scalars, run, high ? scalars->wide : scalars->count, width);
    }
}

/* The sums of LANES windows of a run from `first` on: a running sum of the upper buckets, summed. */
FE_FLAT static void bip340_drain(row (*windows)[3], const bip340_lists *work, const bip340_run *run,
                                 int first)
{
    static const row nothing[2];
    curve_jacobian running, sum, next;
    uint32_t most = 0;
    for (int i = 0; i < LANES && first + i < run->count; i++) {
        most = run->bucket_count[first + i] > most ? run->bucket_count[first + i] : most;
    }
    curve_set_infinity(&running);
    curve_set_infinity(&sum);
    for (uint32_t b = most; b-- > 0;) {
        const row *x[LANES], *y[LANES];
        unsigned int filled = 0;
        for (int i = 0; i < LANES; i++) {
            const bool there = first + i < run->count && b < run->bucket_count[first + i] &&
                               work->filled[run->first_bucket[first + i] + b];
            x[i] = there ? work->sums[run->first_bucket[first + i] + b] : nothing;
            y[i] = x[i] + 1;
            filled |= (unsigned int)there << i;
        }
        if (filled != 0) {
            const mask there = mask_from_bits(filled);
            curve_affine bucket;
            fe_gather(&bucket.x, x);
            fe_gather(&bucket.y, y);
            if (mask_any(mask_and(there, curve_add_mixed(&next, &running, &bucket)))) {
                curve_jacobian term;
                curve_from_affine(&term, &bucket);
                curve_add_complete(&next, &running, &term);
            }
            curve_select(&running, there, &next, &running);
        }
        if (mask_any(curve_add(&next, &sum, &running))) {
            curve_add_complete(&next, &sum, &running);
        }
        sum = next;
    }
    row *to[3][LANES];
    for (int e = 0; e < 3; e++) {
        for (int i = 0; i < LANES; i++) {
            to[e][i] = &windows[first + i][e];
        }
    }
    fe_scatter(to[0], &sum.x);
    fe_scatter(to[1], &sum.y);
    fe_scatter(to[2], &sum.z);
}

/* windows[] = the sums of all windows of the run; false where points met. */
static bool bip340_sum_run(bip340_batch *batch, const bip340_run *run, row (*windows)[3])
{
    bip340_lists *work = &batch->work.lists;
    lists at = {.table = batch->table[0],
                .references = work->references,
                .buckets = work->buckets,
                .sums = work->sums,
                .bucket_count = run->buckets,
                .pieces = work->pieces,
                .sorted = work->sorted,
                .parts = {work->parts[0], work->parts[1]},
                .groups = work->groups};
    /* About the root of how many points a list has; and no more pieces than there is room for. */
    const uint32_t average = run->references / run->buckets;
    uint32_t longest = average < 24 ? 4 : 8;
    while (run->references / longest + run->buckets > BIP340_PIECES) {
        longest++;
    }
    if (!lists_run(&at, longest)) {
        return false;
    }
    for (int first = 0; first < run->count; first += LANES) {
        bip340_drain(windows, work, run, first);
    }
    return true;
}

/* Rows from which on the halves run one after the other: lists of one then stay in the second-level cache. */
#ifndef BIP340_APART_ROWS
#define BIP340_APART_ROWS 256
#endif

/* Whether the combination of all open rows is 0; false also where nobody knows. Before: bip340_batch_scalars. */
static bool bip340_batch_holds(bip340_batch *batch, unsigned int open)
{
    bip340_cut low, high;
    bip340_run run = {0};
    int at[BIP340_WINDOWS];
    bip340_cut_of(&low, BIP340_LOW, batch->scalars.count);
    bip340_cut_of(&high, BIP340_HIGH, batch->scalars.wide);
    for (int j = 0; j < low.count + high.count; j++) {
        at[j] = j < low.count ? low.at[j] : BIP340_LOW + high.at[j - low.count];
    }
    bip340_sort_half(batch, &run, &low, false);
    row(*windows)[3] = batch->windows;
    if (open >= BIP340_APART_ROWS) {
        if (!bip340_sum_run(batch, &run, windows)) {
            return false;
        }
        windows += low.count;
        run = (bip340_run){0};
    }
    bip340_sort_half(batch, &run, &high, true);
    if (!bip340_sum_run(batch, &run, windows)) {
        return false;
    }
    return pa_bip340_join((const row(*)[3])batch->windows, at, low.count + high.count);
}

/* ---- batches -------------------------------------------------------------------------------- */

/* Sets the reason EQUATION of the open rows that deserve it, one by one; returns how many. */
static unsigned int bip340_batch_exact(bip340_batch *batch, unsigned int n)
{
    unsigned int failed = 0;
    for (unsigned int c = 0; c * PA_BIP340_CHUNK < n; c++) {
        pa_bip340_chunk *chunk = &batch->chunks[c];
        bool holds[PA_BIP340_CHUNK];
        bip340_equations(holds, chunk, batch->work.groups, batch->live[c], batch->count[c]);
        for (int k = 0; k < batch->count[c]; k++) {
            if (!holds[batch->live[c][k]]) {
                chunk->reasons[batch->live[c][k]] = PYACCEL_REASON_EQUATION;
                failed++;
            }
        }
    }
    return failed;
}

/* verify_range. After a row that fails, batches go row by row until one has none, so that whoever spoils every batch makes no
 * call do both for all of them. */
static pyaccel_status bip340_verify_batches(uint8_t *verdicts, uint8_t *reasons,
                                            const pa_verify_job *job, uint64_t first, uint64_t last,
                                            bip340_batch *batch)
{
    bool trusted = true;
    for (uint64_t at = first; at < last;) {
        const uint64_t left = last - at;
        const uint64_t most =
            at == first && left >= 8 * BIP340_FIRST_BATCH ? BIP340_FIRST_BATCH : PA_BIP340_BATCH;
        const unsigned int n = (unsigned int)(left < most ? left : most);
        const pyaccel_status status = bip340_batch_read(batch, job, at, n);
        if (status != PYACCEL_OK) {
            return status;
        }
        const unsigned int open = bip340_batch_judge(batch, n);
        if (!trusted || open < BIP340_BATCH_MIN || !bip340_batch_scalars(batch, n, open) ||
            !bip340_batch_holds(batch, open)) {
            trusted = bip340_batch_exact(batch, n) == 0;
        }
        for (unsigned int i = 0; i < n; i++) {
            reasons[at + i] = batch->chunks[i / PA_BIP340_CHUNK].reasons[i % PA_BIP340_CHUNK];
            verdicts[at + i] = reasons[at + i] == PYACCEL_REASON_NONE;
        }
        at += n;
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.scratch_size */
static uint64_t bip340_scratch_size(const pa_verify_job *job, uint64_t rows)
{
    (void)job;
    return rows < BIP340_BATCH_MIN ? bip340_exact_size(rows) : sizeof(bip340_batch);
}

/* pa_verify_kernel.verify_range: scratch is for this many rows, or for more. */
static pyaccel_status bip340_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                          const pa_verify_job *job, uint64_t first, uint64_t last,
                                          void *scratch)
{
    const fe_state state = fe_begin();
    const pyaccel_status status =
        last - first < BIP340_BATCH_MIN
            ? bip340_verify_exact(verdicts, reasons, job, first, last, scratch)
            : bip340_verify_batches(verdicts, reasons, job, first, last, scratch);
    fe_end(state);
    return status;
}

/* The table of the variant that includes all this. */
#define BIP340_KERNEL                                                                              \
    {                                                                                              \
        .scheme = PYACCEL_SCHEME_BIP340,                                                           \
        .prepared_size = sizeof(pa_secp256k1_key),                                                 \
        .range_rows = 4 * PA_BIP340_BATCH,                                                         \
        .prepare = bip340_prepare,                                                                 \
        .scratch_size = bip340_scratch_size,                                                       \
        .verify_range = bip340_verify_range,                                                       \
    }

#endif
