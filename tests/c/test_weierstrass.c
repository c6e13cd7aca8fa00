/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256, or with REFERENCE_P384 on P-384, or with REFERENCE_SM2 SM2, through the public call, against the plain group
 * law: published signatures, keys and scalars that an adversary picks so that additions collide, the two abscissas behind one
 * r, keys and signatures in every encoding, digests and identities of any length. Rows run together, one by one, and with their
 * keys prepared. */
#if !defined(REFERENCE_SM2) && !defined(REFERENCE_P384)
#define REFERENCE_P256
#endif
#include <stdlib.h>

#include "check.h"
#include "hex.h"
#include "pyaccel.h"
#include "reference256.h"
#include "rows.h"
#include "weierstrass_rows.h"

/* ---- equations ------------------------------------------------------------------------------- */

#define ROWS_MAX 512
static signed_row rows[ROWS_MAX];
static uint8_t expected[ROWS_MAX];
static int row_count;

static signed_row *add_row(bool valid)
{
    CHECK(row_count < ROWS_MAX);
    expected[row_count] = valid;
    return &rows[row_count++];
}

/* The row (u1, u2, Q) with the x that it deserves, and one with another; where the sum is infinite only the latter. */
static void add_case(const number *u1, const number *u2, const point *q)
{
    const point first = point_mul(u1, &generator), second = point_mul(u2, q);
    const point sum = point_add(&first, &second);
    const number one = number_of(1), zero = {{0}};
    const number difference = mod_sub(u2, u1, &group_order);
    if (IS_SM2 && (number_equal(u1, &zero) || number_equal(&difference, &zero))) {
        return;
    }
    number x = sum.infinite ? one : number_mod(&sum.x, &group_order);
    signed_row *row = add_row(!sum.infinite);
    put_key(row, q);
    put_scalars(row, u1, u2, &x);
    x = mod_add(&x, &one, &group_order);
    row = add_row(false);
    put_key(row, q);
    put_scalars(row, u1, u2, &x);
}

static void check_outputs(const uint8_t *verdicts, const uint8_t *reasons)
{
    for (int i = 0; i < row_count; i++) {
        CHECK(verdicts[i] == expected[i]);
        CHECK(reasons[i] == (expected[i] ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION));
    }
}

/* All rows, first with their keys as they are, then prepared, or some of them. */
static void check_rows(void)
{
    uint8_t verdicts[ROWS_MAX], reasons[ROWS_MAX], alone, reason;
    const uint64_t n = (uint64_t)row_count;
    CHECK(verify_rows(verdicts, reasons, rows, n, 1 + 2 * B, ANY_RULE) == PYACCEL_OK);
    check_outputs(verdicts, reasons);
    for (int i = 0; i < row_count; i++) {
        CHECK(verify_rows(&alone, &reason, &rows[i], 1, 2 * B, ANY_RULE) == PYACCEL_OK);
        CHECK(alone == expected[i] && reason == reasons[i]);
    }
    for (int few = 0; few < 2; few++) {
        const pyaccel_rows keys = fixed_rows(rows->key, n, sizeof rows->key, sizeof *rows);
        const pyaccel_rows digests = fixed_rows(rows->digest, n, B, sizeof *rows);
        const pyaccel_rows signatures = fixed_rows(rows->signature, n, 2 * B, sizeof *rows);
        const pyaccel_prepare_options prepare = {.struct_size = sizeof prepare,
                                                 .memory = few ? 1200000 : 0};
        pyaccel_prepared_keys *prepared = NULL;
        CHECK(pyaccel_prepared_keys_new(&prepared, SCHEME, &keys, n, &prepare) == PYACCEL_OK);
        pyaccel_verify_options options = options_of(ANY_RULE);
        options.reasons = reasons;
        options.prepared = prepared;
        memset(verdicts, 7, sizeof verdicts);
        CHECK(pyaccel_verify_many(verdicts, SCHEME, NULL, &digests, &signatures, n, &options) ==
              PYACCEL_OK);
        check_outputs(verdicts, reasons);
        pyaccel_prepared_keys_free(prepared);
    }
    row_count = 0;
}

