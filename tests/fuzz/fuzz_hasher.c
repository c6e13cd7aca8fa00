/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: whatever the order of new, update, digest, copy and free, a handle's digest is that of its message in one
 * piece, and a refused call closes what it should. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pyaccel.h"

/* A check that stays in release builds. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#define TEXT_SIZE 70000u
#define HANDLES 3
#define LONGEST 300

typedef struct {
    pyaccel_hasher *hasher;
    uint8_t *message; /* what went into it */
    uint64_t size;
} handle;

static uint8_t text[TEXT_SIZE];

/* The message in one call of the many-message function, which takes other ways through the kernels. */
static void check(const handle *h, uint32_t algorithm, const pyaccel_hash_options *options,
                  uint64_t digest_size)
{
    uint8_t expected[LONGEST], found[LONGEST];
    pyaccel_hash_options whole = *options;
    const pyaccel_rows rows = {.data = h->message, .data_size = h->size, .width = h->size};
    whole.digest_size = digest_size;
    memset(found, 0xaa, sizeof found);
    REQUIRE(pyaccel_hasher_digest(found, digest_size, h->hasher) == PYACCEL_OK);
    REQUIRE(pyaccel_hash_many(expected, digest_size, algorithm, &rows, 1, &whole) == PYACCEL_OK);
    REQUIRE(memcmp(found, expected, digest_size) == 0);
    REQUIRE(pyaccel_hash_one(expected, digest_size, algorithm, h->message, h->size, options) ==
            PYACCEL_OK);
    REQUIRE(memcmp(found, expected, digest_size) == 0);
}

static void release(handle *h)
{
    pyaccel_hasher_free(h->hasher);
    free(h->message);
    *h = (handle){NULL, NULL, 0};
}

static int append(handle *h, uint64_t from, uint64_t size)
{
    uint8_t *longer = realloc(h->message, h->size + size + 1);
    if (longer == NULL) {
        return 0;
    }
    h->message = longer;
    memcpy(h->message + h->size, text + from, size);
    /* A block of exactly this size, so that AddressSanitizer sees the first byte too many. */
    uint8_t *piece = malloc(size > 0 ? size : 1);
    if (piece == NULL) {
        return 0;
    }
    memcpy(piece, text + from, size);
    REQUIRE(pyaccel_hasher_update(h->hasher, size > 0 ? piece : NULL, size) == PYACCEL_OK);
    free(piece);
    h->size += size;
    return 1;
}

/* Byte 0: the algorithm; 1: bytes of a key; 2: kind of options. Then operations of three bytes: what, and two that say how
 * much. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    for (uint32_t i = 0; text[1] == 0 && i < TEXT_SIZE; i++) {
        text[i] = (uint8_t)(i % 251);
    }
    const uint32_t algorithm = data[0];
    pyaccel_hash_options options = {.struct_size = sizeof options};
    if (data[2] & 1) {
        options.key = text + 9;
        options.key_size = data[1];
    }
    if (data[2] & 2) {
        options.context = text + 5;
        options.context_size = data[1];
    }
    const uint64_t own = pyaccel_hash_digest_size(algorithm);
    handle handles[HANDLES] = {{NULL, NULL, 0}};
    const pyaccel_status status = pyaccel_hasher_new(&handles[0].hasher, algorithm, &options);
    REQUIRE((status == PYACCEL_OK) == (handles[0].hasher != NULL));
    if (status != PYACCEL_OK) {
        uint8_t digest[64];
        memset(digest, 0xaa, sizeof digest);
        REQUIRE(pyaccel_hash_one(digest, 64, algorithm, text, 3, &options) != PYACCEL_OK);
        for (unsigned i = 0; i < sizeof digest; i++) {
            REQUIRE(digest[i] == 0);
        }
        return 0;
    }
    for (size_t at = 3; at + 3 <= size; at += 3) {
        handle *h = &handles[data[at] % HANDLES];
        const uint64_t amount = (uint64_t)data[at + 1] << 8 | data[at + 2];
        if (h->hasher == NULL) {
            h = &handles[0];
        }
        switch (data[at] / HANDLES % 4) {
        case 0:
        case 1: {
            /* Mostly few bytes; a message of 1 MB is enough for every depth of a tree. */
            const uint64_t bytes = data[at] & 0x80 ? amount : amount % 300;
            if (h->size < 1u << 20 && !append(h, amount % 4000, bytes)) {
                at = size;
            }
            break;
        }
        case 2: {
            const int variable = algorithm == PYACCEL_HASH_BLAKE3 ||
                                 algorithm == PYACCEL_HASH_SHAKE128 ||
                                 algorithm == PYACCEL_HASH_SHAKE256;
            check(h, algorithm, &options, variable ? 1 + amount % (LONGEST - 1) : own);
            break;
        }
        default: {
            handle *to = &handles[amount % HANDLES];
            if (to != h && to != &handles[0]) {
                uint8_t *message = malloc(h->size + 1);
                release(to);
                if (message != NULL && pyaccel_hasher_copy(&to->hasher, h->hasher) == PYACCEL_OK) {
                    if (h->size > 0) {
                        memcpy(message, h->message, h->size);
                    }
                    to->message = message;
                    to->size = h->size;
                } else {
                    free(message);
                }
            }
            break;
        }
        }
    }
    for (unsigned i = 0; i < HANDLES; i++) {
        if (handles[i].hasher != NULL) {
            check(&handles[i], algorithm, &options, own);
        }
        release(&handles[i]);
    }
    return 0;
}
