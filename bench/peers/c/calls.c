/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel, OpenSSL, libsodium and libsecp256k1 called from C, timed on demand: what a call costs with no interpreter about it.
 *
 *     calls LIBPYACCEL          reads lines, answers each with a line
 *     load PATH WIDTH           ok N          rows of WIDTH bytes from a file
 *     sum WORK                  hex           SHA-256 of the outputs of all rows, one after the other
 *     time WORK REPEATS         nanoseconds   of REPEATS passes over the rows
 *
 * WORK: pyaccel:ID (PYACCEL_HASH_*; hash_many), one:ID (hash_one, row after row), root:ID (PYACCEL_MERKLE_*; merkle_root of all
 * rows), evp:NAME (a context kept, initialised for each message: what hashlib's C core does), low:sha256, low:sha512 (OpenSSL's
 * functions of one algorithm); over rows of an Ed25519 key, signature and message: verify:RULE (PYACCEL_RULE_*; verify_many), sodium
 * (libsodium, row after row). Over rows of a secp256k1 key of K bytes, r || s and digest: ecdsa:K (verify_many), secp-ecdsa:K
 * (libsecp256k1, row after row); of r || s || id and digest: recover (keys), secp-recover; of an x-only key, signature and message:
 * bip340, secp-bip340. The libraries are opened at run time; libsodium and libsecp256k1 may be missing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pyaccel/hash.h"
#include "pyaccel/merkle.h"
#include "pyaccel/recover.h"
#include "pyaccel/verify.h"
#include "secp256k1.h"

#define LINE 1024
#define DIGEST_MAX 64
#define KEY_SIZE 32
#define SIGNATURE_SIZE 64
#define RECOVERABLE_SIZE 65
#define MESSAGE_AT (KEY_SIZE + SIGNATURE_SIZE)

typedef struct {
    int (*init)(void *context, const void *type, void *engine);
    int (*update)(void *context, const void *data, size_t size);
    int (*final)(void *context, unsigned char *digest, unsigned *size);
    void *(*context_new)(void);
    void *(*fetch)(void *library, const char *name, const char *properties);
    /* OpenSSL's own functions of one algorithm, in the order of low_names. */
    struct {
        int (*init)(void *context);
        int (*update)(void *context, const void *data, size_t size);
        int (*final)(unsigned char *digest, void *context);
    } low[2];
} openssl;

static const char *const low_names[2] = {"low:sha256", "low:sha512"};
static const size_t low_sizes[2] = {32, 64};

typedef struct {
    uint8_t *data, *out, *verdicts;
    size_t width, n, size; /* size: bytes of output of the last pass */
    openssl ssl;
    void *context; /* EVP_MD_CTX */
    pyaccel_status (*hash_many)(uint8_t *, uint64_t, uint32_t, const pyaccel_rows *, uint64_t,
                                const pyaccel_hash_options *);
    pyaccel_status (*hash_one)(uint8_t *, uint64_t, uint32_t, const void *, uint64_t,
                               const pyaccel_hash_options *);
    uint64_t (*digest_size)(uint32_t);
    pyaccel_status (*merkle_root)(uint8_t *, uint64_t, uint32_t *, uint32_t, const pyaccel_rows *,
                                  uint64_t, const pyaccel_merkle_options *);
    pyaccel_status (*verify_many)(uint8_t *, uint32_t, const pyaccel_rows *, const pyaccel_rows *,
                                  const pyaccel_rows *, uint64_t, const pyaccel_verify_options *);
    pyaccel_status (*recover_many)(uint8_t *, uint64_t, uint8_t *, const pyaccel_rows *,
                                   const pyaccel_rows *, const uint8_t *, uint64_t,
                                   const pyaccel_recover_options *);
    /* NULL where there is no libsodium. */
    int (*sodium_verify)(const unsigned char *signature, const unsigned char *message,
                         unsigned long long size, const unsigned char *key);
    const libsecp *secp; /* likewise */
} session;

/* A function of a library; ends the program where it has none: nothing can be timed then. */
static void find(void *function, void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    memcpy(function, &symbol, sizeof symbol);
}

static void *library(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW);
    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return handle;
}

