/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of 2^255 - 19 (fe25519_portable.h, or the one that FIELD names) at its bounds and at random, every lane against
 * schoolbook arithmetic on bytes. */
#define PA_DEBUG_BOUNDS 1
#include <string.h>

#include "check.h"
#include "core/internal.h"
#include "random.h"

#ifndef FIELD
#define FIELD "field/fe25519_portable.h"
#define NEEDS 0
#endif
#include FIELD

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

/* A value of one lane, in the limbs of the variant: of 26 and 25 bits by turns where they are ten words of 32 bits, of 51
 * where there are five, of 64 where there are four. */
#ifdef FE_LIMBS /* a device's */
typedef fe_limb limb_word;
#else
typedef uint64_t limb_word;
#endif
#define LIMBS ((int)(sizeof(fe) / LANES / sizeof(limb_word)))
#define LIMB_AT(i)                                                                                 \
    (LIMBS == 10 ? 51 * ((i) / 2) + 26 * ((i) % 2) : LIMBS == 5 ? 51 * (i) : 64 * (i))
typedef struct {
    limb_word limb[sizeof(fe) / LANES / sizeof(limb_word)];
} number;

/* Largest limb i at a magnitude; words have none of their own. */
#if defined(FE_LIMBS)
#define LIMB_MAX(magnitude, i) ((limb_word)(magnitude) * FE_LIMB_BOUND(i))
#elif defined(FE_LIMB_BOUND)
#define LIMB_MAX(magnitude, i) ((uint64_t)(magnitude) * FE_LIMB_BOUND)
#else
#define LIMB_MAX(magnitude, i) UINT64_MAX
#endif

static number lane_of(const fe *a, int lane)
{
    limb_word memory[sizeof(fe) / LANES / sizeof(limb_word)][LANES];
    number r;
    memcpy(memory, a, sizeof memory);
    for (int i = 0; i < LIMBS; i++) {
        r.limb[i] = memory[i][lane];
    }
    return r;
}

/* Lane i = values[i]. */
static fe of_lanes(const number values[LANES])
{
    limb_word memory[sizeof(fe) / LANES / sizeof(limb_word)][LANES];
    fe r;
    for (int i = 0; i < LIMBS; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            memory[i][lane] = values[lane].limb[i];
        }
    }
    memcpy(&r, memory, sizeof memory);
    return r;
}

static big value_of(const fe *a, int lane)
{
    number limbs = lane_of(a, lane);
    big r = big_of(0);
    for (int i = 0; i < LIMBS; i++) {
        big limb = big_of(limbs.limb[i]);
        limb = big_shift(&limb, LIMB_AT(i));
        r = big_add(&r, &limb);
    }
    return r;
}

/* True when the limbs are within their magnitude; words of magnitude 1 are below 2^255 + 2^11. */
static int is_within(const fe *a, int lane, int magnitude)
{
    number limbs = lane_of(a, lane);
    for (int i = 0; i < LIMBS; i++) {
        if (limbs.limb[i] > LIMB_MAX(magnitude, i)) {
            return 0;
        }
    }
    if (LIMBS == 4 && magnitude == 1) {
        big bound = big_of(1), eleven = big_of(2048), value = value_of(a, lane);
        int below;
        bound = big_shift(&bound, 255);
        bound = big_add(&bound, &eleven);
        big_sub(&value, &bound, &below);
        return below;
    }
    return 1;
}

/* True when that lane of r is want modulo p, its limbs are within its magnitude, and it encodes as want. */
static int is(const fe *r, int lane, int magnitude, const big *want)
{
    big reduced = big_mod(want), value = value_of(r, lane);
    _Alignas(16) unsigned char bytes[LANES][32], *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        rows[i] = bytes[i];
    }
    value = big_mod(&value);
    fe_to_rows(rows, r);
    return is_within(r, lane, magnitude) && memcmp(&value, &reduced, BIG) == 0 &&
           memcmp(bytes[lane], reduced.byte, 32) == 0;
}

static unsigned int bit_of(mask m, int lane)
{
    return mask_bits(m) >> lane & 1u;
}

/* Edges, values at the bound of their magnitude, random ones. Lanes of a sample hold different values. */
typedef struct {
    fe value;
    int magnitude;
} sample;

#define SAMPLES 72
static sample samples[SAMPLES];
static int sample_count;