/* Keys of known logarithm: u1 G meets u2 Q from both sides, and the digits of both run into each other. */
static void test_collisions(void)
{
    const number one = number_of(1), three = number_of(3), zero = {{0}};
    const number shift = {{0, 0, 0, 0, 1}}, many = number_of(0x8421);
    number logarithms[7] = {
        one,   mod_neg(&one, &group_order), many, mod_neg(&many, &group_order), three,
        shift, random_number(&group_order)};
    for (int i = 0; i < 7; i++) {
        const number *d = &logarithms[i];
        const point q = point_mul(d, &generator);
        const number u2 = i % 2 ? random_number(&group_order) : number_of(5);
        const number same = mod_mul(&u2, d, &group_order), opposite = mod_neg(&same, &group_order);
        add_case(&same, &u2, &q);     /* the sum is a doubling */
        add_case(&opposite, &u2, &q); /* the sum is infinite */
        add_case(&zero, &u2, &q);     /* digest 0 */
        add_case(&one, &one, &q);
        add_case(&three, &many, &q);
    }
    check_rows();
}

static void test_random(void)
{
    for (int i = 0; i < 5; i++) {
        const number d = random_number(&group_order), u1 = random_number(&group_order),
                     u2 = random_number(&group_order);
        const point q = point_mul(&d, &generator);
        add_case(&u1, &u2, &q);
    }
    check_rows();
}

/* Sums with the abscissas x and x + n, both below p: what is compared means either, and nothing else does. Nobody knows a
 * logarithm of such a point, so Q = (R - u1 G) / u2 is made to hit it. */
static void test_wrapped_abscissas(void)
{
    const number one = number_of(1);
    const number limit = number_sub(&prime, &group_order);
    number small = one;
    int wrapped = 0, plain = 0;
    while (wrapped < 2 || plain < 2) {
        uint32_t carry;
        number x = number_add(&small, &group_order, &carry);
        for (int turn = 0; turn < 2; turn++, x = small) {
            const point target = point_lift(&x);
            if (target.infinite || (turn == 0 ? wrapped++ : plain++) >= 2) {
                continue;
            }
            const number u1 = random_number(&group_order), u2 = random_number(&group_order);
            const number inverse = mod_inverse(&u2, &group_order);
            const point base = point_mul(&u1, &generator), minus = point_neg(&base);
            point q = point_add(&target, &minus);
            q = point_mul(&inverse, &q);
            signed_row *row = add_row(true);
            put_key(row, &q);
            put_scalars(row, &u1, &u2, &small);
        }
        small = mod_add(&small, &one, &prime);
    }
    /* x >= p - n has one meaning only: x + n would be p or more, or too long. */
    number x = limit;
    for (int i = 0; i < 3; i++) {
        const number u1 = random_number(&group_order), u2 = random_number(&group_order);
        signed_row *row = add_row(false);
        put_key(row, &generator);
        put_scalars(row, &u1, &u2, &x);
        x = i == 0 ? number_sub(&group_order, &one) : mod_add(&limit, &one, &group_order);
    }
    check_rows();
}

/* ---- encodings ------------------------------------------------------------------------------- */

/* The reason of a row with another key, unprepared and prepared. */
static uint32_t reason_of_key(const signed_row *row, const uint8_t *key, uint64_t size,
                              uint32_t key_format)
{
    uint8_t verdict, reason, again;
    uint8_t *exact = malloc(size + 1);
    CHECK(exact != NULL);
    if (exact == NULL) {
        return 0;
    }
    memcpy(exact, key, size);
    const pyaccel_rows keys = {.data = exact, .data_size = size, .width = size, .stride = size};
    const pyaccel_rows digests = fixed_rows(row->digest, 1, B, B);
    const pyaccel_rows signatures = fixed_rows(row->signature, 1, 2 * B, 2 * B);
    pyaccel_verify_options options = options_of(ANY_RULE);
    options.reasons = &reason;
    options.key_format = key_format;
    CHECK(pyaccel_verify_many(&verdict, SCHEME, &keys, &digests, &signatures, 1, &options) ==
          PYACCEL_OK);
    CHECK(verdict == (reason == PYACCEL_REASON_NONE));
    const pyaccel_prepare_options prepare = {.struct_size = sizeof prepare,
                                             .key_format = key_format};
    CHECK(pyaccel_prepared_keys_new((pyaccel_prepared_keys **)&options.prepared, SCHEME, &keys, 1,
                                    &prepare) == PYACCEL_OK);
    options.reasons = &again;
    options.key_format = 0;
    CHECK(pyaccel_verify_many(&verdict, SCHEME, NULL, &digests, &signatures, 1, &options) ==
          PYACCEL_OK);
    CHECK(again == reason && verdict == (reason == PYACCEL_REASON_NONE));
    pyaccel_prepared_keys_free((pyaccel_prepared_keys *)(uintptr_t)options.prepared);
    free(exact);
    return reason;
}

