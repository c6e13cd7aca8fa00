/* SPDX-License-Identifier: Apache-2.0 */
/* bip340_batch.h over one lane or four (QUAD_LANES): sums of lists of points against their scalars, digits against what they stand
 * for, and whatever is mixed in a batch, every row gets the verdict and the reason that it was made for; rows that all hold are
 * proved by their sum, and no others. */
#define PA_DEBUG_BOUNDS 1
#include <stdlib.h>

#include "field/secp256k1_portable.h"
#ifdef QUAD_LANES
#include "quad.h"

#define fe_chain_append quad_chain_append
#define fe_chain_head quad_chain_head
#undef PA_FIELD_CHAINS_H
#undef PA_FIELD_SECP256K1_CHAINS_H
#include "field/secp256k1_chains.h"
#endif

#define SECP256K1_LANES_MIN 2
#define SECP256K1_SCALARS pa_secp256k1_scalars_portable
#include "verify/secp256k1_lanes.h"

#include "verify/bip340_lanes.h"

/* Where the coefficients of these tests come from. */
static enum { DRAWN, NOTHING, ALIKE, EXTREME } entropy;
static unsigned int sums;
static bool draw(pa_coefficient *z, pa_bip340_transcript *transcript, uint64_t n);
#define BIP340_COEFFICIENTS draw
#define BIP340_BATCH_MIN 5
#define BIP340_FIRST_BATCH 40
#define BIP340_APART_ROWS 100
#include "verify/bip340_batch.h"

#include "bip340_reference.h"
#include "check.h"
#include "rows.h"

static bool draw(pa_coefficient *z, pa_bip340_transcript *transcript, uint64_t n)
{
    static const pa_coefficient extremes[6] = {
        {{1, 0}},
        {{UINT64_MAX, UINT64_MAX}},
        {{0, UINT64_C(1) << 63}},
        {{INT64_MAX, INT64_MAX}},
        {{UINT64_C(1) << 63, 1}},
        {{0x8080808080808080, 0x7f7f7f7f7f7f7f7f}},
    };
    sums += entropy != NOTHING;
    for (uint64_t i = 0; i < n && entropy >= ALIKE; i++) {
        z[i] = entropy == ALIKE ? (pa_coefficient){{3, 5}} : extremes[i % 6];
    }
    return entropy == DRAWN ? pa_bip340_coefficients(z, transcript, n) : entropy >= ALIKE;
}

static bip340_batch *batch;
const struct pa_verify_kernel test_ecdsa = SECP256K1_KERNEL, test_bip340 = BIP340_KERNEL;

/* ---- lists ---------------------------------------------------------------------------------- */

#define LIST_POINTS 64
#define LISTS 9

/* The table holds point_scalars[i] G, so that every sum of references is a multiple of G that is known. */
static number point_scalars[LIST_POINTS];

static void check_lists(uint32_t size, uint32_t longest, bool meet)
{
    static const pa_secp256k1_scalar lambda = {
        {0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a, 0x5363ad4cc05c30e0}};
    bip340_lists *work = &batch->work.lists;
    number expected[LISTS];
    uint32_t at = 0;
    for (uint32_t k = 0; k < LISTS; k++) {
        /* Sizes around what is asked for, an empty one among them. */
        const uint32_t own = k == 3 ? 0 : (size * (k + 1) + 7) / 8;
        work->buckets[k] = (lists_bucket){at, own};
        expected[k] = number_of(0);
        for (uint32_t i = 0; i < own; i++) {
            /* All points differ in a list: any t once with each power of lambda, any sign. */
            const uint32_t place = (i * 29 + k) % (2 * LIST_POINTS);
            const uint32_t sign = (uint32_t)(random_word() >> 40) & 1;
            work->references[at++] = (uint16_t)(2 * place + sign);
            number term = point_scalars[place / 2];
            if (place % 2 == 1) {
                const number l = number_from_words(lambda.limb);
                term = mod_mul(&term, &l, &group_order);
            }
            term = sign ? mod_neg(&term, &group_order) : term;
            expected[k] = mod_add(&expected[k], &term, &group_order);
        }
    }
    if (meet) { /* twice the same, or its opposite, in the longest list */
        const uint32_t first = work->buckets[LISTS - 1].first;
        work->references[first + 1] = (uint16_t)(work->references[first] ^ (size & 1));
    }
    lists run = {.table = batch->table[0],
                 .references = work->references,
                 .buckets = work->buckets,
                 .sums = work->sums,
                 .bucket_count = LISTS,
                 .pieces = work->pieces,
                 .sorted = work->sorted,
                 .parts = {work->parts[0], work->parts[1]},
                 .groups = work->groups};
    CHECK(lists_run(&run, longest) == !meet);
    for (uint32_t k = 0; k < LISTS && !meet; k++) {
        if (k != 3) {
            const point sum = point_mul(&expected[k], &generator);
            const number x = number_from_words(work->sums[k][0].word);
            const number y = number_from_words(work->sums[k][1].word);
            CHECK(number_equal(&x, &sum.x) && number_equal(&y, &sum.y));
        }
    }
}

