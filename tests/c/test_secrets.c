/* SPDX-License-Identifier: Apache-2.0 */
/* What keyed calls leave on the stack of their thread: nothing of the key, of its blocks or of the states after them. */
#include <pthread.h>

#include "check.h"
#include "hash/algorithm.h"
#include "hash/hmac.h"
#include "hash_rows.h"

#define STACK ((size_t)128 << 10) /* as in test_stack */
#define KEY 32u
#define ROWS 200u
#define WIDTH 40u
#define NEEDLE 8u /* bytes of a key that are looked for together */

static _Alignas(4096) uint8_t stack[STACK];
static uint8_t messages[ROWS * WIDTH], digests[ROWS * MAX_DIGEST];
static uint32_t offsets[ROWS + 1];
static pyaccel_hash_options options;
static uint8_t key[KEY];
static uint32_t called; /* algorithm */

/* The calls, one a run, since each overwrites what the one before it left. */
typedef enum { FIXED, RAGGED, ONE, STREAM, CALLS } call;
static const char *const call_names[] = {"fixed rows", "ragged rows", "hash_one", "hasher"};
static call made;
static uint64_t rows_of_call;

static void *make_call(void *unused)
{
    (void)unused;
    const uint64_t size = pyaccel_hash_digest_size(called);
    const pyaccel_rows fixed = fixed_rows(messages, ROWS, WIDTH, WIDTH);
    const pyaccel_rows ragged = ragged_rows(messages, offsets, ROWS);
    pyaccel_hasher *hasher = NULL;
    switch (made) {
    case FIXED:
    case RAGGED:
        CHECK(pyaccel_hash_many(digests, sizeof digests, called, made == FIXED ? &fixed : &ragged,
                                rows_of_call, &options) == PYACCEL_OK);
        break;
    case ONE:
        CHECK(pyaccel_hash_one(digests, size, called, messages, WIDTH * rows_of_call, &options) ==
              PYACCEL_OK);
        break;
    case STREAM:
    default:
        CHECK(pyaccel_hasher_new(&hasher, called, &options) == PYACCEL_OK);
        CHECK(pyaccel_hasher_update(hasher, messages, WIDTH * rows_of_call) == PYACCEL_OK);
        CHECK(pyaccel_hasher_digest(digests, size, hasher) == PYACCEL_OK);
        pyaccel_hasher_free(hasher);
    }
    return NULL;
}

/* How often `size` bytes at `what` stand on the stack: as they are, and with words of 4 and of 8 bytes turned round. */
static unsigned found(const uint8_t *what, size_t size)
{
    static const uint8_t turns[] = {0, 3, 7};
    unsigned count = 0;
    for (size_t at = 0; at + size <= STACK; at += 4) { /* words, and arrays of bytes, are aligned */
        for (size_t t = 0; t < sizeof turns; t++) {
            size_t i = 0;
            while (i < size && stack[at + i] == what[i ^ turns[t]]) {
                i++;
            }
            count += i == size;
        }
    }
    return count;
}

/* A key's bytes, each xor pad. */
static void check_key(const char *spec, uint8_t pad)
{
    for (uint32_t i = 0; i + NEEDLE <= KEY; i += NEEDLE) {
        uint8_t needle[NEEDLE];
        for (uint32_t j = 0; j < NEEDLE; j++) {
            needle[j] = key[i + j] ^ pad;
        }
        const unsigned times = found(needle, sizeof needle);
        if (times > 0) {
            fprintf(stderr, "%s, algorithm %u, %s: key xor %#x, byte %u, %u times\n", spec, called,
                    call_names[made], pad, i, times);
        }
        CHECK(times == 0);
    }
}

/* The state after a key's block, which stands for the key: two neighbouring words of it. One alone may stay where a function
 * saved a register that happened to hold it. */
static void check_state(const char *spec, const pa_midstate *midstate, bool wide)
{
    for (uint32_t i = 0; i < 8; i += 2) {
        const uint32_t words[2] = {(uint32_t)midstate->state[i], (uint32_t)midstate->state[i + 1]};
        uint8_t needle[2 * sizeof(uint64_t)];
        const size_t size = wide ? sizeof needle : sizeof words;
        memcpy(needle, wide ? (const void *)&midstate->state[i] : words, size);
        const unsigned times = found(needle, size);
        if (times > 0) {
            fprintf(stderr, "%s, algorithm %u, %s: words %u and %u of the state, %u times\n", spec,
                    called, call_names[made], i, i + 1, times);
        }
        CHECK(times == 0);
    }
}

static void check_call(const char *spec, bool hmac)
{
    pthread_attr_t attributes;
    pthread_t thread;
    memset(stack, 0, sizeof stack);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, stack, sizeof stack) == 0);
    CHECK(pthread_create(&thread, &attributes, make_call, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!all_bytes(stack, 0, sizeof stack)); /* it ran there */
    check_key(spec, 0);
    if (hmac) {
        pa_hmac_job job;
        const pa_hash_algorithm *keyed = pa_hash_algorithm_get(called);
        pa_hmac_engine.begin(&job, keyed, &options, keyed->digest_size);
        check_key(spec, 0x36);
        check_key(spec, 0x5c);
        check_state(spec, &job.inner, job.hash->wide);
        check_state(spec, &job.outer, job.hash->wide);
    }
}

static void check_algorithm(const char *spec, uint32_t algorithm, bool hmac)
{
    static const uint64_t counts[] = {1, 3, ROWS};
    called = algorithm;
    for (made = FIXED; made < CALLS; made++) {
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            rows_of_call = counts[i];
            check_call(spec, hmac);
        }
    }
}

int main(void)
{
    static const char *const specs[] = {"portable", "avx2,-shani", "avx2", "avx512-emulated", ""};
    random_bytes(key, sizeof key);
    random_bytes(messages, sizeof messages);
    options = (pyaccel_hash_options){.struct_size = sizeof options, .key = key, .key_size = KEY};
    for (uint32_t i = 0; i < ROWS; i++) {
        offsets[i + 1] = offsets[i] + i % WIDTH;
    }
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        if (pyaccel_cpu_select(specs[i]) != PYACCEL_OK) {
            continue;
        }
        for (uint32_t id = PYACCEL_HASH_HMAC_SHA256; id <= PYACCEL_HASH_HMAC_SM3; id++) {
            check_algorithm(specs[i], id, true);
        }
        for (uint32_t id = PYACCEL_HASH_BLAKE2B_256; id <= PYACCEL_HASH_BLAKE3; id++) {
            check_algorithm(specs[i], id, false);
        }
    }
    return finish();
}
