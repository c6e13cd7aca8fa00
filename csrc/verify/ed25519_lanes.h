/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in groups of LANES rows. A variant includes its field, then this file, and offers
 * ed25519_prepare and ed25519_verify_range in its table.
 *
 * A chunk of rows is read and hashed (ed25519_rows.c); the points that need it are decoded, full
 * lanes of them whatever rows they come from; then every row runs [s]B - [k]A - R exactly, by
 * itself: in lanes when a group has at least ED25519_LANES_MIN live rows, one by one by ED25519_SINGLE
 * (ed25519_single.c) when not; the variant defines both. k is SHA-512 reduced modulo l; A is negated,
 * never k, and never 8 k: A may have a part of small order. */
#ifndef PA_ED25519_LANES_H
#define PA_ED25519_LANES_H

#include "../curve/edwards25519_constants.h"
#include "../curve/edwards25519_formulas.h"
#include "../tables/edwards25519_base.h"
#include "ed25519.h"

#define ED25519_DIGITS (2 * PA_ED25519_BASE_DIGITS - 1)

_Static_assert(sizeof(row) == 32, "points and tables are rows of four words");
_Static_assert(sizeof(pa_ed25519_prepared) % 64 == 0,
               "entries of prepared keys are 64-byte aligned");
_Static_assert(EDWARDS_BASE_WINDOW == 2 * EDWARDS_WINDOW, "windows of B and of A end together");
_Static_assert(ED25519_DIGITS *EDWARDS_WINDOW > 253, "digits hold scalars below 2^253");
_Static_assert(sizeof pa_edwards25519_base == EDWARDS_BASE_ROWS * sizeof(row),
               "the table fits the windows of B");

/* *out[i] = lane i of p, which has Z = 1 and its T; encoding stays. */
static void ed25519_store(pa_ed25519_point *const out[LANES], const edwards_point *p)
{
    row *x[LANES], *y[LANES], *t[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = (row *)(void *)out[i]->x;
        y[i] = (row *)(void *)out[i]->y;
        t[i] = (row *)(void *)out[i]->t;
    }
    fe_scatter(x, &p->x);
    fe_scatter(y, &p->y);
    fe_scatter(t, &p->t);
}

/* *out[i] = the point of rows[i], with what its encoding is. */
static void ed25519_decode(pa_ed25519_point *const out[LANES],
                           const unsigned char *const rows[LANES])
{
    edwards_point p;
    mask decodes, canonical;
    edwards_decode(&p, rows, &decodes, &canonical);
    ed25519_store(out, &p);
    for (int i = 0; i < LANES; i++) {
        out[i]->encoding = (mask_bits(decodes) >> i & 1u ? PA_ED25519_DECODES : 0u) |
                           (mask_bits(canonical) >> i & 1u ? PA_ED25519_CANONICAL : 0u);
    }
}

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
    for (unsigned int at = 0; at < count; at += LANES) {
        const unsigned char *rows[LANES];
        pa_ed25519_point *out[LANES];
        for (unsigned int i = 0; i < LANES; i++) {
            rows[i] = at + i < count ? from[at + i] : from[at];
            out[i] = at + i < count ? to[at + i] : &spare;
        }
        ed25519_decode(out, rows);
    }
}

/* The absolute values and signs of digit `at` of every lane. */
static mask ed25519_digit(unsigned int index[LANES], const int16_t *digits, int count, int at)
{
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        int digit = digits[i * count + at];
        index[i] = (unsigned int)(digit < 0 ? -digit : digit);
        negative |= (unsigned int)(digit < 0) << i;
    }
    return mask_from_bits(negative);
}

/* Lanes in which [s]B - [k]A - R = 0, or 8 times that: one chain of 250 doublings, every 5 of
 * them an addition from the table of -A, every 10 one from that of B, the same for all lanes.
 * About 250 (3 M + 4 S) + 51 (8 M + 1 M) + 26 7 M + 17 9 M for the table = 1550 M + 1000 S a
 * group. */
static mask ed25519_group(const pa_ed25519_chunk *chunk, const unsigned int rows[LANES],
                          bool cofactored)
{
    row memory[LANES][EDWARDS_TABLE_ROWS];
    row *table[LANES];
    const row *entries[LANES], *base[LANES];
    const pa_ed25519_point *a[LANES], *r[LANES];
    int16_t k_digits[LANES][ED25519_DIGITS], s_digits[LANES][PA_ED25519_BASE_DIGITS];
    for (int i = 0; i < LANES; i++) {
        table[i] = memory[i];
        entries[i] = memory[i];
        base[i] = (const row *)(const void *)pa_edwards25519_base;
        a[i] = chunk->key[rows[i]];
        r[i] = &chunk->r[rows[i]];
        pa_ed25519_scalar_digits(k_digits[i], ED25519_DIGITS, EDWARDS_WINDOW, &chunk->k[rows[i]]);
        pa_ed25519_scalar_digits(s_digits[i], PA_ED25519_BASE_DIGITS, EDWARDS_BASE_WINDOW,
                                 &chunk->s[rows[i]]);
    }

    edwards_point p, sum;
    edwards_cached term;
    unsigned int index[LANES];
    ed25519_load(&p, a);
    edwards_neg(&p, &p);
    edwards_table(table, &p);
    edwards_identity(&sum);
    for (int at = ED25519_DIGITS - 1; at >= 0; at--) {
        for (int j = 0; j < EDWARDS_WINDOW; j++) {
            edwards_double(&sum, &sum, j == EDWARDS_WINDOW - 1);
        }
        mask negative = ed25519_digit(index, k_digits[0], ED25519_DIGITS, at);
        edwards_lookup(&term, entries, index, negative);
        edwards_add(&sum, &sum, &term, at % 2 == 0);
        if (at % 2 == 0) {
            negative = ed25519_digit(index, s_digits[0], PA_ED25519_BASE_DIGITS, at / 2);
            edwards_lookup_affine(&term, base, index, negative);
            edwards_add_affine(&sum, &sum, &term, at == 0);
        }
    }
    ed25519_load(&p, r);
    return edwards_agree(&sum, &p, cofactored);
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
    pyaccel_status status = pa_ed25519_chunk_read(&chunk, job, first, n);
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
