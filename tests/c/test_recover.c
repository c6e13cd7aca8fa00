/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_recover_many: keys and addresses against the plain group law, every reason for a refusal,
 * every bad argument closes the outputs, threads and progress. */
#include "check.h"
#include "ecdsa_reference.h"
#include "pyaccel/hash.h"
#include "pyaccel/recover.h"

/* One row: digest, r || s || v, and the key that it deserves, or why there is none. */
typedef struct {
    uint8_t digest[32];
    uint8_t signature[65];
    uint8_t key[64];
    uint8_t reason[4]; /* by rule */
} recover_row;

#define ROWS 512
static recover_row rows[ROWS];
static uint64_t row_count;
static uint8_t keys[ROWS * 64 + 64], verdicts[ROWS + 1], reasons[ROWS + 1], ids[ROWS];

/* ---- rows ------------------------------------------------------------------------------------ */

static recover_row *add_row(uint8_t reason)
{
    recover_row *row = &rows[row_count++];
    CHECK(row_count <= ROWS);
    memset(row, 0, sizeof *row);
    memset(row->reason, reason, sizeof row->reason);
    return row;
}

static void put_point(uint8_t key[64], const point *q)
{
    number_to_bytes(key, &q->x);
    number_to_bytes(key + 32, &q->y);
}

/* The row whose R is r_point under id, and whose key is u1 G + u2 R: s = u2 r, digest = -u1 r. The
 * row's reasons follow, but for a point that its id does not describe. */
static recover_row *add_sum(const point *r_point, const number *u1, const number *u2)
{
    const point first = point_mul(u1, &generator), second = point_mul(u2, r_point);
    const point q = point_add(&first, &second);
    recover_row *row = add_row(q.infinite ? PYACCEL_REASON_EQUATION : PYACCEL_REASON_NONE);
    const number r = number_mod(&r_point->x, &group_order), s = mod_mul(u2, &r, &group_order);
    number z = mod_mul(u1, &r, &group_order);
    z = mod_neg(&z, &group_order);
    number_to_bytes(row->digest, &z);
    number_to_bytes(row->signature, &r);
    number_to_bytes(row->signature + 32, &s);
    const bool wrapped = !number_equal(&r, &r_point->x);
    row->signature[64] = (uint8_t)((r_point->y.word[0] & 1) | (wrapped ? 2u : 0u));
    if (!q.infinite) {
        put_point(row->key, &q);
    }
    const number half = number_half(&group_order, 0);
    if (number_below(&half, &s)) {
        row->reason[PYACCEL_RECOVER_ETHEREUM_TRANSACTION] = PYACCEL_REASON_RANGE;
    }
    if (wrapped) {
        row->reason[PYACCEL_RECOVER_ETHEREUM_TRANSACTION] = PYACCEL_REASON_ENCODING;
        row->reason[PYACCEL_RECOVER_ETHEREUM_PRECOMPILE] = PYACCEL_REASON_ENCODING;
    }
    return row;
}

/* Signatures made by the book. */
static void add_signed(void)
{
    for (int i = 0; i < 20; i++) {
        const number d = random_number(&group_order), k = random_number(&group_order);
        const point commitment = point_mul(&k, &generator), q = point_mul(&d, &generator);
        uint8_t digest[32];
        const number z = random_number(&group_order);
        number_to_bytes(digest, &z);
        if (i % 5 == 0) {
            memset(digest, i % 2 ? 0xff : 0, sizeof digest);
        }
        const signed_row made = sign_digest(&d, &k, digest);
        recover_row *row = add_row(PYACCEL_REASON_NONE);
        memcpy(row->digest, digest, 32);
        memcpy(row->signature, made.signature, 64);
        row->signature[64] = (uint8_t)((commitment.y.word[0] & 1) + (i % 3 ? 0 : 27));
        put_point(row->key, &q);
        const number s = number_from_bytes(made.signature + 32);
        const number half = number_half(&group_order, 0);
        if (number_below(&half, &s)) {
            row->reason[PYACCEL_RECOVER_ETHEREUM_TRANSACTION] = PYACCEL_REASON_RANGE;
        }
    }
}

