/* SPDX-License-Identifier: Apache-2.0 */
/* What SM2 hashes: the signer's identity and key (ZA), then the message (GB/T 32918.2-2016, 5.5 and 7.1).
 *
 * A chunk has one ZA for each pair of a key and an identity, which are hashed in lanes; ZA of prepared keys under the default
 * identity was made with them. */
#include <string.h>

#include "../core/bytes.h"
#include "../field/words.h"
#include "../hash/hash.h"
#include "weierstrass.h"

#define KEY_SIZE 64

/* a, b, and G of GB/T 32918.5-2017, and what is before them with the default identity. */
#define CURVE_SIZE 128
#define DEFAULT_SIZE 18
static const uint8_t default_head[DEFAULT_SIZE + CURVE_SIZE] = {
    0x00, 0x80, '1', '2', '3', '4', '5', '6', '7', '8', '1', '2', '3', '4', '5', '6', '7', '8',
    /* clang-format off */
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
    /* clang-format on */
};
static const uint8_t *const curve = default_head + DEFAULT_SIZE;

/* SM3 after its first two blocks. */
static const pa_midstate default_start = {
    .state = {0xadadedb5, 0x0446043f, 0x08a87ace, 0xe86d2243, 0x8e232383, 0xbfc81fe2, 0xcf9117c8,
              0x4707011d},
    .bytes = 128,
};

/* What comes before a key: the same for all of a chunk. */
typedef struct {
    const pa_midstate *start;
    const uint8_t *rest;
    uint64_t size;
} head;

static const head default_identity = {&default_start, default_head + 128,
                                      sizeof default_head - 128};

static pyaccel_rows fixed(const void *data, uint64_t n, uint64_t size)
{
    return (pyaccel_rows){.data = data, .data_size = n * size, .width = size, .stride = size};
}

static pyaccel_rows one_for_all(const void *data, uint64_t size)
{
    return (pyaccel_rows){.data = data, .data_size = size, .width = size, .stride = 0};
}

/* x || y of a point. */
static void take_point(uint8_t out[KEY_SIZE], const uint64_t point[8])
{
    pa_words_to_be(out, point);
    pa_words_to_be(out + KEY_SIZE / 2, point + 4);
}

static pyaccel_status za_of_keys(uint8_t (*za)[32], const head *identity, uint8_t (*keys)[KEY_SIZE],
                                 uint64_t count)
{
    const pyaccel_rows segments[2] = {one_for_all(identity->rest, identity->size),
                                      fixed(keys, count, KEY_SIZE)};
    return pa_sm3_lanes(za[0], identity->start, segments, 2, 0, count);
}

void pa_sm2_default_za(uint8_t *za, uint64_t apart, const uint64_t *const *points, int count)
{
    uint8_t own[PA_WEIERSTRASS_CHUNK][KEY_SIZE], digests[PA_WEIERSTRASS_CHUNK][32];
    for (int i = 0; i < count; i++) {
        take_point(own[i], points[i]);
    }
    /* Rows of one size: nothing about them can fail. */
    if (za_of_keys(digests, &default_identity, own, (uint64_t)count) != PYACCEL_OK) {
        memset(digests, 0, sizeof digests);
    }
    for (int i = 0; i < count; i++) {
        memcpy(za + (uint64_t)i * apart, digests[i], sizeof digests[i]);
    }
}

static const pa_bytes none = {NULL, 0};

/* Most places that a pair is looked for at: pairs that share them, as somebody may plant, are hashed once more. */
#define PROBES 8
#define PLACES (2 * PA_WEIERSTRASS_CHUNK)

/* Keys of a chunk with their identities, each pair once. */
typedef struct {
    int count;
    const uint64_t *point[PA_WEIERSTRASS_CHUNK];
    pa_bytes identity[PA_WEIERSTRASS_CHUNK];
    uint64_t spread[PA_WEIERSTRASS_CHUNK];
    uint8_t slot[PLACES]; /* 1 + a pair's place, open addressing */
} pair_set;

