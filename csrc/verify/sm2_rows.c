/* SPDX-License-Identifier: Apache-2.0 */
/* What SM2 hashes: the signer's identity and key (ZA), then the message (GB/T 32918.2-2016, 5.5 and 7.1).
 *
 * A chunk has one ZA for each of its keys where all rows have one identity, and ZA of prepared keys was made with them where that
 * is the default. */
#include <string.h>

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

/* Keys of a chunk, each once. */
typedef struct {
    int count;
    uint8_t key[PA_WEIERSTRASS_CHUNK][KEY_SIZE];
    uint8_t slot[2 * PA_WEIERSTRASS_CHUNK]; /* 1 + a key's place, open addressing */
} key_set;

/* The place of a key, which is added where it is new. */
static int key_place(key_set *keys, const uint8_t key[KEY_SIZE])
{
    const unsigned int size = sizeof keys->slot;
    unsigned int at = key[KEY_SIZE / 2 - 1];
    while (keys->slot[at % size] != 0) {
        const int place = keys->slot[at % size] - 1;
        if (memcmp(keys->key[place], key, KEY_SIZE) == 0) {
            return place;
        }
        at++;
    }
    memcpy(keys->key[keys->count], key, KEY_SIZE);
    keys->slot[at % size] = (uint8_t)++keys->count;
    return keys->count - 1;
}

/* ZA of all rows, under one identity; that of prepared keys is taken from them where `kept` says so. */
static pyaccel_status za_of_one(uint8_t (*za)[32], const head *identity, bool kept,
                                const pa_weierstrass_chunk *chunk)
{
    uint8_t place[PA_WEIERSTRASS_CHUNK], digests[PA_WEIERSTRASS_CHUNK][32];
    key_set keys = {.count = 0};
    for (int i = 0; i < chunk->count; i++) {
        if (!kept || chunk->prepared[i] == NULL) {
            uint8_t key[KEY_SIZE];
            take_point(key, chunk->point[i]);
            place[i] = (uint8_t)key_place(&keys, key);
        } else {
            place[i] = UINT8_MAX;
        }
    }
    const pyaccel_status status =
        keys.count == 0 ? PYACCEL_OK
                        : za_of_keys(digests, identity, keys.key, (uint64_t)keys.count);
    for (int i = 0; i < chunk->count && status == PYACCEL_OK; i++) {
        memcpy(za[i],
               place[i] == UINT8_MAX ? (const uint8_t *)chunk->prepared[i] + PA_SM2_PREPARED_ZA
                                     : digests[place[i]],
               sizeof za[i]);
    }
    return status;
}

/* The same with an identity for each row, some of which may be too long. */
static pyaccel_status za_of_each(uint8_t (*za)[32], pa_weierstrass_chunk *chunk,
                                 const pa_verify_job *job, uint64_t first)
{
    const int count = chunk->count;
    uint8_t bits[PA_WEIERSTRASS_CHUNK][2], keys[PA_WEIERSTRASS_CHUNK][KEY_SIZE];
    for (int i = 0; i < count; i++) {
        pa_bytes identity;
        if (!pa_rows_get(&identity, job->identity, first + (uint64_t)i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        chunk->sized[i] = identity.size <= PA_SM2_IDENTITY_MAX;
        bits[i][0] = (uint8_t)(identity.size >> 5);
        bits[i][1] = (uint8_t)(identity.size << 3);
        take_point(keys[i], chunk->point[i]);
    }
    const uint64_t n = (uint64_t)count;
    const pyaccel_rows segments[4] = {fixed(bits, n, 2), pa_rows_from(job->identity, first),
                                      one_for_all(curve, CURVE_SIZE), fixed(keys, n, KEY_SIZE)};
    return pa_sm3_lanes(za[0], NULL, segments, 4, 0, n);
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
        const uint64_t size = job->identity->width;
        uint8_t own[2 + PA_SM2_IDENTITY_MAX + CURVE_SIZE];
        if (size > PA_SM2_IDENTITY_MAX) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        own[0] = (uint8_t)(size >> 5);
        own[1] = (uint8_t)(size << 3);
        if (size > 0) {
            memcpy(own + 2, job->identity->data, (size_t)size);
        }
        memcpy(own + 2 + size, curve, CURVE_SIZE);
        const head identity = {NULL, own, 2 + size + CURVE_SIZE};
        status = za_of_one(za, &identity, false, chunk);
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