/* R of known logarithm, so that u1 G meets u2 R from both sides and their digits run into each other:
 * sums that are doublings, and infinite ones. */
static void add_collisions(void)
{
    static const number lambda = {{0x1b23bd72, 0xdf02967c, 0x20816678, 0x122e22ea, 0x8812645a,
                                   0xa5261c02, 0xc05c30e0, 0x5363ad4c}};
    const number one = number_of(1), three = number_of(3), zero = {{0}};
    const number shift = {{0, 0, 0, 0, 1}};
    const number logarithms[] = {
        one,   mod_neg(&one, &group_order), lambda, mod_neg(&lambda, &group_order), three,
        shift, random_number(&group_order)};
    for (size_t i = 0; i < sizeof logarithms / sizeof *logarithms; i++) {
        const number *d = &logarithms[i];
        const point r = point_mul(d, &generator);
        const number u2 = i % 2 ? random_number(&group_order) : number_of(5);
        const number same = mod_mul(&u2, d, &group_order), opposite = mod_neg(&same, &group_order);
        add_sum(&r, &same, &u2);
        add_sum(&r, &opposite, &u2);
        add_sum(&r, &zero, &u2);
        add_sum(&r, &one, &one);
        add_sum(&r, &three, &lambda);
    }
}

/* Abscissas of n and more: found by r and an id with bit 1, and by no other. Small r without a point
 * of abscissa r, or r + n. */
static void add_wrapped(void)
{
    const number one = number_of(1), limit = number_sub(&prime, &group_order);
    number r = one;
    for (int found = 0, missing = 0; found < 4 || missing < 4;) {
        uint32_t carry;
        const number x = number_add(&r, &group_order, &carry);
        const point up = point_lift(&x), low = point_lift(&r);
        const number u1 = random_number(&group_order), u2 = random_number(&group_order);
        if (!up.infinite && found++ < 4) {
            const point down = point_neg(&up);
            add_sum(&up, &u1, &u2);
            add_sum(&down, &u1, &u2);
        }
        for (uint8_t id = 0; id < 4; id++) {
            if (id < 2 ? low.infinite : up.infinite) {
                missing++;
                recover_row *row = add_row(PYACCEL_REASON_EQUATION);
                number_to_bytes(row->signature, &r);
                number_to_bytes(row->signature + 32, &one);
                row->signature[64] = id;
                if (id >= 2) {
                    memset(row->reason + PYACCEL_RECOVER_ETHEREUM_TRANSACTION,
                           PYACCEL_REASON_ENCODING, 2);
                }
            }
        }
        r = mod_add(&r, &one, &prime);
    }
    /* p - n and what follows it: r + n is p, or more, or past 2^256. */
    const number largest = number_sub(&group_order, &one);
    const number above[] = {limit, mod_add(&limit, &one, &group_order), largest};
    for (int i = 0; i < 3; i++) {
        for (uint8_t id = 2; id < 4; id++) {
            recover_row *row = add_row(PYACCEL_REASON_EQUATION);
            number_to_bytes(row->signature, &above[i]);
            number_to_bytes(row->signature + 32, &one);
            row->signature[64] = id;
            memset(row->reason + PYACCEL_RECOVER_ETHEREUM_TRANSACTION, PYACCEL_REASON_ENCODING, 2);
        }
    }
}

