/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in groups of LANES rows. A variant includes its field, then this file, then
 * ed25519_batch.h, and offers ed25519_prepare and what that file has for its table.
 *
 * A chunk of rows is read and hashed (ed25519_rows.c), rows of prepared keys are tried by their
 * combs (ed25519_comb.h), and the points that are still needed are decoded, full lanes of them
 * whatever rows they come from. Then every row that is left runs [s]B - [k]A - R exactly, by
 * itself: in lanes when a group has at least ED25519_LANES_MIN live rows, one by one by
 * ED25519_SINGLE (ed25519_single.c) when not; the variant defines both. k is SHA-512 reduced modulo
 * l, and never changed modulo l after that: A may have a part of small order. */
#ifndef PA_ED25519_LANES_H
#define PA_ED25519_LANES_H

#include "../field/words.h"
#include "ed25519_decode.h"

_Static_assert(sizeof(pa_ed25519_prepared) % 64 == 0,
               "entries of prepared keys are 64-byte aligned");

/* p = the decoded points, in lanes. */
static void ed25519_load(edwards_point *p, const pa_ed25519_point *const points[LANES])
{
    const row *x[LANES], *y[LANES], *t[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = (const row *)(const void *)points[i]->x;
        y[i] = (const row *)(const void *)points[i]->y;
        t[i] = (const row *)(const void *)points[i]->t;
    }
    fe_gather(&p->x, x);
    fe_gather(&p->y, y);
    fe_gather(&p->t, t);
    fe_set_int(&p->z, 1);
}

#include "ed25519_comb.h"
#include "ed25519_scalar_lanes.h"
#ifdef ED25519_HALVES_IN_LANES
#include "ed25519_halves_lanes.h"
#else
static void ed25519_halve_lanes(pa_ed25519_halves halves[LANES],
                                const pa_ed25519_scalar *const k[LANES])
{
    for (int i = 0; i < LANES; i++) {
        pa_ed25519_scalar_halve(&halves[i], k[i]);
    }
}
#endif

/* pa_ed25519_chunk_read, and k. */
static pyaccel_status ed25519_read(pa_ed25519_chunk *chunk, const pa_verify_job *job,
                                   uint64_t first, unsigned int n)
{
    uint8_t digests[PA_ED25519_CHUNK][64];
    const pyaccel_status status = pa_ed25519_chunk_read(chunk, digests, job, first, n);
    if (status == PYACCEL_OK) {
        ed25519_reduce(chunk->k, (const uint8_t(*)[64])digests, n);
    }
    return status;
}

/* A variant whose chains of squarings wait for their own results offers to decode more at once. */
#ifndef ED25519_DECODE
#define ED25519_DECODE ed25519_decode
#define ED25519_DECODE_LANES LANES
#endif

/* Decodes R of every row that is not proven, and A where it is not prepared. A last group that is
 * not full repeats its first point. */
static void ed25519_decode_chunk(pa_ed25519_chunk *chunk, unsigned int n)
{
    const unsigned char *from[2 * PA_ED25519_CHUNK];
    pa_ed25519_point *to[2 * PA_ED25519_CHUNK], spare;
    unsigned int count = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        if (chunk->proven[i]) {
            chunk->r[i].encoding = PA_ED25519_DECODES | PA_ED25519_CANONICAL;
            continue;
        }
        from[count] = chunk->encoded[i];
        to[count++] = &chunk->r[i];
        if (chunk->key[i] == &chunk->keys[i]) {
            from[count] = chunk->encoded[i] + 32;
            to[count++] = &chunk->keys[i];
        }
    }
    for (unsigned int at = 0; at < count; at += ED25519_DECODE_LANES) {
        const unsigned char *rows[ED25519_DECODE_LANES];
        pa_ed25519_point *out[ED25519_DECODE_LANES];
        for (unsigned int i = 0; i < ED25519_DECODE_LANES; i++) {
            rows[i] = at + i < count ? from[at + i] : from[at];
            out[i] = at + i < count ? to[at + i] : &spare;
        }
        if (count - at > LANES) {
            ED25519_DECODE(out, rows);
        } else {
            ed25519_decode(out, rows);
        }
    }
}

/* Signed windows of u and v, and the multiples 0 .. 8 that they need. */
#define ED25519_WINDOW 4
#define ED25519_MULTIPLES ((1 << (ED25519_WINDOW - 1)) + 1)
#define ED25519_DIGITS 64