static void test_lists(void)
{
    uint16_t to[LIST_POINTS];
    for (int i = 0; i < LIST_POINTS; i++) {
        uint8_t bytes[64];
        point_scalars[i] = random_number(&group_order);
        const point p = point_mul(&point_scalars[i], &generator);
        number_to_bytes(bytes, &p.x);
        number_to_bytes(bytes + 32, &p.y);
        pa_words_from_be(batch->table[i][0].word, bytes);
        pa_words_from_be(batch->table[i][1].word, bytes + 32);
        to[i] = (uint16_t)i;
    }
    bip340_complete_all(batch, to, LIST_POINTS);
    for (uint32_t size = 1; size < 100; size += 1 + size / 3) {
        check_lists(size, 2, false);
        check_lists(size, 4, false);
        check_lists(size, LISTS_LONGEST, false);
    }
    check_lists(2, 8, true);
    check_lists(3, 8, true);
}

/* ---- digits --------------------------------------------------------------------------------- */

/* sum of digits 2^at of scalar k modulo 2^129 is the scalar, high part too where it is wide. */
static void check_digits(uint64_t low, uint64_t high, int top, const bip340_cut *low_cut,
                         const bip340_cut *high_cut)
{
    bip340_scalars *scalars = &batch->scalars;
    uint16_t digit;
    const bool wide = high_cut != NULL;
    scalars->count = 1;
    scalars->wide = wide;
    scalars->low[0] = low;
    scalars->high[0] = high;
    scalars->top[0] = (int8_t)top;
    uint64_t sum[3] = {0, 0, 0};
    for (int j = 0; j < low_cut->count + (wide ? high_cut->count : 0); j++) {
        const bool above = j >= low_cut->count;
        const bip340_cut *cut = above ? high_cut : low_cut;
        const int k = above ? j - low_cut->count : j;
        const int at = cut->at[k], width = cut->at[k + 1] - cut->at[k];
        CHECK(width >= BIP340_NARROWEST - 1 && width <= BIP340_WIDEST);
        if (above) {
            bip340_high_digits(&digit, scalars, at, width);
        } else {
            bip340_low_digits(&digit, scalars, at, width);
        }
        CHECK(digit >> 1 <= 1 << (width - 1));
        /* digit 2^(64 above + at), 192 bits two's complement */
        uint64_t term[3] = {0, 0, 0};
        term[above] = (uint64_t)(digit >> 1) << at % 64;
        term[above + 1] = at % 64 == 0 ? 0 : (uint64_t)(digit >> 1) >> (64 - at % 64);
        if (at == 64) {
            term[above + 1] = term[above];
            term[above] = 0;
        }
        const uint64_t flip = 0 - (uint64_t)(digit & 1);
        uint64_t carry = digit & 1;
        for (int i = 0; i < 3; i++) {
            const uint64_t word = (term[i] ^ flip) + carry;
            carry = carry && word == 0;
            sum[i] += word;
            for (int up = i; up < 2 && sum[up] < (up == i ? word : 1); up++) {
                sum[up + 1]++;
            }
        }
    }
    const uint64_t sign = wide ? (uint64_t)(int64_t)top : 0 - (low >> 63);
    CHECK(sum[0] == low && sum[1] == (wide ? high : sign) && sum[2] == sign);
}

static void test_digits(void)
{
    for (uint32_t terms = 2; terms <= 4098; terms *= 2) {
        bip340_cut low, high;
        bip340_cut_of(&low, BIP340_LOW, terms);
        bip340_cut_of(&high, BIP340_HIGH, terms);
        CHECK(low.at[0] == 0 && low.at[low.count] == BIP340_LOW);
        CHECK(high.at[0] == 0 && high.at[high.count] == BIP340_HIGH);
        CHECK(low.count + high.count <= BIP340_WINDOWS);
        for (int i = 0; i < 100; i++) {
            const uint64_t words[2] = {i < 64   ? UINT64_C(1) << i
                                       : i < 68 ? UINT64_MAX * (uint64_t)(i & 1)
                                                : random_word(),
                                       i < 68 ? UINT64_MAX * (uint64_t)(i >> 1 & 1)
                                              : random_word()};
            check_digits(words[0], words[1], 0, &low, &high);
            check_digits(words[0], words[1], -1, &low, &high);
            check_digits(words[0], 0, 0, &low, NULL);
        }
    }
}