#define VALUES 64
static number values[VALUES];

/* One sample for each of the values, which comes in lane 0 there and in the others later. */
static void add_samples(int count, int magnitude)
{
    for (int i = 0; i < count && sample_count < SAMPLES; i++) {
        number lanes[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = values[(i + lane) % count];
        }
        samples[sample_count++] = (sample){of_lanes(lanes), magnitude};
    }
}

/* Magnitude 1 edges as words. */
static void add_words(void)
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
    const int count = (int)(sizeof words / sizeof *words);
    for (int i = 0; i < count; i++) {
        big want = big_of(0);
        for (int j = 0; j < 4; j++) {
            big word = big_of(words[i][j]);
            word = big_shift(&word, 64 * j);
            want = big_add(&want, &word);
        }
        fe a;
        fe_set_words(&a, words[i][0], words[i][1], words[i][2], words[i][3]);
        for (int lane = 0; lane < LANES; lane++) {
            CHECK(is(&a, lane, 1, &want));
        }
        values[i] = lane_of(&a, 0);
    }
    add_samples(count, 1);
}

/* Every limb by itself, and all of them, at the bound of a magnitude; of words, the largest value. */
static void add_largest(int magnitude)
{
    memset(values, 0, sizeof values);
    for (int i = 0; i < LIMBS; i++) {
        const int bounded = LIMBS == 4 && magnitude == 1;
        const limb_word limb = LIMB_MAX(magnitude, i) >> (bounded && i == 3);
        values[i].limb[i] = limb;
        values[LIMBS].limb[i] = limb;
        values[LIMBS + 1].limb[i] = bounded ? (i == 0   ? 2047
                                               : i == 3 ? UINT64_C(1) << 63
                                                        : 0)
                                            : limb;
    }
    add_samples(LIMBS + 2, magnitude);
}

static void make_samples(void)
{
    add_words();
    add_largest(1);
    if (FE_MUL_MAG > 1) {
        add_largest(FE_MUL_MAG);
    }
    while (sample_count < SAMPLES) {
        int m = 1 + sample_count % FE_MUL_MAG;
        for (int i = 0; i < LANES; i++) {
            for (int j = 0; j < LIMBS; j++) {
                const uint64_t any = random_word(), most = LIMB_MAX(m, j);
                values[i].limb[j] =
                    (limb_word)(LIMBS == 4 ? any >> (m == 1 && j == 3) : any % (most + 1));
            }
        }
        fe a = of_lanes(values);
        samples[sample_count++] = (sample){a, m};
    }
}

/* ---- checks --------------------------------------------------------------------------------- */

static void check_pair_lane(const sample *a, const sample *b, int lane)
{
    big x = value_of(&a->value, lane), y = value_of(&b->value, lane), p = big_p(), want,
        multiple = big_of(128);
    int below;
    fe r;
    want = big_add(&x, &y);
    fe_add(&r, &a->value, &b->value);
    CHECK(is(&r, lane, a->magnitude + b->magnitude, &want));
    multiple = big_mul(&multiple, &p);
    want = big_add(&x, &multiple);
    want = big_sub(&want, &y, &below);
    CHECK(!below);
    fe_sub(&r, &a->value, &b->value, b->magnitude);
    CHECK(is(&r, lane, a->magnitude + b->magnitude + 1, &want));
    want = big_mul(&x, &y);
    fe_mul(&r, &a->value, &b->value);
    CHECK(is(&r, lane, 1, &want));
    fe_select(&r, mask_from_bits(1u << lane), &a->value, &b->value);
    for (int i = 0; i < LANES; i++) {
        const number got = lane_of(&r, i), from = lane_of(i == lane ? &a->value : &b->value, i);
        CHECK(memcmp(&got, &from, sizeof got) == 0);
    }
    x = big_mod(&x);
    y = big_mod(&y);
    CHECK(bit_of(fe_equal(&a->value, &b->value), lane) == (unsigned int)(memcmp(&x, &y, BIG) == 0));
}

