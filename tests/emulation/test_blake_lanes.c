/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2 and BLAKE3 in one stream of lanes and in two, against the portable kernels. Built for the objects that ship (run on
 * hardware and in a CPU emulator) and for those over pairs of ymm; PYACCEL_SUFFIX says which.
 *   test_blake_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hash/blake2.h"
#include "hash/blake3.h"
#include "random.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define VARIANT(stem) NAME(stem, PYACCEL_SUFFIX)
#define NEEDS VARIANT(needs_)
#define needs_avx512 __builtin_cpu_supports("avx512f")
#define needs_avx512_emulated __builtin_cpu_supports("avx2")

#define MAX_LANES PA_BLAKE_MAX_LANES
#define MAX_BLOCKS 3

/* Texts end where the last block does, so that a sanitizer sees a read past it. */
typedef struct {
    uint64_t whole;
    uint8_t *text[MAX_LANES];
    const uint8_t *data[MAX_LANES];
    const uint8_t *last[MAX_LANES];
} texts;

static void make(texts *t, uint32_t lanes, uint64_t block)
{
    const uint64_t blocks = t->whole = random_word() % (MAX_BLOCKS + 1);
    uint64_t shift = 1 + random_word() % 64; /* any alignment */
    for (uint32_t l = 0; l < lanes; l++) {
        t->text[l] = malloc(shift + (blocks + 1) * block);
        random_bytes(t->text[l], shift + (blocks + 1) * block);
        t->data[l] = t->text[l] + shift;
        t->last[l] = t->data[l] + blocks * block;
    }
    if (random_word() % 4 == 0) {
        t->data[3] = t->data[1]; /* lanes may read the same block */
        t->last[3] = t->last[1];
    }
}

/* Messages end `rest` bytes behind the last whole block, where they lie: the same bytes, zero-padded elsewhere, are what a kernel
 * of one message is given. */
static void end_where_they_lie(texts *t, uint8_t *padded, uint32_t lane, uint64_t whole,
                               uint64_t rest, uint64_t block)
{
    memset(padded, 0, block);
    memcpy(padded, t->data[lane] + whole * block, rest);
    t->last[lane] = padded;
}

/* What the group of texts t hands to the one after it, and may read: digests are the same whatever it is. */
static void set_relay(pa_blake_relay *relay, const texts *t, const texts *after, uint32_t lanes)
{
    relay->overread = random_word() % 2;
    relay->after = (pa_hash_ahead){random_word() % 4 ? after->data : NULL, 0};
    relay->ahead.lane = NULL;
    if (random_word() % 2) {
        pa_blake_relay_rows(relay, t->text[0], lanes, 1);
        relay->ahead = (pa_hash_ahead){relay->ahead_lane, random_word() % 64};
    }
}

static void unmake(texts *t, uint32_t lanes)
{
    for (uint32_t l = 0; l < lanes; l++) {
        free(t->text[l]);
    }
}

static void check_blake2(const struct pa_blake2 *kernel, const struct pa_blake2 *single,
                         uint32_t lanes, uint64_t block, texts *t, const texts *after,
                         pa_blake_relay *relay)
{
    const uint64_t state = block / 2, whole = t->whole;
    const uint64_t before =
        (random_word() >> 20) * block; /* counters above a word of 32 bits too */
    const uint64_t stride = random_word() % 2 ? state + random_word() % 5 : 0;
    uint8_t start[MAX_LANES * 70], found[MAX_LANES * 64 + 1], expected[64];
    uint64_t totals[MAX_LANES], final = random_word();
    const uint64_t next = random_word() % 4096; /* brought into the cache: nothing of it is seen */
    const uint32_t wanted = 1 + (uint32_t)(random_word() >> 40) % lanes;
    CHECK(kernel->lanes == lanes && single->lanes == 1);
    memset(found, 0x5a, sizeof found);
    random_bytes(start, sizeof start);
    for (uint32_t l = 0; l < lanes; l++) {
        totals[l] = random_word();
    }
    if (random_word() % 3 == 0) {
        final = PA_BLAKE2_EQUAL;
    } else {
        final &= UINT32_MAX;
    }
    bool tail = whole == 0 || random_word() % 4 != 0;
    const bool ends = tail && random_word() % 2;
    uint8_t padded[MAX_LANES][128];
    const uint64_t all_rest = random_word() % (block + 1);
    for (uint32_t l = 0; l < lanes && ends; l++) {
        const uint64_t rest = final == PA_BLAKE2_EQUAL ? all_rest : random_word() % (block + 1);
        totals[l] = before + whole * block + rest;
        end_where_they_lie(t, padded[l], l, whole, rest, block);
    }
    /* Of a last block that is half, only that is looked at. */
    const bool half = tail && !ends && final == PA_BLAKE2_EQUAL && random_word() % 2;
    set_relay(relay, t, after, lanes);
    const uint8_t *const *last = !tail ? NULL : ends ? t->data : t->last;
    kernel->hash(found + 1, start, stride, before, t->data, whole, last, totals,
                 half ? PA_BLAKE2_EQUAL_HALF : final, next, wanted, relay);
    pa_blake_relay_done(relay);
    for (size_t i = 1 + wanted * state; i < sizeof found; i++) {
        CHECK(found[i] == 0x5a);
    }
    for (uint32_t l = 0; l < wanted; l++) {
        if (half) {
            end_where_they_lie(t, padded[l], l, whole, block / 2, block);
        }
        const uint64_t *total = final == PA_BLAKE2_EQUAL ? totals : &totals[l];
        single->hash(expected, start + l * stride, 0, before, &t->data[l], whole,
                     tail ? &t->last[l] : NULL, total,
                     final == PA_BLAKE2_EQUAL ? final : final >> l & 1, 0, 1, NULL);
        CHECK(memcmp(found + 1 + l * state, expected, state) == 0);
    }
}

