/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared keys mean what their bytes mean, in handles of any memory. */
#include "verify_call.h"

/* The same verdicts and reasons from bytes and from handles of any memory, bad keys among good
 * ones. */
static void test_prepared(void)
{
    enum { KEYS = 40 };
    static uint8_t packed[KEYS * 65];
    static uint64_t offsets[KEYS + 1];
    uint8_t plain_verdicts[KEYS], plain_reasons[KEYS];
    uint64_t at = 0;
    for (int i = 0; i < KEYS; i++) {
        const uint64_t sizes[] = {65, 65, 64, 33, 20, 0};
        const uint64_t size = sizes[i % 6];
        memcpy(packed + at, rows[i].prefixed_key + (size == 64), size);
        if (size == 65 && i % 4 == 1) {
            packed[at] = (uint8_t)(6 + (packed[at + 64] & 1)); /* hybrid */
        }
        if (size == 33) {
            packed[at] = i % 4 == 3 ? 2 : 5;
        }
        if (i == 12) {
            packed[at + 64] ^= 1;
        }
        offsets[i] = at;
        at += size;
    }
    offsets[KEYS] = at;
    const pyaccel_rows keys = {
        .data = packed, .data_size = at, .offsets = offsets, .offset_bits = 64};
    const pyaccel_rows messages = fixed_rows(rows->digest, KEYS, 32, sizeof *rows);
    const pyaccel_rows signatures = fixed_rows(rows->signature, KEYS, 64, sizeof *rows);
    uint32_t backwards[KEYS];
    for (uint32_t i = 0; i < KEYS; i++) {
        backwards[i] = KEYS - 1 - i;
    }
    static const uint64_t memories[] = {0, 1, 26752, 10 * 26752 + 5, 1 << 22};
    for (size_t m = 0; m < sizeof memories / sizeof *memories; m++) {
        pyaccel_prepare_options prepare = {
            .struct_size = sizeof prepare, .memory = memories[m], .threads = 2};
        pyaccel_prepared_keys *handle = NULL;
        CHECK(pyaccel_prepared_keys_new(&handle, ECDSA, &keys, KEYS, &prepare) == PYACCEL_OK);
        CHECK(pyaccel_prepared_keys_count(handle) == KEYS);
        if (memories[m] != 0) { /* bytes and offsets come on top of the bound on points */
            CHECK(pyaccel_prepared_keys_memory(handle) <= memories[m] + at + 8 * (KEYS + 1) + 1024);
        }
        const uint32_t rules[] = {PYACCEL_RULE_ANY, PYACCEL_RULE_LOW_S, PYACCEL_RULE_BITCOIN_CORE};
        for (int k = 0; k < 6; k++) {
            pyaccel_verify_options options = ecdsa_options(rules[k % 3]);
            options.key_index = k < 3 ? NULL : backwards;
            options.key_count = k < 3 ? 0 : KEYS;
            options.reasons = plain_reasons;
            CHECK(pyaccel_verify_many(plain_verdicts, ECDSA, &keys, &messages, &signatures, KEYS,
                                      &options) == PYACCEL_OK);
            options.key_count = 0;
            options.prepared = handle;
            options.reasons = reasons;
            CHECK(pyaccel_verify_many(verdicts, ECDSA, NULL, &messages, &signatures, KEYS,
                                      &options) == PYACCEL_OK);
            CHECK(memcmp(verdicts, plain_verdicts, KEYS) == 0 &&
                  memcmp(reasons, plain_reasons, KEYS) == 0);
            if (k == 0) {
                CHECK(verdicts[0] == 1 && reasons[12] == PYACCEL_REASON_KEY);
                CHECK(reasons[1] == PYACCEL_REASON_KEY && reasons[4] == PYACCEL_REASON_LENGTH);
            }
            CHECK(k != 2 || reasons[1] == PYACCEL_REASON_NONE);
        }
        /* The handle keeps its own bytes. */
        const uint8_t first = packed[1];
        packed[1] ^= 1;
        EXPECT(PYACCEL_OK, c.options.prepared = handle; c.keys_at = NULL; c.n = 1);
        CHECK(verdicts[0] == 1);
        packed[1] = first;

        EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.prepared = handle);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.prepared = handle; c.keys_at = NULL;
               c.options.key_count = KEYS; c.options.key_index = backwards);
        EXPECT_ED25519(PYACCEL_INVALID_ARGUMENT, c.options.prepared = handle; c.keys_at = NULL);
        call c;
        begin(&c);
        c.options.prepared = handle;
        c.keys_at = NULL;
        c.n = KEYS + 1; /* more rows than keys */
        c.messages = fixed_rows(rows->digest, KEYS + 1, 32, sizeof *rows);
        c.signatures = fixed_rows(rows->signature, KEYS + 1, 64, sizeof *rows);
        CHECK(run(&c) == PYACCEL_INVALID_ARGUMENT);
        c.n = 5;
        c.options.key_index = backwards;
        backwards[4] = KEYS;
        CHECK(run(&c) == PYACCEL_INVALID_ARGUMENT);
        backwards[4] = KEYS - 5;
        pyaccel_prepared_keys_free(handle);
    }
}

static void test_prepare_arguments(void)
{
    pyaccel_prepared_keys *handle = NULL;
    const pyaccel_rows keys = fixed_rows(rows->prefixed_key, 5, 65, sizeof *rows);
    pyaccel_prepare_options options = {.struct_size = sizeof options};
    CHECK(pyaccel_prepared_keys_new(NULL, ECDSA, &keys, 5, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_prepared_keys_new(&handle, ECDSA, &keys, 0, NULL) == PYACCEL_OK);
    CHECK(handle != NULL && pyaccel_prepared_keys_count(handle) == 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.prepared = handle; c.keys_at = NULL);
    pyaccel_prepared_keys_free(handle);

#define REFUSED(status, ...)                                                                       \
    do {                                                                                           \
        handle = (pyaccel_prepared_keys *)(void *)rows;                                            \
        CHECK(pyaccel_prepared_keys_new(&handle, __VA_ARGS__) == (status));                        \
        CHECK(handle == NULL);                                                                     \
    } while (0)
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, NULL, 5, NULL);
    REFUSED(PYACCEL_INVALID_ARGUMENT, 0, &keys, 5, NULL);
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &keys, 6, NULL);
    REFUSED(PYACCEL_INVALID_ARGUMENT, PYACCEL_SCHEME_SM2 + 1, &keys, 5, NULL);
    options.key_format = PYACCEL_KEY_FORMAT_SPKI;
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &keys, 5, &options);
    options.key_format = 9;
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &keys, 5, &options);
    options.key_format = 0;
    options.reserved = 1;
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &keys, 5, &options);
    options.reserved = 0;
    options.struct_size = 1;
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &keys, 5, &options);
    const uint64_t offsets[3] = {0, 66, 65};
    const pyaccel_rows backwards = {
        .data = rows->prefixed_key, .data_size = 66, .offsets = offsets, .offset_bits = 64};
    REFUSED(PYACCEL_INVALID_ARGUMENT, ECDSA, &backwards, 2, NULL);
#undef REFUSED

    pyaccel_prepared_keys_free(NULL);
    CHECK(pyaccel_prepared_keys_count(NULL) == 0 && pyaccel_prepared_keys_memory(NULL) == 0);
}

int main(void)
{
    make_rows();
    test_prepared();
    test_prepare_arguments();
    return finish();
}