static void test_key_encodings(void)
{
    for (int turn = 0; turn < 3; turn++) {
        const signed_row row = good_row();
        const int odd = row.key[2 * B] & 1;
        uint8_t key[2 * B + 3] = {0};
        CHECK(reason_of_key(&row, row.key + 1, 2 * B, 0) == PYACCEL_REASON_NONE);
        for (int prefix = 0; prefix < 256; prefix += prefix < 9 ? 1 : 41) {
            memcpy(key, row.key, sizeof row.key);
            key[0] = (uint8_t)prefix;
            CHECK(reason_of_key(&row, key, 1 + 2 * B, PYACCEL_KEY_FORMAT_AUTO) ==
                  (prefix == 4 ? PYACCEL_REASON_NONE : PYACCEL_REASON_KEY));
            CHECK(reason_of_key(&row, key, 1 + B, 0) == (prefix == 2 + odd ? PYACCEL_REASON_NONE
                                                         : prefix == 3 - odd
                                                             ? PYACCEL_REASON_EQUATION
                                                             : PYACCEL_REASON_KEY));
        }
        static const uint64_t sizes[] = {0, 1, B - 1, B, B + 2, 2 * B - 1, 2 * B + 2};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            key[0] = sizes[i] < B + 3 ? 0x02 : 0x04;
            CHECK(reason_of_key(&row, key, sizes[i], 0) == PYACCEL_REASON_LENGTH);
        }
    }
}

static void test_spki(void)
{
    static const uint8_t algorithm[] = ALGORITHM;
    const uint64_t algorithm_size = sizeof algorithm - 1, before = algorithm_size + 5;
    for (int turn = 0; turn < 3; turn++) {
        const signed_row row = good_row();
        uint8_t spki[160];
        for (int compressed = 0; compressed < 2; compressed++) {
            const uint64_t point_size = compressed ? 1 + B : 1 + 2 * B, size = before + point_size;
            spki[0] = 0x30;
            spki[1] = (uint8_t)(size - 2);
            memcpy(spki + 2, algorithm, algorithm_size);
            memcpy(spki + before - 3, (uint8_t[]){0x03, (uint8_t)(1 + point_size), 0}, 3);
            memcpy(spki + before, row.key, point_size);
            if (compressed) {
                spki[before] = (uint8_t)(2 + (row.key[2 * B] & 1));
            }
            CHECK(reason_of_key(&row, spki, size, PYACCEL_KEY_FORMAT_SPKI) == PYACCEL_REASON_NONE);
            CHECK(reason_of_key(&row, spki, size, 0) == PYACCEL_REASON_LENGTH);
            CHECK(reason_of_key(&row, spki, size - 1, PYACCEL_KEY_FORMAT_SPKI) ==
                  PYACCEL_REASON_LENGTH);
            CHECK(reason_of_key(&row, spki, size + 1, PYACCEL_KEY_FORMAT_SPKI) ==
                  PYACCEL_REASON_LENGTH);
            /* Any other byte up to the point is another algorithm, another curve, another form. */
            for (uint64_t i = 0; i <= before; i++) {
                spki[i] ^= (uint8_t)(turn == 0 ? 1 : 0x80 >> turn);
                if (!(compressed && i == before && turn == 0)) { /* the other parity */
                    CHECK(reason_of_key(&row, spki, size, PYACCEL_KEY_FORMAT_SPKI) ==
                          PYACCEL_REASON_KEY);
                }
                spki[i] ^= (uint8_t)(turn == 0 ? 1 : 0x80 >> turn);
            }
        }
    }
    /* Of a scheme that has none, and keys that are none of this format. */
    const signed_row row = good_row();
    CHECK(reason_of_key(&row, row.key, sizeof row.key, PYACCEL_KEY_FORMAT_SPKI) ==
          PYACCEL_REASON_LENGTH);
}

/* Checks that a row under p verifies, and returns the reason once the prime is added to the coordinate whose bytes start at
 * offset, which must be small. */
