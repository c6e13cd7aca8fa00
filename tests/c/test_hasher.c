/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_hasher_*: published digests in pieces, every cut against pyaccel_hash_many (whose digests test_hash.c and
 * test_blake.c hold against published ones), copies, and every way to call it wrongly. */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "hash/streaming.h"
#include "hash_rows.h"

/* Bytes 0, 1, 2, ... 250, 0, ..., as in BLAKE3's vectors. */
#define TEXT_SIZE (120u << 10)
static uint8_t text[TEXT_SIZE];

typedef struct {
    uint32_t algorithm;
    uint64_t key_size;     /* 0: none, but for HMAC an empty one */
    uint64_t context_size; /* 0: none */
    uint64_t digest_size;  /* 0: its own */
} mode;

static const mode modes[] = {
    {PYACCEL_HASH_SHA256, 0, 0, 0},        {PYACCEL_HASH_SHA256D, 0, 0, 0},
    {PYACCEL_HASH_SHA512, 0, 0, 0},        {PYACCEL_HASH_KECCAK256, 0, 0, 0},
    {PYACCEL_HASH_RIPEMD160, 0, 0, 0},     {PYACCEL_HASH_HASH160, 0, 0, 0},
    {PYACCEL_HASH_SM3, 0, 0, 0},           {PYACCEL_HASH_SHA224, 0, 0, 0},
    {PYACCEL_HASH_SHA384, 0, 0, 0},        {PYACCEL_HASH_SHA512_256, 0, 0, 0},
    {PYACCEL_HASH_SHA3_224, 0, 0, 0},      {PYACCEL_HASH_SHA3_256, 0, 0, 0},
    {PYACCEL_HASH_SHA3_384, 0, 0, 0},      {PYACCEL_HASH_SHA3_512, 0, 0, 0},
    {PYACCEL_HASH_SHAKE128, 0, 0, 0},      {PYACCEL_HASH_SHAKE128, 0, 0, 1},
    {PYACCEL_HASH_SHAKE128, 0, 0, 400},    {PYACCEL_HASH_SHAKE256, 0, 0, 0},
    {PYACCEL_HASH_SHAKE256, 0, 0, 136},    {PYACCEL_HASH_SHAKE256, 0, 0, 137},
    {PYACCEL_HASH_BLAKE2B_256, 0, 0, 0},   {PYACCEL_HASH_BLAKE2B_256, 1, 0, 0},
    {PYACCEL_HASH_BLAKE2B_512, 0, 0, 0},   {PYACCEL_HASH_BLAKE2B_512, 64, 0, 0},
    {PYACCEL_HASH_BLAKE2S_256, 0, 0, 0},   {PYACCEL_HASH_BLAKE2S_256, 32, 0, 0},
    {PYACCEL_HASH_BLAKE3, 0, 0, 0},        {PYACCEL_HASH_BLAKE3, 0, 0, 131},
    {PYACCEL_HASH_BLAKE3, 32, 0, 0},       {PYACCEL_HASH_BLAKE3, 0, 9, 64},
    {PYACCEL_HASH_HMAC_SHA256, 0, 0, 0},   {PYACCEL_HASH_HMAC_SHA256, 64, 0, 0},
    {PYACCEL_HASH_HMAC_SHA256, 65, 0, 32}, {PYACCEL_HASH_HMAC_SHA512, 128, 0, 0},
    {PYACCEL_HASH_HMAC_SHA512, 129, 0, 0}, {PYACCEL_HASH_HMAC_SM3, 20, 0, 0},
    {PYACCEL_HASH_HMAC_SM3, 200, 0, 0},
};
#define MODES (sizeof modes / sizeof *modes)
#define LONGEST 400

static bool is_hmac(uint32_t algorithm)
{
    return algorithm >= PYACCEL_HASH_HMAC_SHA256 && algorithm <= PYACCEL_HASH_HMAC_SM3;
}