/* Outputs may be inputs. */
static void check_aliases(const sample *a, const sample *b)
{
    fe want, r;
    fe_mul(&want, &a->value, &b->value);
    r = a->value;
    fe_mul(&r, &r, &b->value);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    r = b->value;
    fe_mul(&r, &a->value, &r);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    fe_sub(&want, &a->value, &b->value, b->magnitude);
    r = a->value;
    fe_sub(&r, &r, &b->value, b->magnitude);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    r = b->value;
    fe_sub(&r, &a->value, &r, b->magnitude);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    fe_add(&want, &a->value, &b->value);
    r = b->value;
    fe_add(&r, &a->value, &r);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    fe_sqr(&want, &a->value);
    r = a->value;
    fe_sqr(&r, &r);
    CHECK(memcmp(&r, &want, sizeof r) == 0);
    fe_mul(&r, &a->value, &a->value);
    for (int lane = 0; lane < LANES; lane++) {
        big x = value_of(&want, lane);
        CHECK(is(&r, lane, 1, &x));
    }
}

static void check_one(const sample *a, int lane)
{
    big x = value_of(&a->value, lane), zero = big_of(0), one = big_of(1), p = big_p(), want;
    int below;
    fe r, t;
    want = big_mul(&x, &x);
    fe_sqr(&r, &a->value);
    CHECK(is(&r, lane, 1, &want));
    for (int n = 2; n <= 5; n++) {
        want = big_mod(&want);
        want = big_mul(&want, &want);
        fe_sqr_n(&r, &a->value, n);
        CHECK(is(&r, lane, 1, &want));
    }
    fe_carry(&r, &a->value);
    CHECK(is(&r, lane, 1, &x));
    want = big_mod(&x);
    CHECK(bit_of(fe_is_zero(&a->value), lane) == (unsigned int)(memcmp(&want, &zero, BIG) == 0));
    CHECK(bit_of(fe_is_odd(&a->value), lane) == (want.byte[0] & 1u));
    want = big_sub(&p, &want, &below);
    fe_neg(&r, &a->value, a->magnitude);
    CHECK(is(&r, lane, a->magnitude + 1, &want));
    for (unsigned int k = 1; (int)k * a->magnitude <= FE_MAX_MAG; k++) {
        want = big_of(k);
        want = big_mul(&want, &x);
        fe_mul_small(&r, &a->value, k);
        CHECK(is(&r, lane, (int)k * a->magnitude, &want));
        fe_carry(&r, &r);
        CHECK(is(&r, lane, 1, &want));
    }
    fe_inv(&r, &a->value);
    fe_mul(&t, &r, &a->value);
    CHECK(is(&t, lane, 1, bit_of(fe_is_zero(&a->value), lane) ? &zero : &one));
    row memory[LANES], *to[LANES];
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        to[i] = &memory[i];
        from[i] = &memory[i];
    }
    fe_scatter(to, &a->value);
    fe_gather(&r, from);
    CHECK(is(&r, lane, 1, &x));
}

/* r = a^((p - 5) / 8), by squaring and multiplying; the lowest three bits of p - 5 are 0. */
static void check_root_power(const fe *a, int lane)
{
    big exponent = big_p(), base = value_of(a, lane), want = big_of(1);
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
    CHECK(is(&r, lane, 1, &want));
}

/* The number of 32 bytes as it lies in memory. */
static row row_of(const unsigned char bytes[32])
{
    uint64_t words[4] = {0};
    row r;
    for (int i = 0; i < 32; i++) {
        words[i / 8] |= (uint64_t)bytes[i] << 8 * (i % 8);
    }
#ifdef PYACCEL_PLATFORM_H
    uint32_t halves[8];
    for (int i = 0; i < 8; i++) {
        halves[i] = (uint32_t)(words[i / 2] >> 32 * (i % 2));
    }
    store_words(&r, halves);
#else
    memcpy(r.word, words, sizeof words);
#endif
    return r;
}