static uint32_t reason_written_high(const point *p, int offset)
{
    const number u1 = random_number(&group_order), u2 = random_number(&group_order);
    const point first = point_mul(&u1, &generator), second = point_mul(&u2, p);
    const point sum = point_add(&first, &second);
    const number x = number_mod(&sum.x, &group_order);
    signed_row row;
    uint32_t carry;
    put_key(&row, p);
    put_scalars(&row, &u1, &u2, &x);
    CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_NONE);
    const number coordinate = number_from_bytes(row.key + offset);
    const number high = number_add(&coordinate, &prime, &carry);
    CHECK(!carry);
    number_to_bytes(row.key + offset, &high);
    row.key[0] = (uint8_t)(2 + (row.key[2 * B] & 1));
    CHECK(offset != 1 ||
          reason_of_key(&row, row.key, 1 + B, PYACCEL_KEY_FORMAT_AUTO) == PYACCEL_REASON_KEY);
    return reason_of(&row, ANY_RULE);
}

/* Coordinates at and above p, and off the curve. */
static void test_bad_keys(void)
{
    const number one = number_of(1);
    const signed_row good = good_row();
    signed_row row = good;
    row.key[2 * B] ^= 1;
    CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_KEY);
    row = good;
    memset(row.key + 1, 0, 2 * B);
    CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_KEY);
    memset(row.key + 1, 0xff, 2 * B);
    CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_KEY);
    /* A point with a small abscissa, also written with x + p; and an abscissa of none. */
    number x = one;
    point p = point_lift(&x);
    while (p.infinite) {
        row = good;
        row.key[0] = 0x02;
        number_to_bytes(row.key + 1, &x);
        CHECK(reason_of_key(&row, row.key, 1 + B, 0) == PYACCEL_REASON_KEY);
        x = mod_add(&x, &one, &prime);
        p = point_lift(&x);
    }
    CHECK(reason_written_high(&p, 1) == PYACCEL_REASON_KEY);
}

/* r and s at their bounds; of ECDSA s against its half, of SM2 r + s = n. */
static void test_ranges(void)
{
    const signed_row good = good_row();
    const number one = number_of(1), zero = {{0}}, largest = number_half(&group_order, 0);
    uint32_t carry;
    const number outside[3] = {zero, group_order, number_add(&group_order, &one, &carry)};
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 3; i++) {
            signed_row row = good;
            number_to_bytes(row.signature + B * half, &outside[i]);
            CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_RANGE);
        }
        signed_row row = good;
        memset(row.signature + B * half, 0xff, B);
        CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_RANGE);
    }
    const number r = number_from_bytes(good.signature), s = number_from_bytes(good.signature + B);
    const number minus_r = mod_neg(&r, &group_order), minus_s = mod_neg(&s, &group_order);
    signed_row other = good;
    if (IS_SM2) {
        put_signature(&other, &r, &minus_r);
        CHECK(reason_of(&other, ANY_RULE) == PYACCEL_REASON_RANGE);
        return;
    }
    /* s and n - s: exactly one of them is low. */
    put_signature(&other, &r, &minus_s);
    CHECK(reason_of(&other, ANY_RULE) == PYACCEL_REASON_NONE);
    for (uint32_t rule = PYACCEL_RULE_LOW_S; rule <= PYACCEL_RULE_FABRIC; rule += 2) {
        const uint32_t one_way = reason_of(&good, rule), other_way = reason_of(&other, rule);
        CHECK(one_way + other_way == PYACCEL_REASON_RANGE && one_way != other_way);
        for (int i = 0; i < 2; i++) {
            const number bound = i == 0 ? largest : mod_add(&largest, &one, &group_order);
            signed_row row = good;
            put_signature(&row, &one, &bound);
            CHECK(reason_of(&row, rule) ==
                  (i == 0 ? PYACCEL_REASON_EQUATION : PYACCEL_REASON_RANGE));
            CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_EQUATION);
        }
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* The reason of a row with some message. */
static uint32_t reason_of_message(const signed_row *row, const void *message, uint64_t size,
                                  const pyaccel_verify_options *given)
{
    uint8_t verdict, reason;
    pyaccel_verify_options options = *given;
    const pyaccel_rows keys = fixed_rows(row->key, 1, sizeof row->key, sizeof row->key);
    const pyaccel_rows messages = {.data = message, .data_size = size, .width = size};
    const pyaccel_rows signatures = fixed_rows(row->signature, 1, 2 * B, 2 * B);
    options.reasons = &reason;
    CHECK(pyaccel_verify_many(&verdict, SCHEME, &keys, &messages, &signatures, 1, &options) ==
          PYACCEL_OK);
    CHECK(verdict == (reason == PYACCEL_REASON_NONE));
    return reason;
}