static void open_sodium(session *s)
{
    static const char *const names[] = {"libsodium.so", "libsodium.so.26", "libsodium.so.23"};
    void *handle = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && handle == NULL; i++) {
        handle = dlopen(names[i], RTLD_NOW);
    }
    if (handle != NULL) {
        int (*init)(void);
        find(&init, handle, "sodium_init");
        find(&s->sodium_verify, handle, "crypto_sign_ed25519_verify_detached");
        if (init() < 0) {
            s->sodium_verify = NULL;
        }
    }
}

static void open_libraries(session *s, const char *path)
{
    void *ours = library(path), *theirs = library("libcrypto.so.3");
    find(&s->hash_many, ours, "pyaccel_hash_many");
    find(&s->hash_one, ours, "pyaccel_hash_one");
    find(&s->digest_size, ours, "pyaccel_hash_digest_size");
    find(&s->merkle_root, ours, "pyaccel_merkle_root");
    find(&s->verify_many, ours, "pyaccel_verify_many");
    find(&s->recover_many, ours, "pyaccel_recover_many");
    find(&s->ssl.init, theirs, "EVP_DigestInit_ex");
    find(&s->ssl.update, theirs, "EVP_DigestUpdate");
    find(&s->ssl.final, theirs, "EVP_DigestFinal_ex");
    find(&s->ssl.context_new, theirs, "EVP_MD_CTX_new");
    find(&s->ssl.fetch, theirs, "EVP_MD_fetch");
    find(&s->ssl.low[0].init, theirs, "SHA256_Init");
    find(&s->ssl.low[0].update, theirs, "SHA256_Update");
    find(&s->ssl.low[0].final, theirs, "SHA256_Final");
    find(&s->ssl.low[1].init, theirs, "SHA512_Init");
    find(&s->ssl.low[1].update, theirs, "SHA512_Update");
    find(&s->ssl.low[1].final, theirs, "SHA512_Final");
    s->context = s->ssl.context_new();
    open_sodium(s);
    s->secp = libsecp_open();
}

static const char *load(session *s, const char *path, size_t width)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || width == 0) {
        return "no such file, or a width of 0";
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    free(s->data);
    free(s->out);
    free(s->verdicts);
    s->width = width;
    s->n = size / width;
    s->data = malloc(size + 1);
    s->out = calloc(s->n + 1, DIGEST_MAX);
    s->verdicts = calloc(s->n + 1, 1);
    size_t got = s->data == NULL || s->out == NULL || s->verdicts == NULL
                     ? 0
                     : fread(s->data, 1, size, file);
    fclose(file);
    return got == size ? NULL : "the file can't be read";
}

static int run_evp(session *s, const char *name, unsigned repeats)
{
    const void *type = s->ssl.fetch(NULL, name, NULL);
    if (type == NULL) {
        return 0;
    }
    unsigned size = 0;
    for (unsigned k = 0; k < repeats; k++) {
        uint8_t *digest = s->out;
        for (size_t i = 0; i < s->n; i++, digest += size) {
            s->ssl.init(s->context, type, NULL);
            s->ssl.update(s->context, s->data + i * s->width, s->width);
            s->ssl.final(s->context, digest, &size);
        }
    }
    s->size = s->n * size;
    return 1;
}

static void run_low(session *s, int which, unsigned repeats)
{
    uint64_t context[64]; /* more than SHA256_CTX and SHA512_CTX */
    for (unsigned k = 0; k < repeats; k++) {
        for (size_t i = 0; i < s->n; i++) {
            s->ssl.low[which].init(context);
            s->ssl.low[which].update(context, s->data + i * s->width, s->width);
            s->ssl.low[which].final(s->out + i * low_sizes[which], context);
        }
    }
    s->size = s->n * low_sizes[which];
}

static int run_pyaccel(session *s, uint32_t algorithm, unsigned repeats)
{
    pyaccel_rows rows = {
        .data = s->data, .data_size = s->n * s->width, .width = s->width, .stride = s->width};
    s->size = s->n * s->digest_size(algorithm);
    int good = s->size != 0;
    for (unsigned k = 0; k < repeats && good; k++) {
        good = s->hash_many(s->out, s->size, algorithm, &rows, s->n, NULL) == PYACCEL_OK;
    }
    return good;
}

static int run_root(session *s, uint32_t form, unsigned repeats)
{
    const pyaccel_rows leaves = {
        .data = s->data, .data_size = s->n * s->width, .width = s->width, .stride = s->width};
    uint32_t mutated;
    int good = 1;
    s->size = 32;
    for (unsigned k = 0; k < repeats && good; k++) {
        good = s->merkle_root(s->out, s->size, &mutated, form, &leaves, s->n, NULL) == PYACCEL_OK;
    }
    return good;
}

