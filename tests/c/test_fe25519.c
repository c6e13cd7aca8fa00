/* SPDX-License-Identifier: Apache-2.0 */
/* fe25519_portable.h at its bounds and at random, against schoolbook arithmetic on bytes. */
#define PA_DEBUG_BOUNDS 1
#include <string.h>

#include "check.h"
#include "field/fe25519_portable.h"
#include "random.h"

/* ---- the reference: numbers of 80 bytes, least significant first ---------------------------- */

#define BIG 80
typedef struct {
    unsigned char byte[BIG];
} big;

static big big_of(uint64_t word)
{
    big r = {{0}};
    for (int i = 0; i < 8; i++) {
        r.byte[i] = (unsigned char)(word >> (8 * i));
    }
    return r;
}

static big big_add(const big *a, const big *b)
{
    big r;
    unsigned int carry = 0;
    for (int i = 0; i < BIG; i++) {
        carry += (unsigned int)a->byte[i] + b->byte[i];
        r.byte[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return r;
}

/* a - b mod 2^(8 BIG); *below: a < b */
static big big_sub(const big *a, const big *b, int *below)
{
    big r;
    int borrow = 0;
    for (int i = 0; i < BIG; i++) {
        int digit = a->byte[i] - b->byte[i] - borrow;
        borrow = digit < 0;
        r.byte[i] = (unsigned char)(digit + 256 * borrow);
    }
    *below = borrow;
    return r;
}

static big big_mul(const big *a, const big *b)
{
    big r = {{0}};
    for (int i = 0; i < BIG; i++) {
        unsigned int carry = 0;
        for (int j = 0; a->byte[i] != 0 && i + j < BIG; j++) {
            carry += r.byte[i + j] + (unsigned int)a->byte[i] * b->byte[j];
            r.byte[i + j] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    return r;
}

static big big_shift(const big *a, int bits)
{
    big power = {{0}};
    power.byte[bits / 8] = (unsigned char)(1 << bits % 8);
    return big_mul(&power, a);
}

static big big_p(void)
{
    big p = {{0}};
    memset(p.byte, 0xff, 32);
    p.byte[0] = 0xed;
    p.byte[31] = 0x7f;
    return p;
}

/* a mod p by long division in base 2; a < 2^530 */
static big big_mod(const big *a)
{
    big p = big_p(), r = *a;
    for (int shift = 275; shift >= 0; shift--) {
        int below;
        big multiple = big_shift(&p, shift);
        big difference = big_sub(&r, &multiple, &below);
        if (!below) {
            r = difference;
        }
    }
    return r;
}

/* ---- values under test ---------------------------------------------------------------------- */

typedef struct {
    fe value;
    int magnitude;
} sample;

#define SAMPLES 64
static sample samples[SAMPLES];
static int sample_count;

static void add_sample(fe value, int magnitude)
{
    samples[sample_count++] = (sample){value, magnitude};
}

static big value_of(const fe *a)
{
    big r = big_of(0);
    for (int i = 0; i < 5; i++) {
        big limb = big_of(a->limb[i]);
        limb = big_shift(&limb, 51 * i);
        r = big_add(&r, &limb);
    }
    return r;
}

/* True when r is want modulo p, its limbs are within its magnitude, and it encodes as want. */
static int is(const fe *r, int magnitude, const big *want)
{
    big reduced = big_mod(want), value = value_of(r);
    unsigned char bytes[32], *rows[1] = {bytes};
    value = big_mod(&value);
    for (int i = 0; i < 5; i++) {
        if (r->limb[i] > (uint64_t)magnitude * FE_LIMB_BOUND) {
            return 0;
        }
    }
    fe_to_rows(rows, r);
    return memcmp(&value, &reduced, BIG) == 0 && memcmp(bytes, reduced.byte, 32) == 0;
}

/* Magnitude 1 edges as words, then lazy limbs at the bound of the largest factor, then random
 * ones. */
static void make_samples(void)
{
    static const uint64_t words[][4] = {
        {0, 0, 0, 0},
        {1, 0, 0, 0},
        {2, 0, 0, 0},
        {UINT64_MAX - 19, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 1}, /* p - 1 */
        {UINT64_MAX - 18, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 1}, /* p */
        {UINT64_MAX - 17, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 1}, /* p + 1 */
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 1},      /* 2^255 - 1 */
        {UINT64_MAX - 38, UINT64_MAX, UINT64_MAX, UINT64_MAX},      /* 2 p - 1 */
        {UINT64_MAX - 37, UINT64_MAX, UINT64_MAX, UINT64_MAX},      /* 2 p */
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},           /* 2^256 - 1 */
        {0, 0, 0, UINT64_C(1) << 63},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        fe a;
        fe_set_words(&a, words[i][0], words[i][1], words[i][2], words[i][3]);
        add_sample(a, 1);
        big want = big_of(0);
        for (int j = 0; j < 4; j++) {
            big word = big_of(words[i][j]);
            word = big_shift(&word, 64 * j);
            want = big_add(&want, &word);
        }
        CHECK(is(&a, 1, &want));
    }
    for (int m = 1; m <= FE_MUL_MAG; m += FE_MUL_MAG - 1) {
        fe all;
        for (int i = 0; i < 5; i++) {
            fe one = {{0, 0, 0, 0, 0}};
            all.limb[i] = one.limb[i] = (uint64_t)m * FE_LIMB_BOUND;
            add_sample(one, m);
        }
        add_sample(all, m);
    }
    while (sample_count < SAMPLES) {
        fe a;
        int m = 1 + sample_count % FE_MUL_MAG;
        for (int i = 0; i < 5; i++) {
            a.limb[i] = random_word() % ((uint64_t)m * FE_LIMB_BOUND + 1);
        }
        add_sample(a, m);
    }
}

/* ---- checks --------------------------------------------------------------------------------- */

static void check_pair(const sample *a, const sample *b)
{
    big x = value_of(&a->value), y = value_of(&b->value), p = big_p(), want,
        multiple = big_of((uint64_t)b->magnitude + 1);
    int below;
    fe r;
    want = big_add(&x, &y);
    fe_add(&r, &a->value, &b->value);
    CHECK(is(&r, a->magnitude + b->magnitude, &want));
    multiple = big_mul(&multiple, &p);
    want = big_add(&x, &multiple);
    want = big_sub(&want, &y, &below);
    fe_sub(&r, &a->value, &b->value, b->magnitude);
    CHECK(is(&r, a->magnitude + b->magnitude + 1, &want));
    want = big_mul(&x, &y);
    fe_mul(&r, &a->value, &b->value);
    CHECK(is(&r, 1, &want));
    x = big_mod(&x);
    y = big_mod(&y);
    CHECK(mask_bits(fe_equal(&a->value, &b->value)) == (unsigned int)(memcmp(&x, &y, BIG) == 0));
    fe_select(&r, mask_from_bits(1), &a->value, &b->value);
    CHECK(memcmp(&r, &a->value, sizeof r) == 0);
    fe_select(&r, mask_from_bits(0), &a->value, &b->value);
    CHECK(memcmp(&r, &b->value, sizeof r) == 0);
}

static void check_one(const sample *a)
{
    big x = value_of(&a->value), zero = big_of(0), one = big_of(1), p = big_p(), want;
    int below;
    fe r, t;
    want = big_mul(&x, &x);
    fe_sqr(&r, &a->value);
    CHECK(is(&r, 1, &want));
    want = big_mod(&want);
    want = big_mul(&want, &want);
    fe_sqr_n(&r, &a->value, 2);
    CHECK(is(&r, 1, &want));
    fe_carry(&r, &a->value);
    CHECK(is(&r, 1, &x));
    want = big_mod(&x);
    CHECK(mask_bits(fe_is_zero(&a->value)) == (unsigned int)(memcmp(&want, &zero, BIG) == 0));
    CHECK(mask_bits(fe_is_odd(&a->value)) == (want.byte[0] & 1u));
    want = big_sub(&p, &want, &below);
    fe_neg(&r, &a->value, a->magnitude);
    CHECK(is(&r, a->magnitude + 1, &want));
    for (unsigned int k = 1; (int)k * a->magnitude <= FE_MAX_MAG; k++) {
        want = big_of(k);
        want = big_mul(&want, &x);
        fe_mul_small(&r, &a->value, k);
        CHECK(is(&r, (int)k * a->magnitude, &want));
        fe_carry(&r, &r);
        CHECK(is(&r, 1, &want));
    }
    fe_inv(&r, &a->value);
    fe_mul(&t, &r, &a->value);
    CHECK(is(&t, 1, mask_any(fe_is_zero(&a->value)) ? &zero : &one));
    row memory;
    row *to[1] = {&memory};
    const row *from[1] = {&memory};
    fe_scatter(to, &a->value);
    fe_gather(&r, from);
    CHECK(is(&r, 1, &x));
}

/* r = a^((p - 5) / 8), by squaring and multiplying; the lowest three bits of p - 5 are 0. */
static void check_root_power(const fe *a)
{
    big exponent = big_p(), base = value_of(a), want = big_of(1);
    int below;
    fe r;
    big five = big_of(5);
    exponent = big_sub(&exponent, &five, &below);
    base = big_mod(&base);
    for (int bit = 254; bit >= 3; bit--) {
        want = big_mul(&want, &want);
        want = big_mod(&want);
        if (exponent.byte[bit / 8] >> bit % 8 & 1) {
            want = big_mul(&want, &base);
            want = big_mod(&want);
        }
    }
    fe_root_power(&r, a);
    CHECK(is(&r, 1, &want));
}

static void check_bytes(const unsigned char bytes[32])
{
    const unsigned char *rows[1] = {bytes};
    big want = big_of(0), reduced;
    mask ok;
    fe r;
    memcpy(want.byte, bytes, 32);
    want.byte[31] &= 0x7f;
    reduced = big_mod(&want);
    fe_from_rows(&r, rows, &ok);
    CHECK(mask_bits(ok) == (unsigned int)(memcmp(&want, &reduced, BIG) == 0));
    CHECK(is(&r, 1, &want));
    for (int bit = 0; bit < 256; bit++) {
        CHECK(mask_bits(mask_row_bit(rows, bit / 8, bit % 8)) ==
              ((unsigned int)bytes[bit / 8] >> bit % 8 & 1u));
    }
}

/* Every 2^k - 1 and 2^k, the neighbourhood of p with and without the top bit, random bytes. */
static void check_encodings(void)
{
    unsigned char bytes[32];
    for (int k = 0; k < 256; k++) {
        for (int i = 0; i < 32; i++) {
            bytes[i] = (unsigned char)(8 * i + 8 <= k ? 0xff
                                       : 8 * i <= k   ? (1 << (k - 8 * i)) - 1
                                                      : 0);
        }
        check_bytes(bytes);
        memset(bytes, 0, 32);
        bytes[k / 8] = (unsigned char)(1 << k % 8);
        check_bytes(bytes);
    }
    for (int low = 0xe0; low <= 0xff; low++) {
        memset(bytes, 0xff, 32);
        bytes[0] = (unsigned char)low;
        check_bytes(bytes);
        bytes[31] = 0x7f;
        check_bytes(bytes);
    }
    for (int i = 0; i < 100; i++) {
        for (int j = 0; j < 32; j++) {
            bytes[j] = (unsigned char)(random_word() >> 32);
        }
        check_bytes(bytes);
    }
}

int main(void)
{
    fe_state begun = fe_begin();
    fe r;
    make_samples();
    for (int i = 0; i < SAMPLES; i++) {
        check_one(&samples[i]);
        for (int j = 0; j < SAMPLES; j += 1 + (i + j) % 3) {
            check_pair(&samples[i], &samples[j]);
        }
    }
    for (int i = 0; i < SAMPLES; i += 21) {
        check_root_power(&samples[i].value);
    }
    check_encodings();
    for (unsigned int k = 0; k <= 0xffff; k += 257) {
        big want = big_of(k);
        fe_set_int(&r, k);
        CHECK(is(&r, 1, &want));
    }
    fe_end(begun);
    return finish();
}