/* Ready digests: of n or more, which mean the same less n; longer and shorter than n. */
static void test_digests(void)
{
    const number d = random_number(&group_order), k = random_number(&group_order);
    const point q = point_mul(&d, &generator), commitment = point_mul(&k, &generator);
    const number x = number_mod(&commitment.x, &group_order), one = number_of(1);
    const pyaccel_verify_options options = options_of(ANY_RULE);
    for (uint64_t size = 32; size <= 2 * B + 1; size += size == 32 ? B + 1 - 32 : B) {
        for (int turn = 0; turn < 2; turn++) {
            uint8_t digest[2 * B + 1], number_bytes[B] = {0};
            random_bytes(digest, sizeof digest);
            if (turn == 0) {
                memset(digest, 0xff, 32);
            }
            const uint64_t used = size < B ? size : B;
            memcpy(number_bytes + B - used, digest, used);
            number e = number_from_bytes(number_bytes);
            e = number_mod(&e, &group_order);
            number r, s;
            if (IS_SM2) { /* s = (k - r d) / (1 + d) */
                number by = mod_add(&d, &one, &group_order);
                by = mod_inverse(&by, &group_order);
                r = mod_add(&e, &x, &group_order);
                s = mod_mul(&r, &d, &group_order);
                s = mod_sub(&k, &s, &group_order);
                s = mod_mul(&s, &by, &group_order);
            } else { /* s = (e + r d) / k */
                const number by = mod_inverse(&k, &group_order);
                r = x;
                s = mod_mul(&r, &d, &group_order);
                s = mod_add(&s, &e, &group_order);
                s = mod_mul(&s, &by, &group_order);
            }
            signed_row row;
            put_key(&row, &q);
            put_signature(&row, &r, &s);
            const bool sized = size == 32 || !IS_SM2;
            CHECK(reason_of_message(&row, digest, size, &options) ==
                  (sized ? PYACCEL_REASON_NONE : PYACCEL_REASON_LENGTH));
            CHECK(reason_of_message(&row, digest, 31, &options) == PYACCEL_REASON_LENGTH);
            CHECK(reason_of_message(&row, digest, 0, &options) == PYACCEL_REASON_LENGTH);
            digest[used - 1] ^= 1;
            CHECK(reason_of_message(&row, digest, size, &options) ==
                  (sized ? PYACCEL_REASON_EQUATION : PYACCEL_REASON_LENGTH));
        }
    }
}

/* Signatures in DER: padded and cut as DER has it, and what the rules make of bytes behind. */
static void test_der(void)
{
    const signed_row good = good_row();
    uint8_t der[2 * B + 16], verdict, reason;
    uint8_t *at = der + 2;
    for (int half = 0; half < 2; half++) {
        const uint8_t *value = good.signature + half * B;
        int skip = 0;
        while (value[skip] == 0) {
            skip++;
        }
        const int pad = value[skip] >> 7;
        *at++ = 0x02;
        *at++ = (uint8_t)(B - skip + pad);
        if (pad) {
            *at++ = 0;
        }
        memcpy(at, value + skip, (size_t)(B - skip));
        at += B - skip;
    }
    der[0] = 0x30;
    der[1] = (uint8_t)(at - der - 2);
    *at = 0;
    const uint64_t size = (uint64_t)(at - der);
    const pyaccel_rows keys = fixed_rows(good.key, 1, sizeof good.key, sizeof good.key);
    const pyaccel_rows digests = fixed_rows(good.digest, 1, B, B);
    const number half_order = number_half(&group_order, 0),
                 s = number_from_bytes(good.signature + B);
    const bool high = number_below(&half_order, &s);
    for (int longer = 0; longer < 3; longer++) {
        for (uint32_t rule = ANY_RULE; rule <= (IS_SM2 ? ANY_RULE : PYACCEL_RULE_FABRIC);
             rule += rule == PYACCEL_RULE_LOW_S ? 2 : 1) {
            const pyaccel_rows signatures = fixed_rows(der, 1, size + (longer > 0), sizeof der);
            pyaccel_verify_options options = options_of(rule);
            options.signature_format = PYACCEL_SIGNATURE_FORMAT_DER;
            options.reasons = &reason;
            der[1] = (uint8_t)(size - 2 + (longer == 2)); /* behind the sequence, then within it */
            CHECK(pyaccel_verify_many(&verdict, SCHEME, &keys, &digests, &signatures, 1,
                                      &options) == PYACCEL_OK);
            const bool taken = longer == 0 || rule == PYACCEL_RULE_FABRIC;
            const bool low = rule == PYACCEL_RULE_LOW_S || rule == PYACCEL_RULE_FABRIC;
            CHECK(reason == (!taken        ? PYACCEL_REASON_ENCODING
                             : low && high ? PYACCEL_REASON_RANGE
                                           : PYACCEL_REASON_NONE));
            CHECK(verdict == (reason == PYACCEL_REASON_NONE));
        }
    }
    /* Raw signatures have one length. */
    for (uint64_t length = 2 * B - 1; length <= 2 * B + 1; length++) {
        const pyaccel_rows signatures = fixed_rows(good.signature, 1, length, length);
        pyaccel_verify_options options = options_of(ANY_RULE);
        options.reasons = &reason;
        pyaccel_rows within = signatures;
        within.data = der; /* as long as that */
        CHECK(pyaccel_verify_many(&verdict, SCHEME, &keys, &digests,
                                  length == 2 * B ? &signatures : &within, 1,
                                  &options) == PYACCEL_OK);
        CHECK(reason == (length == 2 * B ? PYACCEL_REASON_NONE : PYACCEL_REASON_LENGTH));
    }
}