_Static_assert(ED25519_DIGITS *ED25519_WINDOW == 256, "digits are those of four words");

/* One term of a group's sums: a point a lane, its multiples, and the digits of its scalar. */
typedef struct {
    _Alignas(32) uint64_t multiples[LANES][ED25519_MULTIPLES][4 * FE_LANE_WORDS];
    int8_t digits[LANES][ED25519_DIGITS];
} ed25519_term;

/* multiples[k] = y + x, y - x, 2 z, 2 d t of (k + 1) P, P = *points[i] in lane i. */
static inline void ed25519_multiples(fe multiples[ED25519_MULTIPLES - 1][4],
                                     const pa_ed25519_point *const points[LANES])
{
    edwards_point p, multiple;
    edwards_cached one, cached;
    ed25519_load(&p, points);
    edwards_to_cached(&one, &p);
    multiple = p;
    cached = one;
    for (int k = 0; k < ED25519_MULTIPLES - 1; k++) {
        if (k > 0) {
            edwards_add_affine(&multiple, &multiple, &one, 1);
            edwards_to_cached(&cached, &multiple);
        }
        multiples[k][0] = cached.y_plus_x;
        multiples[k][1] = cached.y_minus_x;
        multiples[k][2] = cached.z2;
        multiples[k][3] = cached.t2d;
    }
}

/* The same of the neutral element. */
static const unsigned int ed25519_neutral[4] = {1, 1, 2, 0};

/* tables[i] = the neutral element and the multiples of lane i, one after the other. */
static void ed25519_store_multiples(uint64_t *const tables[LANES],
                                    const fe multiples[ED25519_MULTIPLES - 1][4])
{
    fe neutral[4];
    for (int e = 0; e < 4; e++) {
        fe_set_int(&neutral[e], ed25519_neutral[e]);
    }
    for (int k = 0; k < ED25519_MULTIPLES; k++) {
        const fe *entry = k == 0 ? neutral : multiples[k - 1];
        uint64_t *to[LANES];
        for (int i = 0; i < LANES; i++) {
            to[i] = tables[i] + k * 4 * FE_LANE_WORDS;
        }
        fe_store_four(to, &entry[0], &entry[1], &entry[2], &entry[3]);
    }
}

COMB_KERNEL void ed25519_term_of(ed25519_term *term, const pa_ed25519_point *const points[LANES])
{
    fe multiples[ED25519_MULTIPLES - 1][4];
    uint64_t *tables[LANES];
    for (int i = 0; i < LANES; i++) {
        tables[i] = term->multiples[i][0];
    }
    ed25519_multiples(multiples, points);
    ed25519_store_multiples(tables, (const fe(*)[4])multiples);
}

/* *sum -= digit `at` of every lane times its point, or += in the lanes of `added`. */
COMB_KERNEL void ed25519_subtract(edwards_point *sum, const ed25519_term *term, int at,
                                  unsigned int added, int with_t)
{
    const uint64_t *from[LANES];
    unsigned int positive = 0;
    edwards_cached multiple, swapped;
    for (int i = 0; i < LANES; i++) {
        const int digit = term->digits[i][at];
        from[i] = term->multiples[i][digit < 0 ? -digit : digit];
        positive |= (unsigned int)(digit > 0) << i;
    }
    const mask negative = mask_from_bits(positive ^ added);
    fe_load_four(&multiple.y_plus_x, &multiple.y_minus_x, &swapped.z2, &swapped.t2d, from);
    fe_select(&swapped.y_plus_x, negative, &multiple.y_minus_x, &multiple.y_plus_x);
    fe_select(&swapped.y_minus_x, negative, &multiple.y_plus_x, &multiple.y_minus_x);
    edwards_add_swapped(sum, sum, &swapped, negative, 0, with_t);
}

/* a = sum of digits[i] 16^i, -8 <= digits[i] <= 8. Before: a < 2^253. */
static void ed25519_digits_of(int8_t digits[ED25519_DIGITS], const pa_ed25519_scalar *a)
{
    /* 8 in each place but the last: where one is taken off again, carries have run. */
    const uint64_t eights = 0x8888888888888888;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 sum = (pa_u128)a->word[i] + (i < 3 ? eights : eights >> 4) + carry;
        carry = (uint64_t)(sum >> 64);
        for (int j = 0; j < 16; j++) {
            digits[16 * i + j] = (int8_t)(((uint64_t)sum >> (4 * j) & 15) - 8);
        }
    }
    digits[ED25519_DIGITS - 1] += 8;
}