/* Any function that spreads pairs; of a long identity its end, where most differ. */
static uint64_t spread_pair(const uint64_t *point, const pa_bytes *identity)
{
    const uint64_t size = identity->size, hashed = size < 128 ? size : 128;
    const uint8_t *from = hashed == 0 ? NULL : identity->data + (size - hashed);
    uint64_t spread = point[0] ^ size << 48, i = 0;
    for (; i + 8 <= hashed; i += 8) {
        spread = (spread ^ pa_load_le64(from + i)) * UINT64_C(0x9e3779b97f4a7c15);
        spread ^= spread >> 29;
    }
    for (; i < hashed; i++) {
        spread = (spread ^ from[i]) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return spread ^ spread >> 32;
}

/* The place of a pair, which is added where it is new. */
static uint8_t pair_place(pair_set *pairs, const uint64_t *point, const pa_bytes *identity)
{
    const uint64_t spread = spread_pair(point, identity);
    const int added = pairs->count;
    for (uint64_t probe = 0; probe < PROBES; probe++) {
        uint8_t *slot = &pairs->slot[(spread + probe) % PLACES];
        if (*slot == 0) {
            *slot = (uint8_t)(added + 1);
            break;
        }
        const int at = *slot - 1;
        const pa_bytes *other = &pairs->identity[at];
        if (pairs->spread[at] == spread && memcmp(pairs->point[at], point, KEY_SIZE) == 0 &&
            other->size == identity->size &&
            (other->size == 0 || memcmp(other->data, identity->data, (size_t)other->size) == 0)) {
            return (uint8_t)at;
        }
    }
    pairs->point[added] = point;
    pairs->identity[added] = *identity;
    pairs->spread[added] = spread;
    pairs->count++;
    return (uint8_t)added;
}

/* A row whose prepared key keeps its ZA. */
#define KEPT UINT8_MAX

/* ZA of pairs becomes that of rows, of which row i has pair place[i] <= i, or what its prepared key keeps: from the last row on,
 * each is read before it is written over. */
static void spread_za(uint8_t (*za)[32], const uint8_t *place, const pa_weierstrass_chunk *chunk)
{
    for (int i = chunk->count - 1; i >= 0; i--) {
        const uint8_t *from = place[i] == KEPT
                                  ? (const uint8_t *)chunk->prepared[i] + PA_SM2_PREPARED_ZA
                                  : za[place[i]];
        memmove(za[i], from, sizeof za[i]);
    }
}

/* How many bits an identity of size bytes has. */
static void put_bits(uint8_t bits[2], uint64_t size)
{
    bits[0] = (uint8_t)(size >> 5);
    bits[1] = (uint8_t)(size << 3);
}

static bool is_default(const pa_bytes *identity)
{
    return identity->size == DEFAULT_SIZE - 2 &&
           memcmp(identity->data, default_head + 2, DEFAULT_SIZE - 2) == 0;
}

/* ZA of all rows, under one identity; that of prepared keys is taken from them where `kept` says so. */
static pyaccel_status za_of_one(uint8_t (*za)[32], const head *identity, bool kept,
                                const pa_weierstrass_chunk *chunk)
{
    uint8_t place[PA_WEIERSTRASS_CHUNK];
    uint8_t keys[PA_WEIERSTRASS_CHUNK][KEY_SIZE];
    pair_set pairs = {.count = 0};
    for (int i = 0; i < chunk->count; i++) {
        place[i] =
            kept && chunk->prepared[i] != NULL ? KEPT : pair_place(&pairs, chunk->point[i], &none);
    }
    for (int i = 0; i < pairs.count; i++) {
        take_point(keys[i], pairs.point[i]);
    }
    const pyaccel_status status =
        pairs.count == 0 ? PYACCEL_OK : za_of_keys(za, identity, keys, (uint64_t)pairs.count);
    if (status == PYACCEL_OK) {
        spread_za(za, place, chunk);
    }
    return status;
}

/* The same under an identity that the caller gave. */
static pyaccel_status za_of_given(uint8_t (*za)[32], const pa_bytes *identity,
                                  const pa_weierstrass_chunk *chunk)
{
    const uint64_t size = identity->size;
    uint8_t own[2 + PA_SM2_IDENTITY_MAX + CURVE_SIZE];
    if (size > PA_SM2_IDENTITY_MAX) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (is_default(identity)) {
        return za_of_one(za, &default_identity, true, chunk);
    }
    put_bits(own, size);
    if (size > 0) {
        memcpy(own + 2, identity->data, (size_t)size);
    }
    memcpy(own + 2 + size, curve, CURVE_SIZE);
    return za_of_one(za, &(head){NULL, own, 2 + size + CURVE_SIZE}, false, chunk);
}

/* ZA of count keys, each with a row of identities behind its bits. */
static pyaccel_status za_of_rows(uint8_t (*za)[32], const pa_bytes *identity,
                                 const pyaccel_rows *identities, const uint64_t *const *points,
                                 int count)
{
    uint8_t bits[PA_WEIERSTRASS_CHUNK][2], keys[PA_WEIERSTRASS_CHUNK][KEY_SIZE];
    for (int i = 0; i < count; i++) {
        put_bits(bits[i], identity[i].size);
        take_point(keys[i], points[i]);
    }
    const uint64_t n = (uint64_t)count;
    const pyaccel_rows segments[4] = {fixed(bits, n, 2), *identities,
                                      one_for_all(curve, CURVE_SIZE), fixed(keys, n, KEY_SIZE)};
    return pa_sm3_lanes(za[0], NULL, segments, 4, 0, n);
}

/* Most bytes of identities that are put together for their pairs. */
#define GATHERED 4096

/* ZA of pairs, whose identities have at most GATHERED bytes together. */
static pyaccel_status za_of_pairs(uint8_t (*za)[32], const pair_set *pairs)
{
    uint8_t gathered[GATHERED];
    uint32_t offsets[PA_WEIERSTRASS_CHUNK + 1];
    offsets[0] = 0;
    for (int i = 0; i < pairs->count; i++) {
        const pa_bytes *identity = &pairs->identity[i];
        if (identity->size > 0) {
            memcpy(gathered + offsets[i], identity->data, (size_t)identity->size);
        }
        offsets[i + 1] = offsets[i] + (uint32_t)identity->size;
    }
    const pyaccel_rows identities = {.data = gathered,
                                     .data_size = offsets[pairs->count],
                                     .offsets = offsets,
                                     .offset_bits = 32};
    return za_of_rows(za, pairs->identity, &identities, pairs->point, pairs->count);
}

/* ZA with an identity for each row, some of which may be too long. Rows that share key and identity share it, unless identities
 * are so long that their copies would need more room than a caller's stack may have. */
static pyaccel_status za_of_each(uint8_t (*za)[32], pa_weierstrass_chunk *chunk,
                                 const pa_verify_job *job, uint64_t first)
{
    pa_bytes identity[PA_WEIERSTRASS_CHUNK];
    uint8_t place[PA_WEIERSTRASS_CHUNK];
    uint64_t size = 0;
    pair_set pairs = {.count = 0};
    if (!pa_rows_take(identity, 1, job->identity, first, (uint64_t)chunk->count)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (int i = 0; i < chunk->count; i++) {
        chunk->sized[i] = identity[i].size <= PA_SM2_IDENTITY_MAX;
        if (chunk->prepared[i] != NULL && is_default(&identity[i])) {
            place[i] = KEPT;
            continue;
        }
        const int before = pairs.count;
        place[i] = pair_place(&pairs, chunk->point[i], chunk->sized[i] ? &identity[i] : &none);
        size += pairs.count > before ? pairs.identity[before].size : 0;
    }
    if (pairs.count == chunk->count || size > GATHERED) {
        const pyaccel_rows rows = pa_rows_from(job->identity, first);
        return za_of_rows(za, identity, &rows, chunk->point, chunk->count);
    }
    const pyaccel_status status = pairs.count == 0 ? PYACCEL_OK : za_of_pairs(za, &pairs);
    if (status == PYACCEL_OK) {
        spread_za(za, place, chunk);
    }
    return status;
}

pyaccel_status pa_sm2_digests(uint8_t (*digests)[32], pa_weierstrass_chunk *chunk,
                              const pa_verify_job *job, uint64_t first)
{
    const uint64_t count = (uint64_t)chunk->count;
    uint8_t za[PA_WEIERSTRASS_CHUNK][32];
    pyaccel_status status;
    if (job->identity == NULL) {
        status = za_of_one(za, &default_identity, true, chunk);
    } else if (job->identity->offsets == NULL && job->identity->stride == 0) {
        status = za_of_given(za, &(pa_bytes){job->identity->data, job->identity->width}, chunk);
    } else {
        status = za_of_each(za, chunk, job, first);
    }
    if (status != PYACCEL_OK) {
        return status;
    }
    const pyaccel_rows segments[2] = {fixed(za, count, sizeof *za),
                                      pa_rows_from(job->messages, first)};
    return pa_sm3_lanes(digests[0], NULL, segments, 2, 0, count);
}