/* ---- batches -------------------------------------------------------------------------------- */

#define ROWS 420
static schnorr_row good[ROWS], rows[ROWS];
static uint8_t expected[ROWS];

/* a + 2^i + 2^j, random i and j: numbers in no progression, so that no sums of few of them are equal. */
static void step(schnorr_scalar *a, const point powers[256])
{
    for (int i = 0; i < 2; i++) {
        const int k = (int)(random_word() >> 56);
        number power = {{0}};
        power.word[k / 32] = UINT32_C(1) << k % 32;
        power = number_mod(&power, &group_order);
        a->scalar = mod_add(&a->scalar, &power, &group_order);
        a->multiple = point_add(&a->multiple, &powers[k]);
    }
}

/* Rows of their own keys and nonces, but that every tenth key is that of row 0. */
static void make_rows(void)
{
    static point powers[256];
    schnorr_scalar d, k, first;
    powers[0] = generator;
    for (int i = 1; i < 256; i++) {
        powers[i] = point_add(&powers[i - 1], &powers[i - 1]);
    }
    d.scalar = random_number(&group_order);
    d.multiple = point_mul(&d.scalar, &generator);
    k.scalar = random_number(&group_order);
    k.multiple = point_mul(&k.scalar, &generator);
    first = d;
    schnorr_even(&first);
    for (int i = 0; i < ROWS; i++) {
        schnorr_scalar even_d = d, even_k = k;
        schnorr_even(&even_d);
        schnorr_even(&even_k);
        random_bytes(good[i].message, sizeof good[i].message);
        schnorr_sign(&good[i], i % 10 == 9 ? &first : &even_d, &even_k);
        step(&d, powers);
        step(&k, powers);
    }
}

static void reset(void)
{
    memcpy(rows, good, sizeof rows);
    memset(expected, PYACCEL_REASON_NONE, sizeof expected);
}

/* Row i spoilt in a way. */
static void spoil(int i, int kind)
{
    schnorr_row *bad = &rows[i];
    const uint8_t reasons[] = {PYACCEL_REASON_EQUATION, PYACCEL_REASON_EQUATION,
                               PYACCEL_REASON_KEY,      PYACCEL_REASON_ENCODING,
                               PYACCEL_REASON_RANGE,    PYACCEL_REASON_EQUATION};
    expected[i] = reasons[kind];
    switch (kind) {
    case 0:
        bad->signature[63] ^= 1;
        break;
    case 1:
        bad->message[5] ^= 0x10;
        break;
    case 2:
        memset(bad->key, 0xff, 32);
        break;
    case 3:
        memset(bad->signature, 0, 32); /* 7 is no square */
        break;
    case 4:
        memset(bad->signature + 32, 0xff, 32);
        break;
    default: {
        number s = number_from_bytes(bad->signature + 32);
        s = mod_neg(&s, &group_order);
        number_to_bytes(bad->signature + 32, &s);
    }
    }
}

static pa_verify_job job;
static pyaccel_rows key_rows, message_rows, signature_rows;

static void check(uint64_t first, uint64_t n)
{
    static uint8_t verdicts[ROWS], reasons[ROWS];
    memset(verdicts, 7, sizeof verdicts);
    CHECK(test_bip340.verify_range(verdicts, reasons, &job, first, first + n, batch) == PYACCEL_OK);
    for (uint64_t i = first; i < first + n; i++) {
        CHECK(reasons[i] == expected[i]);
        CHECK(verdicts[i] == (expected[i] == PYACCEL_REASON_NONE));
    }
}

/* What the sum of rows 0 .. n says. */
static bool sum_holds(unsigned int n)
{
    CHECK(bip340_batch_read(batch, &job, 0, n) == PYACCEL_OK);
    const unsigned int open = bip340_batch_judge(batch, n);
    CHECK(bip340_batch_scalars(batch, n, open));
    return bip340_batch_holds(batch, open);
}

