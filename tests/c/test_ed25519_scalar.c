/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo l: range and reduction at every boundary, by construction (x = q l + r for known
 * q and r); digits by summing them up again. */
#include <string.h>

#include "check.h"
#include "random.h"
#include "verify/ed25519.h"
#ifdef FIELD
/* Scalars in the lanes of that field. */
#include FIELD
#define ED25519_LANES_MIN 2
#include "verify/ed25519_scalar_lanes.h"
#ifndef FE_HAS_WORDS
#error "without words in lanes this is the test of one scalar after the other"
#endif
#elif defined(LANES)
#define HALVES
#include "verify/ed25519_halves_lanes.h"
#endif

/* 70 bytes, least significant first: room for q l + r. */
typedef struct {
    unsigned char byte[70];
} big;

static const unsigned char order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* r += q l, q: 33 bytes */
static void add_multiple(big *r, const unsigned char q[33])
{
    for (int i = 0; i < 33; i++) {
        unsigned int carry = 0;
        for (int j = 0; i + j < 70; j++) {
            carry += r->byte[i + j] + (j < 32 ? (unsigned int)q[i] * order[j] : 0);
            r->byte[i + j] = (unsigned char)carry;
            carry >>= 8;
        }
    }
}

/* l - 1 - k for small k */
static big below_order(unsigned int k)
{
    big r = {{0}};
    memcpy(r.byte, order, 32);
    r.byte[0] = (unsigned char)(r.byte[0] - 1 - k);
    return r;
}