static void check_blake3(const struct pa_blake3 *kernel, uint32_t lanes, texts *t,
                         const texts *after, pa_blake_relay *relay)
{
    const struct pa_blake3 *single = &pa_blake3_portable;
    const uint64_t next = random_word() % 4096; /* brought into the cache: nothing of it is seen */
    const uint64_t whole = t->whole;
    const uint32_t all = random_word() & 127, first = random_word() & 127,
                   end = random_word() & 127;
    const uint64_t stride = random_word() % 2 ? 32 + random_word() % 5 : 0;
    const uint64_t final = random_word() % 2 ? PA_BLAKE3_ALL : random_word() & UINT32_MAX;
    const bool zero = random_word() % 4 == 0; /* counters */
    uint8_t key[MAX_LANES * 37], padded[MAX_LANES][64], found[MAX_LANES * 64 + 1], expected[64],
        values[MAX_LANES * 32];
    const uint8_t *value[MAX_LANES];
    uint64_t counters[MAX_LANES];
    uint32_t sizes[MAX_LANES];
    CHECK(kernel->lanes == lanes);
    random_bytes(key, sizeof key);
    random_bytes(values, sizeof values);
    for (uint32_t l = 0; l < lanes; l++) {
        counters[l] = zero ? 0 : random_word();
        sizes[l] = (uint32_t)(random_word() % 65);
        value[l] = values + 32 * l;
    }
    bool tail = random_word() % 4 != 0;
    const bool ends = tail && random_word() % 2;
    for (uint32_t l = 0; l < lanes && ends; l++) {
        end_where_they_lie(t, padded[l], l, whole, sizes[l], 64);
    }
    const uint8_t *const *last = !tail ? NULL : ends ? t->data : t->last;
    set_relay(relay, t, after, lanes);
    if ((whole == 0 && !tail) || random_word() % 4 == 0) {
        kernel->chain(found + 1, key, stride, t->data, whole, last, sizes, zero ? NULL : counters,
                      all, first, end, final, next);
        pa_blake_relay_begin(relay);
    } else {
        kernel->groups(found + 1, key, stride, t->data, whole, last, sizes, zero ? NULL : counters,
                       all, first, end, final, next, lanes, relay);
        pa_blake_relay_done(relay);
    }
    for (uint32_t l = 0; l < lanes; l++) {
        single->chain(expected, key + l * stride, 0, &t->data[l], whole, tail ? &t->last[l] : NULL,
                      &sizes[l], &counters[l], all, first, end, final >> l & 1, 0);
        CHECK(memcmp(found + 1 + l * 32, expected, 32) == 0);
    }
    kernel->expand(found + 1, value, t->last, counters, sizes, all);
    for (uint32_t l = 0; l < lanes; l++) {
        single->expand(expected, &value[l], &t->last[l], &counters[l], &sizes[l], all);
        CHECK(memcmp(found + 1 + l * 64, expected, 64) == 0);
    }
}

/* Groups one after the other, with one relay; of BLAKE3 where there is no kernel of BLAKE2. */
static void check_groups(const struct pa_blake2 *two, const struct pa_blake2 *single,
                         const struct pa_blake3 *three, uint32_t lanes, uint64_t block)
{
    enum { GROUPS = 3 };
    pa_blake_relay relay;
    texts t[2];
    pa_blake_relay_begin(&relay);
    make(&t[0], lanes, block);
    for (unsigned g = 0; g < GROUPS; g++) {
        texts *here = &t[g % 2], *after = &t[(g + 1) % 2];
        make(after, lanes, block);
        if (two != NULL) {
            check_blake2(two, single, lanes, block, here, after, &relay);
        } else {
            check_blake3(three, lanes, here, after, &relay);
        }
        unmake(here, lanes);
    }
    unmake(&t[GROUPS % 2], lanes);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 500;
    if (!NEEDS) {
        puts("SKIPPED: this CPU lacks what the kernels need");
        return SKIPPED;
    }
    CHECK(VARIANT(pa_blake2b_lanes_).wider == &VARIANT(pa_blake2b_two_));
    CHECK(VARIANT(pa_blake2s_lanes_).wider == &VARIANT(pa_blake2s_two_));
    CHECK(VARIANT(pa_blake3_lanes_).wider == &VARIANT(pa_blake3_two_));
    for (int i = 0; i < rounds; i++) {
        check_groups(&VARIANT(pa_blake2b_lanes_), &pa_blake2b_portable, NULL, 8, 128);
        check_groups(&VARIANT(pa_blake2b_two_), &pa_blake2b_portable, NULL, 16, 128);
        check_groups(&VARIANT(pa_blake2s_lanes_), &pa_blake2s_portable, NULL, 16, 64);
        check_groups(&VARIANT(pa_blake2s_two_), &pa_blake2s_portable, NULL, 32, 64);
        check_groups(NULL, NULL, &VARIANT(pa_blake3_lanes_), 16, PA_BLAKE3_BLOCK);
        check_groups(NULL, NULL, &VARIANT(pa_blake3_two_), 32, PA_BLAKE3_BLOCK);
    }
    return finish();
}