/* The same with the key's abscissa alone: SM2 hashes both coordinates nevertheless. */
static uint32_t reason_of_compressed(const signed_row *row, const void *message, uint64_t size,
                                     const pyaccel_verify_options *given)
{
    uint8_t verdict, reason, key[1 + B];
    pyaccel_verify_options options = *given;
    memcpy(key, row->key, sizeof key);
    key[0] = (uint8_t)(2 + (row->key[2 * B] & 1));
    const pyaccel_rows keys = fixed_rows(key, 1, sizeof key, sizeof key);
    const pyaccel_rows messages = {.data = message, .data_size = size, .width = size};
    const pyaccel_rows signatures = fixed_rows(row->signature, 1, 2 * B, 2 * B);
    options.reasons = &reason;
    CHECK(pyaccel_verify_many(&verdict, SCHEME, &keys, &messages, &signatures, 1, &options) ==
          PYACCEL_OK);
    CHECK(verdict == (reason == PYACCEL_REASON_NONE));
    return reason;
}

/* RFC 6979, A.2.5 and A.2.6, message "sample"; GB/T 32918.5-2017, A.2. */
static void test_published(void)
{
#if defined(REFERENCE_SM2)
    static const char key[] = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                              "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    static const struct {
        uint32_t hash;
        const char *signature;
    } cases[] = {{0, "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                     "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"}};
    static const char message[] = "message digest";
#elif defined(REFERENCE_P384)
    static const char key[] = "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64de"
                              "f8f0ea9055866064a254515480bc13"
                              "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b"
                              "231c3ae0d4fe7344fd2533264720";
    static const struct {
        uint32_t hash;
        const char *signature;
    } cases[] = {{0, "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44a"
                     "cf96e36dd1e80fabe46"
                     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e6"
                     "79e7b82c71a38628ac8"},
                 {PYACCEL_MESSAGE_HASH_SHA256, "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354"
                                               "b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cd"
                                               "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db"
                                               "2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0"}};
    static const char message[] = "sample";
#else
    static const char key[] = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                              "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    static const struct {
        uint32_t hash;
        const char *signature;
    } cases[] = {{0, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
                 {PYACCEL_MESSAGE_HASH_SHA384,
                  "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
                  "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954"}};
    static const char message[] = "sample";
#endif
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        signed_row row;
        pyaccel_verify_options options = options_of(ANY_RULE);
        CHECK(from_hex(row.key, key) == sizeof row.key);
        CHECK(from_hex(row.signature, cases[i].signature) == sizeof row.signature);
        options.message_hash = cases[i].hash;
        CHECK(reason_of_message(&row, message, sizeof message - 1, &options) ==
              PYACCEL_REASON_NONE);
        CHECK(reason_of_message(&row, message, sizeof message, &options) ==
              PYACCEL_REASON_EQUATION);
        CHECK(reason_of_compressed(&row, message, sizeof message - 1, &options) ==
              PYACCEL_REASON_NONE);
        row.signature[5] ^= 4;
        CHECK(reason_of_message(&row, message, sizeof message - 1, &options) ==
              PYACCEL_REASON_EQUATION);
    }
}

int main(void)
{
    test_published();
    test_collisions();
    test_random();
    test_wrapped_abscissas();
    test_key_encodings();
    test_spki();
    test_bad_keys();
    test_ranges();
    test_digests();
    test_der();
    return finish();
}