static pyaccel_hash_options options_of(const mode *m)
{
    return (pyaccel_hash_options){
        .struct_size = sizeof(pyaccel_hash_options),
        .key = m->key_size > 0 || is_hmac(m->algorithm) ? text + 77 : NULL,
        .key_size = m->key_size,
        .context = m->context_size > 0 ? text + 13 : NULL,
        .context_size = m->context_size,
        .digest_size = m->digest_size,
    };
}

static uint64_t size_of(const mode *m)
{
    return m->digest_size ? m->digest_size : pyaccel_hash_digest_size(m->algorithm);
}

static void whole(uint8_t *digest, const mode *m, uint64_t size)
{
    const pyaccel_hash_options options = options_of(m);
    const pyaccel_rows rows = fixed_rows(text, 1, size, 0);
    CHECK(pyaccel_hash_many(digest, LONGEST, m->algorithm, &rows, 1, &options) == PYACCEL_OK);
}

static pyaccel_hasher *start(const mode *m)
{
    const pyaccel_hash_options options = options_of(m);
    pyaccel_hasher *hasher = NULL;
    CHECK(pyaccel_hasher_new(&hasher, m->algorithm, &options) == PYACCEL_OK && hasher != NULL);
    return hasher;
}

static void expect(const pyaccel_hasher *hasher, const mode *m, uint64_t size)
{
    uint8_t expected[LONGEST], found[LONGEST + 1];
    whole(expected, m, size);
    memset(found, 0xaa, sizeof found);
    CHECK(pyaccel_hasher_digest(found, size_of(m), hasher) == PYACCEL_OK);
    CHECK(memcmp(found, expected, size_of(m)) == 0 && found[size_of(m)] == 0xaa);
}

/* One message that is all there, and its digest over itself. */
static void test_one(const mode *m)
{
    const pyaccel_hash_options options = options_of(m);
    uint8_t expected[LONGEST], found[2 * LONGEST];
    for (uint64_t size = 0; size < 20000; size += 1 + size / 5) {
        whole(expected, m, size);
        memset(found, 0xaa, sizeof found);
        CHECK(pyaccel_hash_one(found, size_of(m), m->algorithm, size ? text : NULL, size,
                               &options) == PYACCEL_OK);
        CHECK(memcmp(found, expected, size_of(m)) == 0 && found[size_of(m)] == 0xaa);
        if (size < sizeof found) {
            memcpy(found, text, size);
            CHECK(pyaccel_hash_one(found, size_of(m), m->algorithm, found, size, &options) ==
                  PYACCEL_OK);
            CHECK(memcmp(found, expected, size_of(m)) == 0);
        }
    }
}

/* Two pieces around every end of a block, the digest asked between them and twice at the end. */
static void test_cuts(const mode *m)
{
    static const uint64_t sizes[] = {0,   1,   55,  56,  63,  64,  65,  111, 112, 127, 128,
                                     129, 135, 136, 137, 167, 168, 169, 200, 255, 256, 257};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (uint64_t cut = 0; cut <= sizes[s]; cut += 1 + cut % 3) {
            pyaccel_hasher *hasher = start(m);
            CHECK(pyaccel_hasher_update(hasher, text, cut) == PYACCEL_OK);
            expect(hasher, m, cut);
            CHECK(pyaccel_hasher_update(hasher, text + cut, sizes[s] - cut) == PYACCEL_OK);
            expect(hasher, m, sizes[s]);
            expect(hasher, m, sizes[s]);
            pyaccel_hasher_free(hasher);
        }
    }
}

/* Pieces of one size, of each size near a power of two, and of sizes at random; a copy in the middle goes its own way. */
static void test_pieces(const mode *m)
{
    for (uint32_t round = 0; round < 34; round++) {
        uint64_t piece = ((uint64_t)1 << (round / 3 + 4)) + round % 3 - 1;
        uint64_t done = 0, end = random_word() % TEXT_SIZE;
        pyaccel_hasher *hasher = start(m), *copy = NULL;
        while (done < end) {
            uint64_t size = round < 30 ? piece : random_word() % (1u << (random_word() % 17));
            size = size < end - done ? size : end - done;
            CHECK(pyaccel_hasher_update(hasher, text + done, size) == PYACCEL_OK);
            done += size;
            if (copy == NULL && done > end / 2) {
                CHECK(pyaccel_hasher_copy(&copy, hasher) == PYACCEL_OK && copy != NULL);
                expect(copy, m, done);
                CHECK(pyaccel_hasher_update(copy, text + done, TEXT_SIZE - done) == PYACCEL_OK);
            }
        }
        expect(hasher, m, end);
        if (copy != NULL) {
            pyaccel_hasher_free(hasher);
            expect(copy, m, TEXT_SIZE);
            hasher = NULL;
        }
        pyaccel_hasher_free(copy);
        pyaccel_hasher_free(hasher);
    }
}