static int run_one(session *s, uint32_t algorithm, unsigned repeats)
{
    size_t size = s->digest_size(algorithm);
    s->size = s->n * size;
    int good = size != 0;
    for (unsigned k = 0; k < repeats && good; k++) {
        for (size_t i = 0; i < s->n && good; i++) {
            good = s->hash_one(s->out + i * size, size, algorithm, s->data + i * s->width, s->width,
                               NULL) == PYACCEL_OK;
        }
    }
    return good;
}

/* Rows of bytes at .. at + width within those that were loaded. */
static pyaccel_rows part(const session *s, size_t at, size_t width)
{
    return (pyaccel_rows){.data = s->data + at,
                          .data_size = s->n * s->width - at,
                          .width = width,
                          .stride = s->width};
}

/* verify_many over rows of key, signature and message, in this order. */
static int run_verify(session *s, uint32_t scheme, size_t key_size, pyaccel_verify_options options,
                      unsigned repeats)
{
    const size_t message_at = key_size + SIGNATURE_SIZE;
    const pyaccel_rows keys = part(s, 0, key_size), signatures = part(s, key_size, SIGNATURE_SIZE);
    const pyaccel_rows messages = part(s, message_at, s->width - message_at);
    int good = 1;
    options.struct_size = sizeof options;
    s->size = s->n;
    for (unsigned k = 0; k < repeats && good; k++) {
        good = s->verify_many(s->out, scheme, &keys, &messages, &signatures, s->n, &options) ==
               PYACCEL_OK;
    }
    return good;
}

static int run_recover(session *s, unsigned repeats)
{
    const pyaccel_rows signatures = part(s, 0, RECOVERABLE_SIZE),
                       digests = part(s, RECOVERABLE_SIZE, 32);
    const pyaccel_recover_options options = {.struct_size = sizeof options,
                                             .rule = PYACCEL_RECOVER_SECP256K1};
    int good = 1;
    s->size = s->n * 64;
    for (unsigned k = 0; k < repeats && good; k++) {
        good = s->recover_many(s->out, s->size, s->verdicts, &digests, &signatures, NULL, s->n,
                               &options) == PYACCEL_OK;
    }
    return good;
}

/* libsecp256k1's answer to "ecdsa:K", "recover" or "bip340"; NULL, or what is wrong. */
static const char *run_secp(session *s, const char *work, unsigned repeats)
{
    const size_t key_size = strtoul(work + 6, NULL, 10);
    if (s->secp == NULL) {
        return "there is no libsecp256k1 here";
    }
    s->size = s->n;
    for (unsigned k = 0; k < repeats; k++) {
        if (strncmp(work, "ecdsa:", 6) == 0 && s->width == key_size + SIGNATURE_SIZE + 32) {
            libsecp_ecdsa(s->secp, s->out, s->data, s->width, s->n, key_size);
        } else if (strcmp(work, "recover") == 0 && s->width == RECOVERABLE_SIZE + 32 &&
                   libsecp_recover(s->secp, s->out, s->data, s->width, s->n)) {
            s->size = s->n * 64;
        } else if (strcmp(work, "bip340") != 0 || s->width < MESSAGE_AT ||
                   !libsecp_bip340(s->secp, s->out, s->data, s->width, s->n)) {
            return "no such work of libsecp256k1, or it was built without it";
        }
    }
    return NULL;
}

static void run_sodium(session *s, unsigned repeats)
{
    s->size = s->n;
    for (unsigned k = 0; k < repeats; k++) {
        for (size_t i = 0; i < s->n; i++) {
            const uint8_t *row = s->data + i * s->width;
            s->out[i] =
                s->sodium_verify(row + KEY_SIZE, row + MESSAGE_AT, s->width - MESSAGE_AT, row) == 0;
        }
    }
}