/* Lanes in which [s]B - [k]A - R = 0, or 8 times that. As ed25519_single.c says, k = u / v and the sum is
 * [v s]B - [u]A - [v]R: one chain of 132 doublings, the same for all lanes, every 4 of them an addition from the table of A
 * and one from that of R; the comb of B adds twice in each of the last 13.
 * About 132 (3 M + 4 S) + 66 8 M + 26 7 M + 2 9 9 M for the tables = 1270 M + 530 S a group.
 * Zen 5 at 4.3 GHz, from bytes: 10.1 us a row in four lanes of AVX2, of which those products, at the speeds that
 * fe25519_avx2.h states, and the square roots take 7.4; 12.1 before k was halved, 11.5 with windows of 5 bits. */
static mask ed25519_group(const pa_ed25519_chunk *chunk, const unsigned int rows[LANES],
                          bool cofactored)
{
    ed25519_term of_a, of_r;
    comb_digits base;
    const row *base_tables[LANES];
    const pa_ed25519_point *a[LANES], *r[LANES];
    unsigned int negative = 0;
    pa_ed25519_scalar longest = {{UINT64_C(1) << BASE_COMB_COLUMNS}};
    pa_ed25519_halves all_halves[LANES];
    const pa_ed25519_scalar *k[LANES];
    memset(base.negative, 0, sizeof base.negative);
    for (int i = 0; i < LANES; i++) {
        k[i] = &chunk->k[rows[i]];
    }
    ed25519_halve_lanes(all_halves, k);
    for (int i = 0; i < LANES; i++) {
        const pa_ed25519_halves halves = all_halves[i];
        pa_ed25519_scalar multiple;
        a[i] = chunk->key[rows[i]];
        r[i] = &chunk->r[rows[i]];
        base_tables[i] = (const row *)(const void *)pa_edwards25519_comb;
        pa_ed25519_scalar_multiply(&multiple, &halves.v, &chunk->s[rows[i]]);
        comb_of_base(&base, i, &multiple);
        ed25519_digits_of(of_a.digits[i], &halves.u);
        ed25519_digits_of(of_r.digits[i], &halves.v);
        negative |= (unsigned int)halves.negative << i;
        for (int j = 0; j < 4; j++) {
            longest.word[j] |= halves.u.word[j] | halves.v.word[j];
        }
    }
    int at = 255;
    while ((longest.word[at / 64] >> at % 64 & 1) == 0) {
        at--;
    }
    ed25519_term_of(&of_a, a);
    ed25519_term_of(&of_r, r);

    /* From the digit that holds the highest bit, or the carry out of it. */
    edwards_point sum;
    edwards_identity(&sum);
    at = at / ED25519_WINDOW + 1;
    for (at = ED25519_WINDOW * (at < ED25519_DIGITS ? at : ED25519_DIGITS - 1); at >= 0; at--) {
        const bool digits_too = at % ED25519_WINDOW == 0, base_too = at < BASE_COMB_COLUMNS;
        ed25519_double(&sum, digits_too || base_too);
        for (int block = 0; base_too && block < EDWARDS_BASE_COMB_BLOCKS; block++) {
            const int column = block * BASE_COMB_COLUMNS + at;
            comb_add_digit(&sum, base_tables, &base, column, mask_from_bits(base.negative[column]),
                           digits_too || block + 1 < EDWARDS_BASE_COMB_BLOCKS);
        }
        if (digits_too) {
            ed25519_subtract(&sum, &of_a, at / ED25519_WINDOW, negative, 1);
            ed25519_subtract(&sum, &of_r, at / ED25519_WINDOW, 0, 0);
        }
    }
    for (int i = 0; cofactored && i < 3; i++) {
        ed25519_double(&sum, 0);
    }
    return edwards_is_identity(&sum);
}