/* In one lane, zeros in the others. bytes: on a boundary of 16, as fields of devices want it. */
static void check_bytes(const unsigned char bytes[32])
{
    static int lane;
    _Alignas(16) const unsigned char zeros[32] = {0};
    const unsigned char *rows[LANES];
    const row words = row_of(bytes);
    const row *from[LANES];
    big want = big_of(0), reduced, whole = big_of(0);
    mask ok;
    fe r;
    lane = (lane + 1) % LANES;
    memcpy(want.byte, bytes, 32);
    memcpy(whole.byte, bytes, 32);
    want.byte[31] &= 0x7f;
    reduced = big_mod(&want);
    for (int i = 0; i < LANES; i++) {
        rows[i] = i == lane ? bytes : zeros;
        from[i] = &words;
    }
    fe_from_rows(&r, rows, &ok);
    CHECK(bit_of(ok, lane) == (unsigned int)(memcmp(&want, &reduced, BIG) == 0));
    CHECK(is(&r, lane, 1, &want));
    for (int bit = 0; bit < 256; bit++) {
        CHECK(mask_bits(mask_row_bit(rows, bit / 8, bit % 8)) ==
              ((unsigned int)bytes[bit / 8] >> bit % 8 & 1u) << lane);
    }
    fe_gather(&r, from);
    CHECK(is(&r, lane, 1, &whole));
}

/* Every 2^k - 1 and 2^k, the neighbourhood of p with and without the top bit, random bytes. */
static void check_encodings(void)
{
    _Alignas(16) unsigned char bytes[32];
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

#ifdef FE_HAS_TABLES
static void rows_of(unsigned char bytes[LANES][32], const fe *a)
{
    unsigned char *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        rows[i] = bytes[i];
    }
    fe_to_rows(rows, a);
}

/* Every entry of every lane's table, and the small numbers in place of number 0, in every lane. */
static void check_tables(void)
{
    static const unsigned int zero[4] = {1, 0xffff, 0, 2};
    static _Alignas(64) uint64_t words[LANES][32 * FE_LANE_WORDS];
    static unsigned char want[9][4][LANES][32], got[LANES][32];
    uint64_t *tables[LANES];
    fe entries[8][4];
    for (int i = 0; i < LANES; i++) {
        tables[i] = words[i];
    }
    for (int k = 0; k < 9; k++) {
        for (int e = 0; e < 4; e++) {
            unsigned char bytes[LANES][32];
            const unsigned char *rows[LANES];
            mask ok;
            fe a;
            for (int i = 0; i < LANES; i++) {
                for (int j = 0; j < 32; j++) {
                    bytes[i][j] = (unsigned char)(random_word() >> 32);
                }
                rows[i] = bytes[i];
            }
            fe_from_rows(&a, rows, &ok);
            if (k == 0) {
                fe_set_int(&a, zero[e]);
            } else {
                entries[k - 1][e] = a;
            }
            rows_of(want[k][e], &a);
        }
    }
    fe_table_four(tables, (const fe(*)[4])entries);
    for (int from = 0; from < LANES; from++) {
        for (int first = 0; first < 9; first++) {
            uint8_t index[LANES];
            fe picked[4];
            for (int i = 0; i < LANES; i++) {
                index[i] = (uint8_t)((first + 5 * i) % 9);
            }
            fe_pick_four(&picked[0], &picked[1], &picked[2], &picked[3], tables[from], index, zero);
            for (int e = 0; e < 4; e++) {
                fe_check(&picked[e], 1);
                rows_of(got, &picked[e]);
                for (int i = 0; i < LANES; i++) {
                    CHECK(memcmp(got[i], want[index[i]][e][from], 32) == 0);
                }
            }
        }
    }
}
#endif

int main(void)
{
    if ((NEEDS & ~pa_cpu_features()) != 0) {
        puts("this CPU lacks what the variant needs");
        return 77;
    }
#ifdef PYACCEL_PLATFORM_H
    (void)c_global_id;
#endif
    fe_state begun = fe_begin();
    fe r;
    make_samples();
    for (int i = 0; i < SAMPLES; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            check_one(&samples[i], lane);
        }
        for (int j = 0; j < SAMPLES; j += 1 + (i + j) % 3) {
            for (int lane = 0; lane < LANES; lane++) {
                check_pair_lane(&samples[i], &samples[j], lane);
            }
            check_aliases(&samples[i], &samples[j]);
        }
    }
    for (int i = 0; i < SAMPLES; i += 21) {
        check_root_power(&samples[i].value, i % LANES);
    }
    check_encodings();
#ifdef FE_HAS_TABLES
    check_tables();
#endif
    for (unsigned int k = 0; k <= 0xffff; k += 257) {
        big want = big_of(k);
        fe_set_int(&r, k);
        for (int lane = 0; lane < LANES; lane++) {
            CHECK(is(&r, lane, 1, &want));
        }
    }
    fe_end(begun);
    return finish();
}