/* NULL, or what is wrong. */
static const char *run(session *s, const char *work, unsigned repeats)
{
    if (s->n == 0) {
        return "no rows: load some";
    }
    for (int i = 0; i < 2; i++) {
        if (strcmp(work, low_names[i]) == 0) {
            run_low(s, i, repeats);
            return NULL;
        }
    }
    if (strncmp(work, "evp:", 4) == 0) {
        return run_evp(s, work + 4, repeats) ? NULL : "OpenSSL has no such digest";
    }
    if (strncmp(work, "pyaccel:", 8) == 0) {
        return run_pyaccel(s, (uint32_t)strtoul(work + 8, NULL, 10), repeats)
                   ? NULL
                   : "pyaccel_hash_many failed";
    }
    if (strncmp(work, "verify:", 7) == 0 && s->width >= MESSAGE_AT) {
        const uint32_t rule = (uint32_t)strtoul(work + 7, NULL, 10);
        return run_verify(s, PYACCEL_SCHEME_ED25519, KEY_SIZE,
                          (pyaccel_verify_options){.rule = rule}, repeats)
                   ? NULL
                   : "pyaccel_verify_many failed";
    }
    if (strncmp(work, "ecdsa:", 6) == 0 &&
        s->width == strtoul(work + 6, NULL, 10) + SIGNATURE_SIZE + 32) {
        const pyaccel_verify_options options = {.rule = PYACCEL_RULE_ANY,
                                                .message_hash = PYACCEL_MESSAGE_HASH_NONE};
        return run_verify(s, PYACCEL_SCHEME_SECP256K1_ECDSA, s->width - SIGNATURE_SIZE - 32,
                          options, repeats)
                   ? NULL
                   : "pyaccel_verify_many failed";
    }
    if (strcmp(work, "bip340") == 0 && s->width >= MESSAGE_AT) {
        return run_verify(s, PYACCEL_SCHEME_BIP340, KEY_SIZE,
                          (pyaccel_verify_options){.rule = PYACCEL_RULE_BIP340}, repeats)
                   ? NULL
                   : "pyaccel_verify_many failed";
    }
    if (strcmp(work, "recover") == 0 && s->width == RECOVERABLE_SIZE + 32) {
        return run_recover(s, repeats) ? NULL : "pyaccel_recover_many failed";
    }
    if (strncmp(work, "secp-", 5) == 0) {
        return run_secp(s, work + 5, repeats);
    }
    if (strcmp(work, "sodium") == 0 && s->width >= MESSAGE_AT) {
        if (s->sodium_verify == NULL) {
            return "there is no libsodium here";
        }
        run_sodium(s, repeats);
        return NULL;
    }
    if (strncmp(work, "root:", 5) == 0) {
        return run_root(s, (uint32_t)strtoul(work + 5, NULL, 10), repeats)
                   ? NULL
                   : "pyaccel_merkle_root failed";
    }
    if (strncmp(work, "one:", 4) == 0) {
        return run_one(s, (uint32_t)strtoul(work + 4, NULL, 10), repeats)
                   ? NULL
                   : "pyaccel_hash_one failed";
    }
    return "no such work";
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* SHA-256 of the last pass's output, by OpenSSL. */
static void print_sum(session *s)
{
    uint8_t digest[DIGEST_MAX];
    unsigned size = 0;
    s->ssl.init(s->context, s->ssl.fetch(NULL, "SHA256", NULL), NULL);
    s->ssl.update(s->context, s->out, s->size);
    s->ssl.final(s->context, digest, &size);
    for (unsigned i = 0; i < size; i++) {
        printf("%02x", digest[i]);
    }
    printf("\n");
}

int main(int count, char **arguments)
{
    static session s;
    char line[LINE], text[LINE];
    unsigned number;
    if (count != 2) {
        fprintf(stderr, "usage: calls LIBPYACCEL\n");
        return 2;
    }
    open_libraries(&s, arguments[1]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *wrong = "no such request";
        if (sscanf(line, "load %1000s %u", text, &number) == 2) {
            wrong = load(&s, text, number);
            if (wrong == NULL) {
                printf("ok %zu\n", s.n);
            }
        } else if (sscanf(line, "sum %1000s", text) == 1) {
            wrong = run(&s, text, 1);
            if (wrong == NULL) {
                print_sum(&s);
            }
        } else if (sscanf(line, "time %1000s %u", text, &number) == 2) {
            uint64_t start = nanoseconds();
            wrong = run(&s, text, number);
            if (wrong == NULL) {
                printf("%llu\n", (unsigned long long)(nanoseconds() - start));
            }
        }
        if (wrong != NULL) {
            printf("error %s\n", wrong);
        }
    }
    return 0;
}