/* Sets the reason EQUATION of the live rows that deserve it. */
static void ed25519_equations(pa_ed25519_chunk *chunk, const unsigned int *live, unsigned int count,
                              bool cofactored)
{
    for (unsigned int at = 0; at < count; at += LANES) {
        unsigned int rows[LANES], holds = 0, size = count - at < LANES ? count - at : LANES;
        if (size >= ED25519_LANES_MIN) {
            for (unsigned int i = 0; i < LANES; i++) {
                rows[i] = live[at + (i < size ? i : 0)];
            }
            holds = mask_bits(ed25519_group(chunk, rows, cofactored));
        } else {
            for (unsigned int i = 0; i < size; i++) {
                const unsigned int j = live[at + i];
                const bool equal = ED25519_SINGLE(chunk->key[j], &chunk->r[j], &chunk->s[j],
                                                  &chunk->k[j], cofactored);
                holds |= (unsigned int)equal << i;
            }
        }
        for (unsigned int i = 0; i < size; i++) {
            if ((holds >> i & 1u) == 0) {
                chunk->reasons[live[at + i]] = PYACCEL_REASON_EQUATION;
            }
        }
    }
}

static pyaccel_status ed25519_verify_chunk(uint8_t *verdicts, uint8_t *reasons,
                                           const pa_verify_job *job, uint64_t first, unsigned int n)
{
    pa_ed25519_chunk chunk;
    unsigned int live[PA_ED25519_CHUNK];
    pyaccel_status status = ed25519_read(&chunk, job, first, n);
    if (status != PYACCEL_OK) {
        return status;
    }
    const bool cofactored = job->rule == PYACCEL_RULE_ZIP215;
    ed25519_comb_chunk(&chunk, n);
    ed25519_decode_chunk(&chunk, n);
    unsigned int count = pa_ed25519_chunk_judge(live, &chunk, job->rule, n);
    count = ed25519_comb_judge(&chunk, live, count, cofactored);
    ed25519_equations(&chunk, live, count, cofactored);
    for (unsigned int i = 0; i < n; i++) {
        reasons[i] = chunk.reasons[i];
        verdicts[i] = chunk.reasons[i] == PYACCEL_REASON_NONE;
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.prepare: a key of another length than 32 bytes gives an entry that no rule
 * takes. A last group that is not full repeats its first key. */
static void ed25519_prepare(uint8_t *entries, const pyaccel_rows *keys, uint64_t first,
                            uint64_t last, uint32_t key_format)
{
    static const uint8_t no_key[32];
    fe_state state = fe_begin();
    (void)key_format;
    for (uint64_t at = first; at < last; at += LANES) {
        const unsigned char *rows[LANES];
        pa_ed25519_point *points[LANES];
        const pa_ed25519_point *decoded[LANES];
        row *tables[LANES];
        unsigned int good = 0;
        edwards_point p;
        for (unsigned int i = 0; i < LANES; i++) {
            const uint64_t index = at + i < last ? at + i : at;
            pa_ed25519_prepared *entry = (pa_ed25519_prepared *)(void *)entries + index;
            pa_bytes key;
            good |= (unsigned int)(pa_rows_get(&key, keys, index) && key.size == 32) << i;
            rows[i] = good >> i & 1u ? key.data : no_key;
            entry->point = (pa_ed25519_point){.encoding = 0};
            decoded[i] = points[i] = &entry->point;
            tables[i] = (row *)(void *)entry->table;
        }
        ed25519_decode(points, rows);
        ed25519_load(&p, decoded);
        comb_table(tables, &p);
        for (unsigned int i = 0; i < LANES; i++) {
            points[i]->encoding = good >> i & 1u ? points[i]->encoding : 0;
        }
    }
    fe_end(state);
}

/* pa_verify_kernel.verify_range */
static pyaccel_status ed25519_verify_range(uint8_t *verdicts, uint8_t *reasons,
                                           const pa_verify_job *job, uint64_t first, uint64_t last,
                                           void *scratch)
{
    (void)scratch;
    pyaccel_status status = PYACCEL_OK;
    fe_state state = fe_begin();
    while (first < last && status == PYACCEL_OK) {
        unsigned int n =
            last - first < PA_ED25519_CHUNK ? (unsigned int)(last - first) : PA_ED25519_CHUNK;
        status = ed25519_verify_chunk(verdicts + first, reasons + first, job, first, n);
        first += n;
    }
    fe_end(state);
    return status;
}

#endif
