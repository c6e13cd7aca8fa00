/* SPDX-License-Identifier: Apache-2.0 */
/* Every family fits a caller's thread of 128 KiB, which is what musl gives a thread. */
#include <pthread.h>
#include <stdbool.h>

#include "child.h"
#include "hash_rows.h"

#if defined(__has_feature)
#define CLANG_SANITIZES (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CLANG_SANITIZES 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || CLANG_SANITIZES
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define STACK ((size_t)128 << 10)
#define ROWS 300u
#define WIDTH 64u

static uint8_t data[ROWS * WIDTH];
static uint8_t big[3u << 20];      /* subtrees of many layers */
static uint32_t offsets[ROWS + 1]; /* lengths that differ take the deepest way through the hashes */

/* Keys that decode and scalars in range, so that equations are computed. */
static void make_rows(void)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        uint8_t *row = data + i * WIDTH;
        row[0] = 2;
        row[1] = (uint8_t)i;
        row[31] = (uint8_t)(i >> 8);
        row[40] = 1;
        offsets[i + 1] = offsets[i] + 50 + i % 7;
    }
}

static void verify(uint32_t scheme, uint32_t rule, uint64_t key_size, uint64_t key_stride)
{
    uint8_t verdicts[ROWS];
    const pyaccel_rows keys = fixed_rows(data, ROWS, key_size, key_stride);
    const pyaccel_rows messages = ragged_rows(data, offsets, ROWS);
    const pyaccel_rows signatures = fixed_rows(data, ROWS, 64, WIDTH);
    pyaccel_verify_options options = {.struct_size = sizeof options, .rule = rule};
    const pyaccel_rows identity = fixed_rows(big, ROWS, 64, 64);
    options.identity = scheme == PYACCEL_SCHEME_SM2 ? &identity : NULL;
    pyaccel_prepared_keys *prepared = NULL;
    CHECK(pyaccel_verify_many(verdicts, scheme, &keys, &messages, &signatures, ROWS, &options) ==
          PYACCEL_OK);
    CHECK(pyaccel_prepared_keys_new(&prepared, scheme, &keys, ROWS, NULL) == PYACCEL_OK);
    pyaccel_verify_options with_prepared = options;
    with_prepared.prepared = prepared;
    CHECK(pyaccel_verify_many(verdicts, scheme, NULL, &messages, &signatures, ROWS,
                              &with_prepared) == PYACCEL_OK);
    pyaccel_prepared_keys_free(prepared);
}

static void recover(void)
{
    static uint8_t addresses[ROWS * 20], ids[ROWS];
    uint8_t verdicts[ROWS];
    const pyaccel_rows digests = fixed_rows(data, ROWS, 32, WIDTH);
    const pyaccel_rows signatures = fixed_rows(data, ROWS, 64, WIDTH);
    const pyaccel_recover_options options = {
        .struct_size = sizeof options, .rule = PYACCEL_RECOVER_SECP256K1, .addresses = 1};
    CHECK(pyaccel_recover_many(addresses, sizeof addresses, verdicts, &digests, &signatures, ids,
                               ROWS, &options) == PYACCEL_OK);
}

static void *run_all(void *unused)
{
    (void)unused;
    uint8_t verdicts[ROWS], root[32];
    static uint8_t digests[ROWS * MAX_DIGEST];
    const pyaccel_rows rows = ragged_rows(data, offsets, ROWS);
    const pyaccel_rows nodes = fixed_rows(data, ROWS, WIDTH, WIDTH);
    const uint64_t indices[ROWS] = {0}, size = 4;
    pyaccel_merkle_tree *tree = NULL;
    for (size_t a = 0; a < ALGORITHMS; a++) {
        CHECK(pyaccel_hash_many(digests, sizeof digests, algorithms[a], &rows, ROWS, NULL) ==
              PYACCEL_OK);
    }
    const pyaccel_hash_options keyed = {.struct_size = sizeof keyed, .key = data, .key_size = 200};
    for (uint32_t id = PYACCEL_HASH_HMAC_SHA256; id <= PYACCEL_HASH_HMAC_SM3; id++) {
        CHECK(pyaccel_hash_many(digests, sizeof digests, id, &rows, ROWS, &keyed) == PYACCEL_OK);
    }
    pyaccel_hasher *hasher = NULL;
    CHECK(pyaccel_hasher_new(&hasher, PYACCEL_HASH_BLAKE3, NULL) == PYACCEL_OK);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(pyaccel_hasher_update(hasher, big, sizeof big) == PYACCEL_OK);
    }
    CHECK(pyaccel_hasher_digest(digests, 32, hasher) == PYACCEL_OK);
    pyaccel_hasher_free(hasher);
    CHECK(pyaccel_merkle_root(root, 32, NULL, PYACCEL_MERKLE_RFC6962, &rows, ROWS, NULL) ==
          PYACCEL_OK);
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_RFC6962, &rows, ROWS, NULL) == PYACCEL_OK);
    pyaccel_merkle_tree_free(tree);
    const pyaccel_rows roots = fixed_rows(root, ROWS, 32, 0);
    CHECK(pyaccel_merkle_verify_many(verdicts, ROWS, PYACCEL_MERKLE_RFC6962, &roots, &rows, indices,
                                     &nodes, &size, 1, ROWS, NULL) == PYACCEL_OK);
    verify(PYACCEL_SCHEME_ED25519, PYACCEL_RULE_ZIP215, 32, WIDTH);
    verify(PYACCEL_SCHEME_ED25519, PYACCEL_RULE_OPENSSL, 32, WIDTH);
    verify(PYACCEL_SCHEME_SECP256K1_ECDSA, PYACCEL_RULE_ANY, 33, WIDTH);
    verify(PYACCEL_SCHEME_BIP340, PYACCEL_RULE_BIP340, 32, WIDTH);
    verify(PYACCEL_SCHEME_P256_ECDSA, PYACCEL_RULE_ANY, 33, WIDTH);
    verify(PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918, 33, WIDTH);
    verify(PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918, 33, 0); /* one pair of key and identity */
    recover();
    return NULL;
}

/* An overflow ends the child at the guard pages. */
static void on_small_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, STACK) == 0);
    CHECK(pthread_attr_setguardsize(&attributes, 4 * STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, run_all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

int main(void)
{
    if (SANITIZED) {
        puts("skipped: sanitizers make frames larger");
        return SKIPPED;
    }
    const char *specs[] = {"portable",        "avx2",       "avx512",
                           "avx512-emulated", "avx512ifma", "avx512ifma-emulated"};
    make_rows();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        if (pyaccel_cpu_select(specs[i]) == PYACCEL_OK) {
            in_child(NULL, NULL, on_small_stack);
        }
    }
    return finish();
}
