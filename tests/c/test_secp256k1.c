/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 through the public call, against the plain group law: keys and scalars that an
 * adversary picks so that additions collide, the two abscissas behind one r, keys in every
 * encoding. */
#include "check.h"
#include "ecdsa_reference.h"

static const number lambda = {{0x1b23bd72, 0xdf02967c, 0x20816678, 0x122e22ea, 0x8812645a,
                               0xa5261c02, 0xc05c30e0, 0x5363ad4c}};

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

/* The row (u1, u2, Q) with the r that it deserves, and one with another r; where the sum is
 * infinite only wrong ones. */
static void add_case(const number *u1, const number *u2, const point *q)
{
    const point first = point_mul(u1, &generator), second = point_mul(u2, q);
    const point sum = point_add(&first, &second);
    const number one = number_of(1);
    number r = sum.infinite ? one : number_mod(&sum.x, &group_order);
    signed_row *row = add_row(!sum.infinite);
    put_key(row, q);
    put_scalars(row, u1, u2, &r);
    r = mod_add(&r, &one, &group_order);
    row = add_row(false);
    put_key(row, q);
    put_scalars(row, u1, u2, &r);
}

static void check_rows(void)
{
    uint8_t verdicts[ROWS_MAX], reasons[ROWS_MAX], alone, reason;
    memset(verdicts, 7, sizeof verdicts);
    CHECK(verify_rows(verdicts, reasons, rows, (uint64_t)row_count, 65, PYACCEL_RULE_ANY) ==
          PYACCEL_OK);
    for (int i = 0; i < row_count; i++) {
        CHECK(verdicts[i] == expected[i]);
        CHECK(reasons[i] == (expected[i] ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION));
        CHECK(verify_rows(&alone, &reason, &rows[i], 1, 64, PYACCEL_RULE_ANY) == PYACCEL_OK);
        CHECK(alone == expected[i] && reason == reasons[i]);
    }
    row_count = 0;
}

/* Keys of known logarithm: u1 G meets u2 Q from both sides, and the digits of both run into each
 * other. */
static void test_collisions(void)
{
    const number one = number_of(1), three = number_of(3), zero = {{0}};
    const number shift = {{0, 0, 0, 0, 1}};
    number logarithms[7] = {
        one,   mod_neg(&one, &group_order), lambda, mod_neg(&lambda, &group_order), three,
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
        add_case(&three, &lambda, &q);
    }
    check_rows();
}

/* Random keys and scalars. */
static void test_random(void)
{
    for (int i = 0; i < 8; i++) {
        const number d = random_number(&group_order), u1 = random_number(&group_order),
                     u2 = random_number(&group_order);
        const point q = point_mul(&d, &generator);
        add_case(&u1, &u2, &q);
    }
    check_rows();
}

/* Sums with the abscissas x and x + n, both below p: r = x means either, and nothing else does.
 * Nobody knows a logarithm of such a point, so Q = (R - u1 G) / u2 is made to hit it. */