/* BLAKE3 of whole subtrees: any number of chunks, then a piece of any size in chunks and a byte more or less, so that every
 * shape of the stack meets every subtree. */
static void test_subtrees(void)
{
    const mode blake3 = {PYACCEL_HASH_BLAKE3, 0, 0, 0};
    for (uint64_t chunks = 0; chunks <= 40; chunks++) {
        for (uint64_t more = 1; more <= 70; more += 1 + more / 9) {
            pyaccel_hasher *hasher = start(&blake3);
            uint64_t first = chunks * 1024, size = more * 1024 + more % 3 - 1;
            CHECK(pyaccel_hasher_update(hasher, text, first) == PYACCEL_OK);
            CHECK(pyaccel_hasher_update(hasher, text + first, size) == PYACCEL_OK);
            expect(hasher, &blake3, first + size);
            CHECK(pyaccel_hasher_update(hasher, text + first + size, 1) == PYACCEL_OK);
            expect(hasher, &blake3, first + size + 1);
            pyaccel_hasher_free(hasher);
        }
    }
}

typedef struct {
    uint32_t algorithm;
    const char *key;
    const char *message;
    const char *digest;
} answer;

/* HMAC: RFC 4231, 4.3 and 4.7 (its key is longer than SHA-512's block). HMAC-SM3: GM/T 0042-2015, appendix D.3. */
#define KEY_131                                                                                    \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"     \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"     \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_KEY "Test Using Larger Than Block-Size Key - Hash Key First"
#define JEFE "what do ya want for nothing?"
#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static const answer answers[] = {
    {PYACCEL_HASH_HMAC_SHA256, "4a656665", JEFE,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {PYACCEL_HASH_HMAC_SHA256, KEY_131, LONG_KEY,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {PYACCEL_HASH_HMAC_SHA512, "4a656665", JEFE,
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {PYACCEL_HASH_HMAC_SHA512, KEY_131, LONG_KEY,
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    {PYACCEL_HASH_HMAC_SM3, "4a656665", JEFE,
     "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"},
    {PYACCEL_HASH_HMAC_SM3, "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     TWO_BLOCKS TWO_BLOCKS, "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"},
};

/* As each of 300 equal rows, which is more than one stage, on two threads; and byte by byte. */
static void test_hmac(void)
{
    static uint8_t digests[300 * MAX_DIGEST];
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const answer *a = &answers[i];
        const uint8_t *message = (const uint8_t *)a->message;
        const uint64_t size = strlen(a->message), d = pyaccel_hash_digest_size(a->algorithm);
        uint8_t key[200], expected[MAX_DIGEST], found[MAX_DIGEST];
        pyaccel_hash_options options = {.struct_size = sizeof options, .key = key, .threads = 2};
        options.key_size = from_hex(key, a->key);
        CHECK(from_hex(expected, a->digest) == d);
        const pyaccel_rows rows = fixed_rows(message, 1, size, 0);
        CHECK(pyaccel_hash_many(digests, sizeof digests, a->algorithm, &rows, 300, &options) ==
              PYACCEL_OK);
        for (uint32_t r = 0; r < 300; r++) {
            CHECK(memcmp(digests + r * d, expected, d) == 0);
        }
        pyaccel_hasher *hasher = NULL;
        CHECK(pyaccel_hasher_new(&hasher, a->algorithm, &options) == PYACCEL_OK);
        for (uint64_t b = 0; b < size; b++) {
            CHECK(pyaccel_hasher_update(hasher, message + b, 1) == PYACCEL_OK);
        }
        CHECK(pyaccel_hasher_digest(found, d, hasher) == PYACCEL_OK);
        CHECK(memcmp(found, expected, d) == 0);
        pyaccel_hasher_free(hasher);
    }
}

/* HMAC of rows of all lengths, under each variant, against one message at a time: lanes and midstates agree. */
static void test_hmac_rows(const char *spec)
{
    static const uint32_t ids[] = {PYACCEL_HASH_HMAC_SHA256, PYACCEL_HASH_HMAC_SHA512,
                                   PYACCEL_HASH_HMAC_SM3};
    static uint8_t digests[601 * MAX_DIGEST];
    static uint32_t offsets[602];
    for (uint32_t i = 0; i < 601; i++) {
        offsets[i + 1] = offsets[i] + i % 300;
    }
    if (pyaccel_cpu_select(spec) != PYACCEL_OK) {
        return;
    }
    for (unsigned a = 0; a < 3; a++) {
        const uint64_t d = pyaccel_hash_digest_size(ids[a]);
        const pyaccel_hash_options options = {
            .struct_size = sizeof options, .key = text + 5, .key_size = 70};
        const pyaccel_rows ragged = ragged_rows(text, offsets, 601);
        const pyaccel_rows fixed = fixed_rows(text, 601, 32, 32);
        for (unsigned kind = 0; kind < 2; kind++) {
            const pyaccel_rows *rows = kind ? &fixed : &ragged;
            CHECK(pyaccel_hash_many(digests, sizeof digests, ids[a], rows, 601, &options) ==
                  PYACCEL_OK);
            for (uint32_t i = 0; i < 601; i++) {
                uint8_t found[MAX_DIGEST];
                pyaccel_hasher *hasher = NULL;
                CHECK(pyaccel_hasher_new(&hasher, ids[a], &options) == PYACCEL_OK);
                CHECK(pyaccel_hasher_update(hasher, text + (kind ? 32 * i : offsets[i]),
                                            kind ? 32 : offsets[i + 1] - offsets[i]) == PYACCEL_OK);
                CHECK(pyaccel_hasher_digest(found, d, hasher) == PYACCEL_OK);
                CHECK(memcmp(found, digests + i * d, d) == 0);
                pyaccel_hasher_free(hasher);
            }
        }
    }
    CHECK(pyaccel_cpu_select(NULL) == PYACCEL_OK);
}

/* ---- wrong calls ---------------------------------------------------------------------------------------- */

static void refuse_new(uint32_t algorithm, const pyaccel_hash_options *options)
{
    pyaccel_hasher *hasher = (pyaccel_hasher *)text;
    CHECK(pyaccel_hasher_new(&hasher, algorithm, options) == PYACCEL_INVALID_ARGUMENT);
    CHECK(hasher == NULL);
}

static void test_new(void)
{
    CHECK(pyaccel_hasher_new(NULL, PYACCEL_HASH_SHA256, NULL) == PYACCEL_INVALID_ARGUMENT);
    refuse_new(0, NULL);
    refuse_new(1000, NULL);
    const pyaccel_hash_options good = {.struct_size = sizeof good, .digest_size = 32};
    pyaccel_hash_options bad[8];
    for (unsigned i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].struct_size = 0;
    bad[1].struct_size++;
    bad[2].reserved = 1;
    bad[3].key = text;
    bad[4].key_size = 1;
    bad[5].context = text;
    bad[6].context_size = 1;
    bad[7].digest_size = 31;
    for (unsigned i = 0; i < 8; i++) {
        refuse_new(PYACCEL_HASH_SHA256, &bad[i]);
    }
    /* HMAC has no key by default; an empty one is one; no context goes with it. */
    uint8_t digest[MAX_DIGEST];
    const pyaccel_rows rows = fixed_rows(text, 1, 10, 0);
    for (uint32_t id = PYACCEL_HASH_HMAC_SHA256; id <= PYACCEL_HASH_HMAC_SM3; id++) {
        const uint64_t d = pyaccel_hash_digest_size(id);
        pyaccel_hash_options options = {.struct_size = sizeof options};
        refuse_new(id, NULL);
        refuse_new(id, &options);
        memset(digest, 0xaa, sizeof digest);
        CHECK(pyaccel_hash_many(digest, d, id, &rows, 1, NULL) == PYACCEL_INVALID_ARGUMENT);
        CHECK(all_bytes(digest, 0, d));
        options.key_size = 10;
        refuse_new(id, &options);
        options.key = text;
        options.context = text;
        refuse_new(id, &options);
        options.context = NULL;
        options.digest_size = d - 1;
        refuse_new(id, &options);
        options.digest_size = 0;
        options.key_size = (uint64_t)1 << 61;
        refuse_new(id, &options);
        options.key_size = 0;
        pyaccel_hasher *hasher = NULL;
        CHECK(pyaccel_hasher_new(&hasher, id, &options) == PYACCEL_OK);
        pyaccel_hasher_free(hasher);
    }
    pyaccel_hasher_free(NULL);
}

/* What a handle answers once an update was refused: nothing. */
static void expect_closed(pyaccel_hasher *hasher)
{
    uint8_t digest[33];
    pyaccel_hasher *copy = (pyaccel_hasher *)text;
    memset(digest, 0xaa, sizeof digest);
    CHECK(pyaccel_hasher_digest(digest, 32, hasher) == PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(digest, 0, 32) && digest[32] == 0xaa);
    CHECK(pyaccel_hasher_update(hasher, text, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_hasher_update(hasher, NULL, 0) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_hasher_copy(&copy, hasher) == PYACCEL_INVALID_ARGUMENT && copy == NULL);
}

static void test_calls(void)
{
    static const uint32_t ids[] = {PYACCEL_HASH_SHA256, PYACCEL_HASH_BLAKE2B_256,
                                   PYACCEL_HASH_BLAKE3};
    expect_closed(NULL);
    for (unsigned i = 0; i < 3; i++) {
        const mode m = {ids[i], 0, 0, 0};
        pyaccel_hasher *hasher = start(&m);
        CHECK(pyaccel_hasher_update(hasher, NULL, 0) == PYACCEL_OK);
        expect(hasher, &m, 0);
        CHECK(pyaccel_hasher_update(hasher, text, 3) == PYACCEL_OK);
        /* A wrong size of a digest is the call's, and leaves the message as it is. */
        uint8_t digest[64];
        CHECK(pyaccel_hasher_digest(NULL, 32, hasher) == PYACCEL_INVALID_ARGUMENT);
        CHECK(pyaccel_hasher_digest(digest, 0, hasher) == PYACCEL_INVALID_ARGUMENT);
        if (ids[i] != PYACCEL_HASH_BLAKE3) {
            memset(digest, 0xaa, sizeof digest);
            CHECK(pyaccel_hasher_digest(digest, 31, hasher) == PYACCEL_INVALID_ARGUMENT);
            CHECK(all_bytes(digest, 0, 31) && digest[31] == 0xaa);
            CHECK(pyaccel_hasher_digest(digest, 33, hasher) == PYACCEL_INVALID_ARGUMENT);
            CHECK(all_bytes(digest, 0, 33) && digest[33] == 0xaa);
        }
        CHECK(pyaccel_hasher_copy(NULL, hasher) == PYACCEL_INVALID_ARGUMENT);
        expect(hasher, &m, 3);
        CHECK(pyaccel_hasher_update(hasher, NULL, 1) == PYACCEL_INVALID_ARGUMENT);
        expect_closed(hasher);
        pyaccel_hasher_free(hasher);
        /* 2^61 - 1 bytes at most: nothing is read of a piece that does not fit. */
        hasher = start(&m);
        CHECK(pyaccel_hasher_update(hasher, text, 3) == PYACCEL_OK);
        CHECK(pyaccel_hasher_update(hasher, text, PA_HASH_MAX_MESSAGE - 2) ==
              PYACCEL_INVALID_ARGUMENT);
        expect_closed(hasher);
        pyaccel_hasher_free(hasher);
        hasher = start(&m);
        CHECK(pyaccel_hasher_update(hasher, text, UINT64_MAX) == PYACCEL_INVALID_ARGUMENT);
        expect_closed(hasher);
        pyaccel_hasher_free(hasher);
    }
}

static void refuse_one(uint64_t digest_size, uint32_t algorithm, const uint8_t *data, uint64_t size,
                       const pyaccel_hash_options *options)
{
    uint8_t digest[66];
    memset(digest, 0xaa, sizeof digest);
    CHECK(pyaccel_hash_one(digest, digest_size, algorithm, data, size, options) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(digest, 0, digest_size));
    CHECK(all_bytes(digest + digest_size, 0xaa, sizeof digest - digest_size));
}

static void test_one_refused(void)
{
    pyaccel_hash_options options = {.struct_size = sizeof options};
    CHECK(pyaccel_hash_one(NULL, 32, PYACCEL_HASH_SHA256, text, 3, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    refuse_one(0, PYACCEL_HASH_SHA256, text, 3, NULL);
    refuse_one(31, PYACCEL_HASH_SHA256, text, 3, NULL);
    refuse_one(33, PYACCEL_HASH_SHA256, text, 3, NULL);
    refuse_one(32, PYACCEL_HASH_SHA256, NULL, 3, NULL);
    refuse_one(32, PYACCEL_HASH_SHA256, text, PA_HASH_MAX_MESSAGE + 1, NULL);
    refuse_one(32, 0, text, 3, NULL);
    refuse_one(32, PYACCEL_HASH_HMAC_SHA256, text, 3, NULL);
    options.digest_size = 40;
    refuse_one(32, PYACCEL_HASH_SHAKE128, text, 3, &options);
    refuse_one(32, PYACCEL_HASH_SHA256, text, 3, &options);
    options.digest_size = 0;
    options.struct_size--;
    refuse_one(32, PYACCEL_HASH_SHA256, text, 3, &options);
}

/* ---- threads -------------------------------------------------------------------------------------------- */

/* Digests and copies of one handle, from two threads at once. */
static void *read_handle(void *shared)
{
    const mode m = {PYACCEL_HASH_BLAKE3, 32, 0, 64};
    for (unsigned i = 0; i < 50; i++) {
        pyaccel_hasher *copy = NULL;
        expect(shared, &m, 5000);
        CHECK(pyaccel_hasher_copy(&copy, shared) == PYACCEL_OK);
        CHECK(pyaccel_hasher_update(copy, text + 5000, i) == PYACCEL_OK);
        expect(copy, &m, 5000 + i);
        pyaccel_hasher_free(copy);
    }
    return NULL;
}

static void test_threads(void)
{
    const mode m = {PYACCEL_HASH_BLAKE3, 32, 0, 64};
    pyaccel_hasher *hasher = start(&m);
    pthread_t threads[2];
    CHECK(pyaccel_hasher_update(hasher, text, 5000) == PYACCEL_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, read_handle, hasher) == 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    pyaccel_hasher_free(hasher);
}

/* What a freed handle leaves is not a key: pa_wipe is called, and does. */
static void test_wipe(void)
{
    uint8_t secret[100];
    memcpy(secret, text + 1, sizeof secret);
    pa_wipe(secret + 1, sizeof secret - 2);
    CHECK(all_bytes(secret + 1, 0, sizeof secret - 2));
    CHECK(secret[0] == text[1] && secret[99] == text[100]);
    pa_wipe(secret, 0);
}

int main(void)
{
    for (uint32_t i = 0; i < TEXT_SIZE; i++) {
        text[i] = (uint8_t)(i % 251);
    }
    for (size_t i = 0; i < MODES; i++) {
        test_one(&modes[i]);
        test_cuts(&modes[i]);
        test_pieces(&modes[i]);
    }
    test_subtrees();
    test_hmac();
    test_hmac_rows("portable");
    test_hmac_rows("avx2");
    test_hmac_rows("avx2,-shani");
    test_hmac_rows("avx512-emulated");
    test_hmac_rows("avx512");
    test_new();
    test_calls();
    test_one_refused();
    test_threads();
    test_wipe();
    return finish();
}