static void test_sums(void)
{
    for (entropy = DRAWN; entropy <= EXTREME; entropy++) {
        if (entropy == NOTHING) {
            continue;
        }
        for (unsigned int n = 1; n <= ROWS; n += 1 + n / 2) {
            reset();
            /* Equal coefficients make equal digits, but of different points. */
            CHECK(sum_holds(n));
            for (int kind = 0; kind < 2; kind++) {
                reset();
                spoil((int)(random_word() >> 40) % (int)n, kind);
                CHECK(!sum_holds(n));
            }
        }
    }
    /* Two errors that cancel each other where all coefficients are equal. */
    for (entropy = DRAWN; entropy <= ALIKE; entropy += ALIKE) {
        const number one = number_of(1);
        reset();
        number s = number_from_bytes(rows[2].signature + 32);
        s = mod_add(&s, &one, &group_order);
        number_to_bytes(rows[2].signature + 32, &s);
        s = number_from_bytes(rows[7].signature + 32);
        s = mod_sub(&s, &one, &group_order);
        number_to_bytes(rows[7].signature + 32, &s);
        CHECK(sum_holds(30) == (entropy == ALIKE));
    }
    entropy = DRAWN;
}

static void test_mixtures(void)
{
    for (int round = 0; round < 12; round++) {
        entropy = round % 4 == 3 ? NOTHING : round % 4 == 2 ? EXTREME : DRAWN;
        reset();
        for (int i = 0; i < ROWS; i++) {
            const int kind = (int)(random_word() >> 40) % (round < 6 ? 100 : 9);
            if (kind < 6) {
                spoil(i, kind);
            }
        }
        check(0, ROWS);
        for (uint64_t n = 1; n < 60; n += 9) {
            check(n, n);
        }
    }
    /* Rows that are out of question all of them, and alone the last of which is not. */
    reset();
    for (int i = 0; i < 50; i++) {
        spoil(i, 2 + i % 3);
    }
    check(0, 50);
    check(0, 51);
    entropy = DRAWN;
}

/* Good rows are proved by sums, bad ones are not, and no coefficients are no error. */
static void test_paths(void)
{
    reset();
    sums = 0;
    check(0, ROWS);
    CHECK(sums == 2); /* the first batch, and the rest */
    sums = 0;
    check(0, BIP340_BATCH_MIN - 1);
    CHECK(sums == 0);
    spoil(3, 0);
    check(0, ROWS);
    CHECK(sums == 1); /* after a bad row the next batch goes row by row */
    /* The same row twice: two equal points meet in a list, and the rows hold one by one. */
    reset();
    rows[8] = rows[11] = rows[4];
    entropy = ALIKE;
    check(0, 20);
    entropy = DRAWN;
    check(0, 20);
}

/* Prepared keys, all of them or some. */
static void test_prepared(void)
{
    pa_secp256k1_key *prepared = aligned_alloc(64, ROWS * sizeof *prepared);
    reset();
    for (int i = 0; i < ROWS; i += 37) {
        spoil(i, i % 6);
    }
    test_bip340.prepare((uint8_t *)prepared, &key_rows, 0, ROWS, PYACCEL_KEY_FORMAT_AUTO);
    job.prepared = (const uint8_t *)prepared;
    for (job.prepared_count = 1; job.prepared_count <= ROWS; job.prepared_count += 149) {
        check(0, ROWS);
    }
    job.prepared_count = ROWS;
    check(0, ROWS);
    check(3, 20);
    check(1, 3);
    job.prepared_count = 0;
    free(prepared);
}

int main(void)
{
    CHECK(pa_bind() == PYACCEL_OK);
    batch = aligned_alloc(64, sizeof *batch);
    make_rows();
    key_rows = fixed_rows(rows->key, ROWS, 32, sizeof *rows);
    message_rows = fixed_rows(rows->message, ROWS, SCHNORR_MESSAGE, sizeof *rows);
    signature_rows = fixed_rows(rows->signature, ROWS, 64, sizeof *rows);
    job = (pa_verify_job){.public_keys = &key_rows,
                          .key_count = ROWS,
                          .messages = &message_rows,
                          .signatures = &signature_rows,
                          .rule = PYACCEL_RULE_BIP340,
                          .key_format = PYACCEL_KEY_FORMAT_AUTO,
                          .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    CHECK(test_bip340.scratch_size(&job, ROWS) == sizeof *batch);
    CHECK(test_bip340.scratch_size(&job, BIP340_BATCH_MIN - 1) <= sizeof *batch);
    test_lists();
    test_digits();
    test_sums();
    test_mixtures();
    test_paths();
    test_prepared();
    free(batch);
    return finish();
}