/* Numbers out of range, and every v. */
static void add_malformed(void)
{
    const number one = number_of(1), zero = {{0}}, d = random_number(&group_order);
    const recover_row good = *add_sum(&generator, &zero, &one),
                      other = *add_sum(&generator, &d, &d);
    uint32_t carry;
    const number outside[] = {zero, group_order, number_add(&group_order, &one, &carry)};
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 4; i++) {
            recover_row *row = add_row(PYACCEL_REASON_RANGE);
            memcpy(row->signature, good.signature, 65);
            if (i < 3) {
                number_to_bytes(row->signature + 32 * half, &outside[i]);
            } else {
                memset(row->signature + 32 * half, 0xff, 32);
            }
        }
    }
    for (unsigned int v = 0; v < 256; v++) {
        recover_row *row = add_row(PYACCEL_REASON_ENCODING);
        *row = v % 2 ? good : other;
        row->signature[64] = (uint8_t)v;
        const unsigned int id = good.signature[64];
        if (v == id || v == id + 27) {
            continue;
        }
        memset(row->reason, PYACCEL_REASON_ENCODING, sizeof row->reason);
        if (v > 3 && v != 27 && v != 28) {
            continue;
        }
        /* The opposite R, and an r + n that is p or more. */
        if (v == 2 || v == 3) {
            row->reason[PYACCEL_RECOVER_SECP256K1] = PYACCEL_REASON_EQUATION;
            continue;
        }
        const number r = number_from_bytes(row->signature),
                     s = number_from_bytes(row->signature + 32);
        const number inverse = mod_inverse(&r, &group_order), z = number_from_bytes(row->digest);
        const number u2 = mod_mul(&s, &inverse, &group_order);
        number u1 = mod_mul(&z, &inverse, &group_order);
        u1 = mod_neg(&u1, &group_order);
        const point minus = point_neg(&generator);
        row_count--;
        add_sum(&minus, &u1, &u2);
        rows[row_count - 1].signature[64] = (uint8_t)v;
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

typedef struct {
    pyaccel_rows digests, signatures;
    const pyaccel_rows *digests_at, *signatures_at;
    const uint8_t *ids;
    uint8_t *keys, *verdicts;
    uint64_t keys_size, n;
    pyaccel_recover_options options;
    bool no_options;
} call;

static void begin(call *c, uint64_t first, uint64_t n)
{
    *c = (call){.keys = keys, .verdicts = verdicts, .keys_size = 64 * n, .n = n};
    c->digests = fixed_rows(rows[first].digest, n, 32, sizeof *rows);
    c->signatures = fixed_rows(rows[first].signature, n, 65, sizeof *rows);
    c->digests_at = &c->digests;
    c->signatures_at = &c->signatures;
    c->options = (pyaccel_recover_options){
        .struct_size = sizeof c->options, .rule = PYACCEL_RECOVER_SECP256K1, .reasons = reasons};
}

static pyaccel_status run(const call *c)
{
    memset(keys, 0xaa, sizeof keys);
    memset(verdicts, 0xaa, sizeof verdicts);
    memset(reasons, 0xaa, sizeof reasons);
    return pyaccel_recover_many(c->keys, c->keys_size, c->verdicts, c->digests_at, c->signatures_at,
                                c->ids, c->n, c->no_options ? NULL : &c->options);
}

/* Rows first .. first + n in one call are what they should be, and nothing is written behind them. */
static void check_rows(uint64_t first, uint64_t n, uint32_t rule, bool with_ids, uint32_t addresses,
                       uint32_t threads)
{
    const uint64_t width = addresses ? 20 : 64;
    call c;
    begin(&c, first, n);
    c.options.rule = rule;
    c.options.addresses = addresses;
    c.options.threads = threads;
    c.keys_size = width * n;
    if (with_ids) {
        c.signatures = fixed_rows(rows[first].signature, n, 64, sizeof *rows);
        for (uint64_t i = 0; i < n; i++) {
            ids[i] = rows[first + i].signature[64];
        }
        c.ids = ids;
    }
    if (threads == 2) {
        c.options.reasons = NULL;
    }
    CHECK(run(&c) == PYACCEL_OK);
    for (uint64_t i = 0; i < n; i++) {
        const recover_row *row = &rows[first + i];
        uint8_t wanted[64] = {0}, digest[32];
        uint8_t reason = row->reason[rule];
        if (with_ids && row->signature[64] > 3) { /* 27 and 28 are no ids */
            reason = PYACCEL_REASON_ENCODING;
        }
        if (reason == PYACCEL_REASON_NONE && addresses) {
            CHECK(pyaccel_hash_one(digest, 32, PYACCEL_HASH_KECCAK256, row->key, 64, NULL) ==
                  PYACCEL_OK);
            memcpy(wanted, digest + 12, 20);
        } else if (reason == PYACCEL_REASON_NONE) {
            memcpy(wanted, row->key, 64);
        }
        CHECK(memcmp(keys + i * width, wanted, width) == 0);
        CHECK(verdicts[i] == (reason == PYACCEL_REASON_NONE));
        CHECK(reasons[i] == (threads == 2 ? 0xaa : reason));
    }
    CHECK(keys[n * width] == 0xaa && verdicts[n] == 0xaa && reasons[n] == 0xaa);
}

static void test_rows(void)
{
    add_signed();
    add_collisions();
    add_wrapped();
    add_malformed();
    CHECK(row_count > 300);
    for (uint32_t rule = PYACCEL_RECOVER_SECP256K1; rule <= PYACCEL_RECOVER_ETHEREUM_PRECOMPILE;
         rule++) {
        for (uint32_t way = 0; way < 4; way++) {
            check_rows(0, row_count, rule, way & 1, way >> 1, way);
        }
    }
    for (uint64_t i = 0; i < row_count; i++) {
        check_rows(i, 1, PYACCEL_RECOVER_SECP256K1, false, i % 2, 1);
    }
    for (uint64_t n = 2; n < 80; n += 7) {
        check_rows(row_count - n, n, PYACCEL_RECOVER_ETHEREUM_PRECOMPILE, n % 2, n / 2 % 2, 1);
    }
}

/* Rows of other widths are refused one by one. */
static void test_widths(void)
{
    uint8_t packed[130];
    uint32_t offsets[] = {0, 65, 129, 130, 130};
    call c;
    memcpy(packed, rows[0].signature, 65);
    memcpy(packed + 65, rows[1].signature, 65);
    begin(&c, 0, 4);
    c.signatures = ragged_rows(packed, offsets, 4);
    CHECK(run(&c) == PYACCEL_OK);
    CHECK(verdicts[0] == 1 && memcmp(keys, rows[0].key, 64) == 0);
    for (int i = 1; i < 4; i++) {
        CHECK(verdicts[i] == 0 && reasons[i] == PYACCEL_REASON_LENGTH);
    }
    c.ids = ids;
    ids[1] = rows[1].signature[64] % 27;
    CHECK(run(&c) == PYACCEL_OK);
    CHECK(verdicts[0] == 0 && reasons[0] == PYACCEL_REASON_LENGTH);
    CHECK(verdicts[1] == 1 && memcmp(keys + 64, rows[1].key, 64) == 0 && verdicts[2] == 0);
    begin(&c, 0, 4);
    c.digests.width = 31;
    CHECK(run(&c) == PYACCEL_OK && verdicts[0] == 0 && reasons[3] == PYACCEL_REASON_LENGTH);
    /* One digest for all. */
    begin(&c, 0, 4);
    c.digests.stride = 0;
    CHECK(run(&c) == PYACCEL_OK && verdicts[0] == 1 && memcmp(keys, rows[0].key, 64) == 0);
    CHECK(verdicts[1] == 1 && memcmp(keys + 64, rows[1].key, 64) != 0);
    offsets[2] = 131;
    c.signatures = ragged_rows(packed, offsets, 4);
    c.signatures.data_size = sizeof packed;
    CHECK(run(&c) == PYACCEL_INVALID_ARGUMENT);
    CHECK(verdicts[0] == 0 && keys[0] == 0 && keys[255] == 0 && reasons[0] == 0);
}

/* ---- bad arguments --------------------------------------------------------------------------- */

static bool zero(const uint8_t *bytes, uint64_t size)
{
    uint8_t any = 0;
    for (uint64_t i = 0; i < size; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* After a status that is not OK: outputs are zero as far as the header says, and nothing behind them is
 * written, unless another output stands there. */
static void check_closed(const call *c)
{
    const bool believed = !c->no_options && c->options.struct_size == sizeof c->options;
    const bool alone = c->verdicts == verdicts && c->options.reasons == reasons;
    const uint64_t all = c->n * (believed && c->options.addresses == 1 ? 20 : 64);
    const uint64_t closed = all < c->keys_size ? all : c->keys_size;
    CHECK(c->keys == NULL || (zero(c->keys, closed) && (!alone || keys[closed] == 0xaa)));
    CHECK(c->verdicts == NULL || (zero(c->verdicts, c->n) && (!alone || verdicts[c->n] == 0xaa)));
    CHECK(!believed || zero(c->options.reasons, c->n));
    CHECK(!alone || (reasons[c->n] == 0xaa && (believed || reasons[0] == 0xaa)));
}

#define EXPECT(expected, ...)                                                                      \
    do {                                                                                           \
        call c;                                                                                    \
        begin(&c, 0, 5);                                                                           \
        __VA_ARGS__;                                                                               \
        CHECK(run(&c) == (expected));                                                              \
        if ((expected) != PYACCEL_OK) {                                                            \
            check_closed(&c);                                                                      \
        }                                                                                          \
    } while (0)

static void test_bad_arguments(void)
{
    EXPECT(PYACCEL_OK, );
    EXPECT(PYACCEL_OK, c.keys_size += 7);
    EXPECT(PYACCEL_OK, c.options.addresses = 1; c.keys_size = 100);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.no_options = true);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.struct_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.struct_size += 8);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.reserved = 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.rule = 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.rule = 4);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.addresses = 2);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.addresses = 1; c.keys_size = 99);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.verdicts = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.digests_at = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures_at = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.digests.data = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.data_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.reserved = 1);
    EXPECT(PYACCEL_OK, c.n = 0);
    EXPECT(PYACCEL_OK, c.n = 0; c.keys = NULL; c.verdicts = NULL; c.keys_size = 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.n = 0; c.options.rule = 0);
    /* Outputs over inputs, and over each other. */
    for (uint64_t at = 0; at < 5; at++) {
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.digests = fixed_rows(keys + 64 * at + 63, 5, 32, 32));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.digests = fixed_rows(verdicts + at, 5, 32, 32));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = fixed_rows(reasons + at, 5, 65, 65));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.ids = keys + 64 * at + 63);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.ids = verdicts + at);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.ids = reasons + at);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.reasons = verdicts + at);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.verdicts = keys + 315 + at);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.reasons = keys + 315 + at);
    }
    EXPECT(PYACCEL_OK, c.verdicts = keys + 320);
    EXPECT(PYACCEL_OK, c.options.addresses = 1; c.verdicts = keys + 100;
           c.options.reasons = keys + 105);
    EXPECT(PYACCEL_OK, c.options.reasons = verdicts + 5);
    const uint64_t counts[] = {(uint64_t)PTRDIFF_MAX / 64 + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        call c;
        begin(&c, 0, 5);
        c.n = counts[i];
        c.keys_size = UINT64_MAX;
        c.digests.stride = c.signatures.stride = 0;
        CHECK(run(&c) == PYACCEL_INVALID_ARGUMENT);
        CHECK(keys[0] == 0xaa && verdicts[0] == 0xaa && reasons[0] == 0xaa);
    }
}

typedef struct {
    uint64_t calls, stop_at;
} progress_log;

static int log_progress(void *user, uint64_t done, uint64_t total)
{
    progress_log *log = user;
    CHECK(done <= total && total == row_count);
    return ++log->calls == log->stop_at;
}

static void test_progress(void)
{
    for (uint64_t stop_at = 0; stop_at < 2; stop_at++) {
        progress_log log = {0, stop_at};
        call c;
        begin(&c, 0, row_count);
        c.options.progress = log_progress;
        c.options.user = &log;
        c.options.threads = 2;
        CHECK(run(&c) == (stop_at ? PYACCEL_CANCELLED : PYACCEL_OK));
        CHECK(log.calls > 0 && verdicts[0] == (stop_at == 0));
        CHECK(!stop_at || (zero(keys, 64 * row_count) && zero(verdicts, row_count) &&
                           zero(reasons, row_count)));
    }
}

int main(void)
{
    test_rows();
    test_widths();
    test_bad_arguments();
    test_progress();
    return finish();
}