static int fits_64_bytes(const big *a)
{
    for (int i = 64; i < 70; i++) {
        if (a->byte[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static int is(const pa_ed25519_scalar *a, const big *want)
{
    for (int i = 0; i < 32; i++) {
        if ((unsigned char)(a->word[i / 8] >> (8 * (i % 8))) != want->byte[i]) {
            return 0;
        }
    }
    return 1;
}

#ifdef FIELD
/* Numbers seen last, one a lane and some more, so that every lane has each number once, and a group
 * that is not full comes after one that is. */
#define SEEN (LANES + 3)

/* What the lanes make of the last digests is what the scalar form makes of each. */
static void check_reduce_lanes(const uint8_t digest[64])
{
    static uint8_t seen[SEEN][64];
    static unsigned int at;
    pa_ed25519_scalar got[SEEN + 1], want;
    memcpy(seen[at++ % SEEN], digest, 64);
    for (unsigned int n = 0; n <= SEEN; n += n < LANES - 1 ? LANES - 1 : 1) {
        memset(got, 0xa5, sizeof got);
        const fe_state state = fe_begin();
        ed25519_reduce(got, (const uint8_t(*)[64])seen, n);
        fe_end(state);
        for (unsigned int i = 0; i < n; i++) {
            pa_ed25519_scalar_reduce(&want, seen[i]);
            CHECK(memcmp(&got[i], &want, sizeof want) == 0);
        }
        memset(&want, 0xa5, sizeof want);
        CHECK(memcmp(&got[n], &want, sizeof want) == 0);
    }
}

/* The same of z a, which is `product` alone, and in the other place of a pair as well. */
static void check_weigh_lanes(const pa_ed25519_coefficient *z, const pa_ed25519_scalar *a,
                              const pa_ed25519_scalar *product)
{
    static pa_ed25519_coefficient coefficients[SEEN];
    static pa_ed25519_scalar seen[SEEN][2], products[SEEN][2];
    static unsigned int at;
    pa_ed25519_scalar got[SEEN + 1][2];
    coefficients[at % SEEN] = *z;
    for (int j = 0; j < 2; j++) {
        seen[at % SEEN][j] = j == 0 ? *a : seen[(at + SEEN - 1) % SEEN][0];
        pa_ed25519_scalar_weigh(&products[at % SEEN][j], z, &seen[at % SEEN][j]);
    }
    CHECK(memcmp(&products[at % SEEN][0], product, sizeof *product) == 0);
    at++;
    for (unsigned int n = 0; n <= SEEN; n += n < LANES - 1 ? LANES - 1 : 1) {
        memcpy(got, seen, sizeof seen);
        memset(got[SEEN], 0xa5, sizeof got[SEEN]);
        const fe_state state = fe_begin();
        ed25519_weigh(got, coefficients, n);
        fe_end(state);
        CHECK(memcmp(got, products, n * sizeof *got) == 0);
        CHECK(n == SEEN || memcmp(got[n], seen[n], sizeof *got) == 0);
    }
}
#endif

/* By the scalar form, and in lanes. */
static void reduce(pa_ed25519_scalar *r, const uint8_t digest[64])
{
    pa_ed25519_scalar_reduce(r, digest);
#ifdef FIELD
    check_reduce_lanes(digest);
#endif
}

static void check_reduce(const big *remainder, const unsigned char q[33])
{
    big x = *remainder;
    pa_ed25519_scalar r;
    add_multiple(&x, q);
    if (fits_64_bytes(&x)) {
        reduce(&r, x.byte);
        CHECK(is(&r, remainder));
    }
}

/* q = 0, 1, 2^k - 1, 2^k, random, near the largest; r = 0, 1, l - 1, l - 2, random. */
static void check_reductions(void)
{
    /* floor(2^512 / l) */
    static const unsigned char most[33] = {0x1b, 0x13, 0x2c, 0x0a, 0xa3, 0xe5, 0x9c, 0xed, 0xa7,
                                           0x29, 0x63, 0x08, 0x5d, 0x21, 0x06, 0x21, 0xeb, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};
    for (int k = 0; k < 800; k++) {
        unsigned char q[33] = {0};
        for (int i = 0; i < 33; i++) {
            if (k < 260) {
                q[i] = (unsigned char)(8 * i + 8 <= k ? 0xff
                                       : 8 * i <= k   ? (1 << (k - 8 * i)) - 1
                                                      : 0);
            } else if (k < 520) {
                q[i] = (unsigned char)(i == (k - 260) / 8 ? 1 << (k - 260) % 8 : 0);
            } else {
                q[i] = (unsigned char)(random_word() >> (i < 32 ? 56 : 60));
            }
        }
        if (k >= 780) {
            memcpy(q, most, sizeof q);
            q[0] = (unsigned char)(q[0] - (k - 780));
        }
        big r = {{0}};
        check_reduce(&r, q);
        r.byte[0] = 1;
        check_reduce(&r, q);
        for (unsigned int below = 0; below < 3; below++) {
            r = below_order(below);
            check_reduce(&r, q);
        }
        for (int i = 0; i < 31; i++) {
            r.byte[i] = (unsigned char)(random_word() >> 56);
        }
        r.byte[31] = (unsigned char)(random_word() >> 60);
        check_reduce(&r, q);
    }
    /* 2^512 - 1 = q l + r with r = 2^512 - 1 mod l, worked out in Python. */
    static const unsigned char largest[32] = {0x00, 0x0f, 0x9c, 0x44, 0xe3, 0x11, 0x06, 0xa4,
                                              0x47, 0x93, 0x85, 0x68, 0xa7, 0x1b, 0x0e, 0xd0,
                                              0x65, 0xbe, 0xf5, 0x17, 0xd2, 0x73, 0xec, 0xce,
                                              0x3d, 0x9a, 0x30, 0x7c, 0x1b, 0x41, 0x99, 0x03};
    big ones, want = {{0}};
    pa_ed25519_scalar r;
    memset(&ones, 0xff, sizeof ones);
    memcpy(want.byte, largest, 32);
    reduce(&r, ones.byte);
    CHECK(is(&r, &want));
}

static void check_range(void)
{
    big x = {{0}};
    pa_ed25519_scalar s;
    CHECK(pa_ed25519_scalar_decode(&s, x.byte) && is(&s, &x));
    for (unsigned int below = 0; below < 16; below++) {
        x = below_order(below);
        CHECK(pa_ed25519_scalar_decode(&s, x.byte) && is(&s, &x));
        memcpy(x.byte, order, 32);
        x.byte[0] = (unsigned char)(x.byte[0] + below);
        CHECK(!pa_ed25519_scalar_decode(&s, x.byte));
    }
    for (int bit = 0; bit < 256; bit++) {
        memset(&x, 0, sizeof x);
        x.byte[bit / 8] = (unsigned char)(1 << bit % 8);
        CHECK(pa_ed25519_scalar_decode(&s, x.byte) == (bit <= 252));
        for (int i = 0; i < bit / 8; i++) {
            x.byte[i] = 0xff;
        }
        x.byte[bit / 8] = (unsigned char)((2 << bit % 8) - 1);
        CHECK(pa_ed25519_scalar_decode(&s, x.byte) == (bit <= 251));
    }
}

/* want = sum of digit 2^at, by adding and subtracting one bit after the other modulo 2^320. */
static void add_digit(uint64_t sum[5], int digit, int at)
{
    uint64_t size = (uint64_t)(digit < 0 ? -digit : digit);
    for (int bit = 0; bit < 16; bit++) {
        if ((size >> bit & 1) == 0) {
            continue;
        }
        uint64_t term = UINT64_C(1) << (at + bit) % 64;
        for (int i = (at + bit) / 64; i < 5 && term != 0; i++) {
            uint64_t before = sum[i];
            sum[i] = digit < 0 ? before - term : before + term;
            term = digit < 0 ? before < term : sum[i] < before;
        }
    }
}

static int sums_to(const uint64_t sum[5], const pa_ed25519_scalar *a)
{
    return memcmp(sum, a->word, sizeof a->word) == 0 && sum[4] == 0;
}

static void check_digits(const pa_ed25519_scalar *a)
{
    for (int width = 2; width <= 8; width++) {
        int8_t digits[256];
        uint64_t sum[5] = {0};
        int within = 1, last = -width;
        pa_ed25519_scalar_naf(digits, width, a);
        for (int i = 0; i < 256; i++) {
            if (digits[i] != 0) {
                within &= digits[i] % 2 != 0 && i - last >= width;
                within &= -(1 << (width - 1)) < digits[i] && digits[i] < 1 << (width - 1);
                last = i;
                add_digit(sum, digits[i], i);
            }
        }
        CHECK(within && sums_to(sum, a));
    }
}

static void check_all_digits(void)
{
    pa_ed25519_scalar a;
    for (int bit = 0; bit <= 253; bit++) {
        for (int i = 0; i < 4; i++) {
            a.word[i] = bit >= 64 * i + 64 ? UINT64_MAX
                        : bit > 64 * i     ? (UINT64_C(1) << (bit - 64 * i)) - 1
                                           : 0;
        }
        check_digits(&a); /* 2^bit - 1 */
        if (bit < 253) {
            a = (pa_ed25519_scalar){{0}};
            a.word[bit / 64] = UINT64_C(1) << bit % 64;
            check_digits(&a);
        }
        for (int i = 0; i < 4; i++) {
            a.word[i] = random_word();
        }
        a.word[3] &= (UINT64_C(1) << 61) - 1;
        check_digits(&a);
    }
}

/* *r = z a mod l by bytes of the absolute value of z. */
static void product(pa_ed25519_scalar *r, const pa_ed25519_coefficient *z,
                    const pa_ed25519_scalar *a)
{
    const int negative = (int)(z->word[1] >> 63);
    uint64_t size[2] = {z->word[0], z->word[1]};
    unsigned char bytes[64] = {0};
    if (negative) {
        size[0] = 0 - size[0];
        size[1] = ~size[1] + (size[0] == 0);
    }
    for (int i = 0; i < 16; i++) {
        unsigned int carry = 0;
        const unsigned int digit = (unsigned int)(size[i / 8] >> 8 * (i % 8)) & 0xff;
        for (int j = 0; j + i < 64; j++) {
            carry += bytes[i + j] +
                     (j < 32 ? digit * ((unsigned int)(a->word[j / 8] >> 8 * (j % 8)) & 0xff) : 0);
            bytes[i + j] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    pa_ed25519_scalar_reduce(r, bytes);
    if (negative) {
        pa_ed25519_scalar_negate(r, r);
    }
}

/* r = a + b without a carry out of 256 bits. */
static void add(pa_ed25519_scalar *r, const pa_ed25519_scalar *a, const pa_ed25519_scalar *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        const uint64_t sum = a->word[i] + b->word[i], total = sum + carry;
        carry = (sum < a->word[i]) | (total < sum);
        r->word[i] = total;
    }
}

static int equal(const pa_ed25519_scalar *a, const pa_ed25519_scalar *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* z a, by the scalar form and in lanes. */
static void weigh(pa_ed25519_scalar *r, const pa_ed25519_coefficient *z, const pa_ed25519_scalar *a)
{
    pa_ed25519_scalar_weigh(r, z, a);
#ifdef FIELD
    check_weigh_lanes(z, a, r);
#endif
}

/* Coefficients at every boundary, scalars too: negatives add up to l; products are as by bytes; sums
 * of them as products of sums. */
static void check_weighed(void)
{
    static const uint64_t edges[][2] = {
        {1, 0},          {UINT64_MAX, UINT64_MAX}, {0, 1},          {0, UINT64_C(1) << 63},
        {UINT64_MAX, 0}, {UINT64_MAX, INT64_MAX},  {0, UINT64_MAX}, {1, UINT64_C(1) << 63}};
    const pa_ed25519_scalar one = {{1}}, four = {{4}};
    const pa_ed25519_coefficient as_one = {{1, 0}}, as_three = {{3, 0}},
                                 minus_one = {{UINT64_MAX, UINT64_MAX}};
    pa_ed25519_scalar a, r, want, sum, other;
    big l = {{0}};
    memcpy(l.byte, order, 32);
    for (int round = 0; round < 2000; round++) {
        pa_ed25519_coefficient z = {{random_word(), random_word()}};
        for (int i = 0; i < 4; i++) {
            a.word[i] = random_word() >> (i == 3 ? 4 : 0);
        }
        if (round < 160) {
            big x = below_order((unsigned int)(round / 8));
            if (round >= 80) {
                x = (big){{(unsigned char)(round / 8 - 9)}};
            }
            memcpy(z.word, edges[round % 8], sizeof z.word);
            pa_ed25519_scalar_decode(&a, x.byte);
        } else if (round < 160 + 8 * 253) {
            const int bit = (round - 160) / 8;
            a = (pa_ed25519_scalar){{0}};
            a.word[bit / 64] = UINT64_C(1) << bit % 64;
            memcpy(z.word, edges[round % 8], sizeof z.word);
        }
        pa_ed25519_scalar_negate(&r, &a);
        add(&want, &r, &a);
        CHECK(is(&want, &l));
        pa_ed25519_scalar_add(&sum, &a, &r);
        CHECK(equal(&sum, &(pa_ed25519_scalar){{0}}));
        weigh(&sum, &minus_one, &a);
        CHECK(equal(&sum, &r));
        product(&want, &z, &a);
        weigh(&r, &z, &a);
        CHECK(equal(&r, &want));
        /* 3 z a + z a = 4 (z a) */
        weigh(&sum, &as_three, &want);
        pa_ed25519_scalar_add(&sum, &sum, &want);
        product(&other, &(pa_ed25519_coefficient){{4, 0}}, &want);
        CHECK(equal(&sum, &other));
        /* z a + z = z (a + 1) */
        weigh(&other, &z, &one);
        pa_ed25519_scalar_add(&sum, &want, &other);
        pa_ed25519_scalar_add(&other, &a, &one);
        product(&want, &z, &other);
        CHECK(equal(&sum, &want));
        weigh(&sum, &as_one, &want);
        CHECK(equal(&sum, &want));
    }
    /* 65,536 times -2^127 (l - 1), which make 2^143 */
    const big x = below_order(0);
    const pa_ed25519_coefficient least = {{0, UINT64_C(1) << 63}};
    pa_ed25519_scalar_decode(&a, x.byte);
    sum = (pa_ed25519_scalar){{0}};
    for (int i = 0; i < 1 << 16; i++) {
        pa_ed25519_scalar_weigh(&r, &least, &a);
        pa_ed25519_scalar_add(&sum, &sum, &r);
    }
    CHECK(sum.word[0] == 0 && sum.word[1] == 0 && sum.word[2] == 1 << 15 && sum.word[3] == 0);
    weigh(&r, &least, &(pa_ed25519_scalar){{0}});
    CHECK(equal(&r, &(pa_ed25519_scalar){{0}}));
    weigh(&r, &as_three, &four);
    CHECK(equal(&r, &(pa_ed25519_scalar){{12}}));
    a = (pa_ed25519_scalar){{0}};
    pa_ed25519_scalar_negate(&r, &a);
    CHECK((r.word[0] | r.word[1] | r.word[2] | r.word[3]) == 0);
}

/* *r = a b mod l, by bytes; returns the lowest three bits of a b. */
static unsigned int multiply(pa_ed25519_scalar *r, const pa_ed25519_scalar *a,
                             const pa_ed25519_scalar *b)
{
    unsigned char bytes[64] = {0};
    for (int i = 0; i < 32; i++) {
        unsigned int carry = 0;
        const unsigned int digit = (unsigned int)(a->word[i / 8] >> 8 * (i % 8)) & 0xff;
        for (int j = 0; j + i < 64; j++) {
            carry += bytes[i + j] +
                     (j < 32 ? digit * ((unsigned int)(b->word[j / 8] >> 8 * (j % 8)) & 0xff) : 0);
            bytes[i + j] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    pa_ed25519_scalar_reduce(r, bytes);
    return bytes[0] & 7u;
}

static int length(const pa_ed25519_scalar *a)
{
    int bits = 256;
    while (bits > 0 && (a->word[(bits - 1) / 64] >> (bits - 1) % 64 & 1) == 0) {
        bits--;
    }
    return bits;
}

/* As the scalar form has it or, with HALVES, the one in lanes, each of which holds another number. */
static void halve(pa_ed25519_halves *halves, const pa_ed25519_scalar *k)
{
#ifdef HALVES
    static pa_ed25519_scalar last[LANES];
    static int lane;
    pa_ed25519_halves found[LANES];
    const pa_ed25519_scalar *numbers[LANES];
    lane = (lane + 1) % LANES;
    last[lane] = *k;
    for (int i = 0; i < LANES; i++) {
        numbers[i] = &last[i];
    }
    ed25519_halve_lanes(found, numbers);
    *halves = found[lane];
#else
    pa_ed25519_scalar_halve(halves, k);
#endif
}

/* v k = u modulo l and modulo 8, so modulo 8 l; v odd; both within what is promised. Returns the
 * bits of the longer one. */
static int check_halves(const pa_ed25519_scalar *k)
{
    static const pa_ed25519_scalar one = {{1, 0, 0, 0}};
    pa_ed25519_halves halves;
    pa_ed25519_scalar product, by_bytes, u;
    halve(&halves, k);
    const unsigned int low = multiply(&by_bytes, &halves.v, k);
    pa_ed25519_scalar_multiply(&product, &halves.v, k);
    CHECK(memcmp(&product, &by_bytes, sizeof product) == 0);
    multiply(&u, &halves.u, &one);
    if (halves.negative) {
        pa_ed25519_scalar_negate(&product, &product);
    }
    CHECK(memcmp(&product, &u, sizeof u) == 0);
    CHECK(((halves.negative ? 0 - low : low) & 7u) == (halves.u.word[0] & 7u));
    CHECK(halves.v.word[0] % 2 == 1);
    const int u_bits = length(&halves.u), v_bits = length(&halves.v);
    CHECK(u_bits <= 253 && v_bits <= 252);
    return u_bits > v_bits ? u_bits : v_bits;
}

/* Small and large scalars, those near a small fraction of 8 l, whose quotients are large, and
 * random ones, whose halves are short but for a few. */
static void check_all_halves(void)
{
    int longer = 0;
    for (int bit = 0; bit < 253; bit++) {
        for (int add = 0; add < 8; add++) {
            pa_ed25519_scalar k = {{0}};
            k.word[bit / 64] = UINT64_C(1) << bit % 64;
            k.word[0] |= (uint64_t)add;
            check_halves(&k);
            k.word[bit / 64] -= UINT64_C(1) << bit % 64;
            check_halves(&k);
        }
    }
    for (unsigned int i = 0; i < 40; i++) {
        const big x = below_order(i);
        pa_ed25519_scalar k;
        pa_ed25519_scalar_decode(&k, x.byte);
        check_halves(&k);
    }
    /* floor(8 l / q) and its neighbours, by long division */
    for (unsigned int q = 9; q < 2000; q += 1 + q / 7) {
        unsigned int remainder = 0;
        unsigned char bytes[33], quotient[32];
        for (int i = 0, carry = 0; i < 33; i++) {
            carry += 8 * (i < 32 ? order[i] : 0);
            bytes[i] = (unsigned char)carry;
            carry >>= 8;
        }
        for (int i = 31; i >= 0; i--) {
            remainder = remainder << 8 | bytes[i];
            quotient[i] = (unsigned char)(remainder / q);
            remainder %= q;
        }
        for (unsigned int low = 0; low < 4; low++) {
            pa_ed25519_scalar k;
            quotient[0] = (unsigned char)((quotient[0] & 0xfcu) | low);
            CHECK(pa_ed25519_scalar_decode(&k, quotient));
            check_halves(&k);
        }
    }
    for (int i = 0; i < 20000; i++) {
        pa_ed25519_scalar k;
        for (int j = 0; j < 4; j++) {
            k.word[j] = random_word() >> (j == 3 ? 4 : 0);
        }
        longer += check_halves(&k) > 132;
    }
    CHECK(longer < 40);
}

int main(void)
{
#ifdef FIELD
    if ((pa_cpu_features() & NEEDS) != NEEDS) {
        puts("not on this CPU");
        return 77;
    }
#endif
    check_range();
    check_reductions();
    check_all_digits();
    check_weighed();
    check_all_halves();
    return finish();
}