static void test_wrapped_abscissas(void)
{
    const number one = number_of(1);
    const number limit = number_sub(&prime, &group_order);
    number small = one;
    int wrapped = 0, plain = 0;
    while (wrapped < 3 || plain < 3) {
        uint32_t carry;
        number x = number_add(&small, &group_order, &carry);
        for (int turn = 0; turn < 2; turn++, x = small) {
            const point target = point_lift(&x);
            if (target.infinite || (turn == 0 ? wrapped++ : plain++) >= 3) {
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
    /* r >= p - n has one meaning only: r + n would be p or more, or past 2^256. */
    number r = limit;
    for (int i = 0; i < 3; i++) {
        const number u1 = random_number(&group_order), u2 = random_number(&group_order);
        signed_row *row = add_row(false);
        put_key(row, &generator);
        put_scalars(row, &u1, &u2, &r);
        r = i == 0 ? number_sub(&group_order, &one) : mod_add(&limit, &one, &group_order);
    }
    check_rows();
}

/* One key in all its encodings; the verdict of each rule, reasons included. */
static void test_key_encodings(void)
{
    static const struct {
        uint32_t size;
        int prefix; /* of 65 and 33 bytes; 0x100: right for the parity of y, 0x101: wrong for it */
        uint32_t base;
        uint32_t reason; /* under any and low-s */
        uint32_t reason_bitcoin_core;
    } cases[] = {
        {64, 0, 0, PYACCEL_REASON_NONE, PYACCEL_REASON_NONE},
        {65, 0x04, 0, PYACCEL_REASON_NONE, PYACCEL_REASON_NONE},
        {65, 0x100, 0x06, PYACCEL_REASON_KEY, PYACCEL_REASON_NONE},
        {65, 0x101, 0x06, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {65, 0x00, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {65, 0x02, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {65, 0x05, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {65, 0x08, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {33, 0x100, 0x02, PYACCEL_REASON_NONE, PYACCEL_REASON_NONE},
        {33, 0x101, 0x02, PYACCEL_REASON_EQUATION, PYACCEL_REASON_EQUATION}, /* -Q */
        {33, 0x04, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {33, 0x06, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {33, 0x00, 0, PYACCEL_REASON_KEY, PYACCEL_REASON_KEY},
        {32, 0x02, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
        {34, 0x02, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
        {63, 0, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
        {66, 0x04, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
        {1, 0x00, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
        {0, 0, 0, PYACCEL_REASON_LENGTH, PYACCEL_REASON_LENGTH},
    };
    uint8_t digest[32] = {1, 2, 3};
    for (int i = 0; i < 4; i++) {
        const number d = random_number(&group_order), k = random_number(&group_order);
        const signed_row row = sign_digest(&d, &k, digest);
        const int odd = row.prefixed_key[64] & 1;
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            uint8_t key[66] = {0}, verdict, reason;
            memcpy(key,
                   cases[c].size == 64 || cases[c].size == 63 ? row.prefixed_key + 1
                                                              : row.prefixed_key,
                   cases[c].size == 64 || cases[c].size == 63 ? 64 : 65);
            if (cases[c].prefix >= 0x100) {
                key[0] = (uint8_t)(cases[c].base + (uint32_t)(odd ^ (cases[c].prefix & 1)));
            } else if (cases[c].size != 64 && cases[c].size != 63) {
                key[0] = (uint8_t)cases[c].prefix;
            }
            const pyaccel_rows keys = fixed_rows(key, 1, cases[c].size, cases[c].size);
            const pyaccel_rows digests = fixed_rows(row.digest, 1, 32, 32);
            const pyaccel_rows signatures = fixed_rows(row.signature, 1, 64, 64);
            pyaccel_verify_options options = ecdsa_options(PYACCEL_RULE_ANY);
            options.reasons = &reason;
            CHECK(pyaccel_verify_many(&verdict, PYACCEL_SCHEME_SECP256K1_ECDSA, &keys, &digests,
                                      &signatures, 1, &options) == PYACCEL_OK);
            CHECK(reason == cases[c].reason && verdict == (reason == PYACCEL_REASON_NONE));
            options.rule = PYACCEL_RULE_BITCOIN_CORE;
            CHECK(pyaccel_verify_many(&verdict, PYACCEL_SCHEME_SECP256K1_ECDSA, &keys, &digests,
                                      &signatures, 1, &options) == PYACCEL_OK);
            CHECK(reason == cases[c].reason_bitcoin_core &&
                  verdict == (reason == PYACCEL_REASON_NONE));
        }
    }
}

static uint32_t reason_of(const signed_row *row, uint32_t rule)
{
    uint8_t verdict, reason;
    CHECK(verify_rows(&verdict, &reason, row, 1, 65, rule) == PYACCEL_OK);
    CHECK(verdict == (reason == PYACCEL_REASON_NONE));
    return reason;
}

/* Checks that a signature under p verifies (u1 = 0, R = u2 p, so nobody needs p's logarithm), and
 * returns the reason once p is added to the coordinate whose bytes start at offset, which must be
 * small. */
static uint32_t reasons_written_high(const point *p, int offset)
{
    const number u2 = random_number(&group_order), zero = {{0}};
    const point sum = point_mul(&u2, p);
    const number r = number_mod(&sum.x, &group_order);
    signed_row row;
    uint32_t carry;
    put_key(&row, p);
    put_scalars(&row, &zero, &u2, &r);
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_NONE);
    const number coordinate = number_from_bytes(row.prefixed_key + offset);
    const number high = number_add(&coordinate, &prime, &carry);
    CHECK(!carry);
    number_to_bytes(row.prefixed_key + offset, &high);
    return reason_of(&row, PYACCEL_RULE_ANY);
}

/* Coordinates at and above p, and off the curve. */
static void test_bad_keys(void)
{
    const number one = number_of(1);
    const uint8_t digest[32] = {9};
    const number d = random_number(&group_order), k = random_number(&group_order);
    const signed_row good = sign_digest(&d, &k, digest);
    CHECK(reason_of(&good, PYACCEL_RULE_ANY) == PYACCEL_REASON_NONE);
    signed_row row = good;
    row.prefixed_key[64] ^= 1;
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_KEY);
    row = good;
    memset(row.prefixed_key + 1, 0, 64);
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_KEY);
    memset(row.prefixed_key + 1, 0xff, 64);
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_KEY);

    /* A point with a small abscissa, also written with x + p. */
    number x = one;
    point p = point_lift(&x);
    while (p.infinite) {
        x = mod_add(&x, &one, &prime);
        p = point_lift(&x);
    }
    CHECK(reasons_written_high(&p, 1) == PYACCEL_REASON_KEY);

    /* One with y = 1: x is the cube root of -6, that is (-6)^((p + 2) / 9) since p = 7 mod 9. */
    const number six = number_of(6), minus_six = mod_neg(&six, &prime);
    const number exponent = {{0x555554e9, 0x1c71c71c, 0xc71c71c7, 0x71c71c71, 0x1c71c71c,
                              0xc71c71c7, 0x71c71c71, 0x1c71c71c}};
    p = (point){mod_power(&minus_six, &exponent, &prime), one, false};
    CHECK(reasons_written_high(&p, 33) == PYACCEL_REASON_KEY);
}

/* The same for an x to be lifted: right as it is, refused with p added. */
static void test_bad_compressed_keys(void)
{
    const number one = number_of(1), zero = {{0}};
    uint8_t verdicts[3], reasons[3];
    signed_row row[3];
    number x = one;
    while (point_lift(&x).infinite) {
        x = mod_add(&x, &one, &prime);
    }
    number off_curve = one;
    while (!point_lift(&off_curve).infinite) {
        off_curve = mod_add(&off_curve, &one, &prime);
    }
    uint32_t carry;
    const number abscissas[3] = {x, number_add(&x, &prime, &carry), off_curve};
    const point p = point_lift(&x);
    const number u2 = random_number(&group_order);
    const point sum = point_mul(&u2, &p);
    const number r = number_mod(&sum.x, &group_order);
    for (int i = 0; i < 3; i++) {
        row[i].prefixed_key[32] = 0x02;
        number_to_bytes(row[i].prefixed_key + 33, &abscissas[i]);
        put_scalars(&row[i], &zero, &u2, &r);
    }
    CHECK(verify_rows(verdicts, reasons, row, 3, 33, PYACCEL_RULE_ANY) == PYACCEL_OK);
    CHECK(verdicts[0] == 1 && reasons[0] == PYACCEL_REASON_NONE);
    CHECK(verdicts[1] == 0 && reasons[1] == PYACCEL_REASON_KEY);
    CHECK(verdicts[2] == 0 && reasons[2] == PYACCEL_REASON_KEY);
}

/* r and s at their bounds, and s against its half. */
static void test_ranges(void)
{
    const uint8_t digest[32] = {4};
    const number d = random_number(&group_order), k = random_number(&group_order), zero = {{0}},
                 one = number_of(1);
    const signed_row good = sign_digest(&d, &k, digest);
    uint32_t carry;
    const number outside[3] = {zero, group_order, number_add(&group_order, &one, &carry)};
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 3; i++) {
            signed_row row = good;
            number_to_bytes(row.signature + 32 * half, &outside[i]);
            CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_RANGE);
            CHECK(reason_of(&row, PYACCEL_RULE_BITCOIN_CORE) == PYACCEL_REASON_RANGE);
        }
        signed_row row = good;
        memset(row.signature + 32 * half, 0xff, 32);
        CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_RANGE);
    }
    /* s and n - s: exactly one of them is low. */
    signed_row other = good;
    number s = number_from_bytes(good.signature + 32);
    s = mod_neg(&s, &group_order);
    number_to_bytes(other.signature + 32, &s);
    CHECK(reason_of(&other, PYACCEL_RULE_ANY) == PYACCEL_REASON_NONE);
    CHECK(reason_of(&other, PYACCEL_RULE_BITCOIN_CORE) == PYACCEL_REASON_NONE);
    const uint32_t one_way = reason_of(&good, PYACCEL_RULE_LOW_S),
                   other_way = reason_of(&other, PYACCEL_RULE_LOW_S);
    CHECK(one_way + other_way == PYACCEL_REASON_RANGE && one_way != other_way);
    /* The largest low s and the smallest high one, by choosing u2 = r / s. */
    const number largest = number_half(&group_order, 0);
    for (int i = 0; i < 2; i++) {
        const number bound = i == 0 ? largest : mod_add(&largest, &one, &group_order);
        signed_row row;
        put_key(&row, &generator);
        number_to_bytes(row.signature + 32, &bound);
        number_to_bytes(row.signature, &one);
        memset(row.digest, 0, 32);
        CHECK(reason_of(&row, PYACCEL_RULE_LOW_S) ==
              (i == 0 ? PYACCEL_REASON_EQUATION : PYACCEL_REASON_RANGE));
        CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_EQUATION);
    }
}

/* A digest of n or more means the same as itself minus n. */
static void test_large_digest(void)
{
    uint8_t digest[32];
    memset(digest, 0xff, 32);
    const number d = random_number(&group_order), k = random_number(&group_order);
    signed_row row = sign_digest(&d, &k, digest);
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_NONE);
    const number z = number_from_bytes(digest), reduced = number_mod(&z, &group_order);
    number_to_bytes(row.digest, &reduced);
    CHECK(reason_of(&row, PYACCEL_RULE_ANY) == PYACCEL_REASON_NONE);
}

int main(void)
{
    test_collisions();
    test_random();
    test_wrapped_abscissas();
    test_key_encodings();
    test_bad_keys();
    test_bad_compressed_keys();
    test_ranges();
    test_large_digest();
    return finish();
}
