/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_verify_many as a call: every bad argument closes the outputs; reasons, formats,
 * key_index, progress, threads. */
#include "hash/hash.h"
#include "pyaccel/hash.h"
#include "verify_call.h"

/* ---- bad arguments ------------------------------------------------------------------------ */

static void test_pointers_and_shapes(void)
{
    EXPECT(PYACCEL_OK, );
    CHECK(verdicts[0] == 1 && verdicts[4] == 1 && reasons[4] == PYACCEL_REASON_NONE);
    EXPECT_ED25519(PYACCEL_OK, );
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.no_options = 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.no_verdicts = 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys_at = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages_at = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures_at = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys.data = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages.data = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.data = NULL);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys.data_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages.data_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.data_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.reserved = 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures.offset_bits = 16);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys.stride = UINT64_MAX);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.struct_size -= 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.struct_size += 8);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.struct_size = 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.reserved = 1);
    EXPECT(PYACCEL_OK, c.n = 0);
    EXPECT(PYACCEL_OK, c.n = 0; c.no_verdicts = 1);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.n = 0; c.options.rule = 0);
}

/* Outputs that share a byte with an input, or with each other, can't hold verdicts. */
static void test_overlaps(void)
{
    for (uint64_t at = 0; at < 5; at++) {
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys = fixed_rows(verdicts + at, 5, 65, 65));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages = fixed_rows(verdicts + at, 5, 32, 32));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = fixed_rows(verdicts + at, 5, 64, 64));
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = fixed_rows(reasons + at, 5, 64, 64));
        for (int swap = 0; swap < 2; swap++) {
            call c;
            begin(&c);
            memset(verdicts, 1, sizeof verdicts);
            c.options.reasons = verdicts + (swap ? 0 : at);
            CHECK(pyaccel_verify_many(verdicts + (swap ? at : 0), ECDSA, c.keys_at, c.messages_at,
                                      c.signatures_at, 5, &c.options) == PYACCEL_INVALID_ARGUMENT);
            for (uint64_t i = 0; i <= 5 + at; i++) {
                CHECK(verdicts[i] == (i == 5 + at));
            }
        }
    }
    for (int at = 0; at < 20; at++) {
        call c;
        uint32_t index[10] = {0};
        begin(&c);
        c.options.key_index = index;
        c.options.key_count = 5;
        CHECK(pyaccel_verify_many((uint8_t *)index + at, ECDSA, c.keys_at, c.messages_at,
                                  c.signatures_at, 5, &c.options) == PYACCEL_INVALID_ARGUMENT);
        c.options.reasons = (uint8_t *)index + at;
        CHECK(pyaccel_verify_many(verdicts, ECDSA, c.keys_at, c.messages_at, c.signatures_at, 5,
                                  &c.options) == PYACCEL_INVALID_ARGUMENT);
    }
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.n = 1; c.messages = fixed_rows(verdicts, 1, 32, 0));
    /* Side by side they may stand; rows of no byte may point anywhere. */
    EXPECT(PYACCEL_OK, c.options.reasons = verdicts + 5);
    EXPECT(PYACCEL_OK, c.messages = fixed_rows(verdicts + 5, 5, 32, 32));
    EXPECT(PYACCEL_OK, c.messages = (pyaccel_rows){.data = verdicts, .stride = UINT64_MAX / 2});
}

/* A number of rows that no buffer has is refused before anything is written. */
static void test_impossible_count(void)
{
    const uint64_t counts[] = {(uint64_t)PTRDIFF_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        call c;
        begin(&c);
        memset(verdicts, 1, sizeof verdicts);
        memset(reasons, 7, sizeof reasons);
        c.keys.stride = c.messages.stride = c.signatures.stride = 0;
        CHECK(pyaccel_verify_many(verdicts, ECDSA, &c.keys, &c.messages, &c.signatures, counts[i],
                                  &c.options) == PYACCEL_INVALID_ARGUMENT);
        CHECK(verdicts[0] == 1 && verdicts[ROWS - 1] == 1 && reasons[0] == 7);
    }
}

/* The same call of another scheme, which finds nothing valid in it. */
static void begin_scheme(call *c, uint32_t scheme, uint32_t rule)
{
    begin(c);
    c->scheme = scheme;
    c->options.rule = rule;
    c->options.message_hash = 0;
}

static void test_names(void)
{
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.scheme = 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.scheme = 7);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.scheme = UINT32_MAX);
    static const struct {
        uint32_t scheme, first_rule, last_rule, hashes, formats, key_formats;
    } schemes[] = {
        /* hashes: bit h where message_hash h is known; formats likewise */
        {PYACCEL_SCHEME_ED25519, 1, 5, 1, 3, 3},
        {PYACCEL_SCHEME_SECP256K1_ECDSA, 16, 18, 31, 15, 3},
        {PYACCEL_SCHEME_BIP340, 32, 32, 1, 3, 3},
        {PYACCEL_SCHEME_P256_ECDSA, 16, 19, 39, 7, 7},
        {PYACCEL_SCHEME_P384_ECDSA, 16, 19, 39, 7, 7},
        {PYACCEL_SCHEME_SM2, 48, 48, 3, 7, 7},
    };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        for (uint32_t name = 0; name < 64; name++) {
            const bool bitcoin_core = name == PYACCEL_RULE_BITCOIN_CORE &&
                                      (schemes[i].scheme == PYACCEL_SCHEME_P256_ECDSA ||
                                       schemes[i].scheme == PYACCEL_SCHEME_P384_ECDSA);
            EXPECT(name >= schemes[i].first_rule && name <= schemes[i].last_rule && !bitcoin_core
                       ? PYACCEL_OK
                       : PYACCEL_INVALID_ARGUMENT,
                   begin_scheme(&c, schemes[i].scheme, schemes[i].first_rule);
                   c.options.rule = name);
            if (name < 9) {
                EXPECT(schemes[i].hashes >> name & 1 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT,
                       begin_scheme(&c, schemes[i].scheme, schemes[i].first_rule);
                       c.options.message_hash = name);
                EXPECT(schemes[i].formats >> name & 1 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT,
                       begin_scheme(&c, schemes[i].scheme, schemes[i].first_rule);
                       c.options.signature_format = name);
                EXPECT(schemes[i].key_formats >> name & 1 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT,
                       begin_scheme(&c, schemes[i].scheme, schemes[i].first_rule);
                       c.options.key_format = name);
            }
        }
        EXPECT(schemes[i].scheme == PYACCEL_SCHEME_SM2 ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT,
               begin_scheme(&c, schemes[i].scheme, schemes[i].first_rule);
               c.options.identity = &c.messages);
    }
}

/* Identities of SM2: what is wrong with all of them, or with the call. */
static void test_identities(void)
{
    static uint8_t long_one[8192];
    pyaccel_rows identity = fixed_rows(long_one, 5, 8191, 0);
    EXPECT(PYACCEL_OK, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity);
    EXPECT(PYACCEL_INVALID_ARGUMENT, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity; c.options.message_hash = PYACCEL_MESSAGE_HASH_NONE);
    identity = fixed_rows(long_one, 5, 8192, 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity);
    identity = fixed_rows(long_one, 4, 16, 16); /* a row is missing */
    EXPECT(PYACCEL_INVALID_ARGUMENT, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity);
    const uint32_t offsets[6] = {0, 1, 2, 8, 7, 9};
    identity = ragged_rows(long_one, offsets, 5);
    EXPECT(PYACCEL_INVALID_ARGUMENT, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity);
    identity = fixed_rows(verdicts, 5, 1, 1); /* an output */
    EXPECT(PYACCEL_INVALID_ARGUMENT, begin_scheme(&c, PYACCEL_SCHEME_SM2, PYACCEL_RULE_GBT32918);
           c.options.identity = &identity);
}

/* Offsets and indices are read with the rows: one that is bad anywhere fails the call, whatever
 * came before. */
static void test_offsets_and_indices(void)
{
    uint64_t offsets[6] = {0, 64, 128, 192, 256, 320};
    uint8_t packed[320];
    for (int i = 0; i < 5; i++) {
        memcpy(packed + 64 * i, rows[i].signature, 64);
    }
    const pyaccel_rows good = {
        .data = packed, .data_size = sizeof packed, .offsets = offsets, .offset_bits = 64};
    EXPECT(PYACCEL_OK, c.signatures = good);
    CHECK(verdicts[0] == 1 && verdicts[4] == 1);
    for (int i = 0; i < 6; i++) {
        const uint64_t right = offsets[i];
        offsets[i] = 321;
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = good);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages = good);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.keys = good);
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.messages = good;
               c.options.message_hash = PYACCEL_MESSAGE_HASH_SHA256);
        offsets[i] = UINT64_MAX;
        EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = good);
        EXPECT_ED25519(PYACCEL_INVALID_ARGUMENT, c.signatures = good);
        offsets[i] = right;
    }
    offsets[3] = 100; /* backwards */
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.signatures = good);

    uint32_t index[5] = {4, 3, 2, 1, 0};
    EXPECT(PYACCEL_OK, c.options.key_index = index; c.options.key_count = 5);
    CHECK(verdicts[2] == 1 && verdicts[0] == (4 % BASES == 0));
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.key_index = index; c.options.key_count = 4);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.key_index = index; c.options.key_count = 0);
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.key_index = index;
           c.options.key_count = 6); /* past the keys */
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.key_count = 5);
    index[4] = UINT32_MAX;
    EXPECT(PYACCEL_INVALID_ARGUMENT, c.options.key_index = index; c.options.key_count = 5);
    EXPECT_ED25519(PYACCEL_INVALID_ARGUMENT, c.options.key_index = index; c.options.key_count = 5);
}

/* ---- progress and threads ----------------------------------------------------------------- */

typedef struct {
    uint64_t calls, last, stop_at;
} progress_log;

static int log_progress(void *user, uint64_t done, uint64_t total)
{
    progress_log *log = user;
    CHECK(done >= log->last && done <= total && total == ROWS);
    log->last = done;
    return ++log->calls == log->stop_at;
}

static void test_long_batch(void)
{
    /* One row of each kind of fault among good ones. */
    static signed_row mixed[ROWS];
    memcpy(mixed, rows, sizeof rows);
    mixed[100].signature[63] ^= 1;
    mixed[333].prefixed_key[64] ^= 1;
    memset(mixed[600].signature, 0, 32);
    for (uint32_t threads = 0; threads < 4; threads++) {
        for (int with_reasons = 0; with_reasons < 2; with_reasons++) {
            call c;
            progress_log log = {0, 0, UINT64_MAX};
            begin(&c);
            c.n = ROWS;
            c.keys = fixed_rows(mixed->prefixed_key, ROWS, 65, sizeof *mixed);
            c.messages = fixed_rows(mixed->digest, ROWS, 32, sizeof *mixed);
            c.signatures = fixed_rows(mixed->signature, ROWS, 64, sizeof *mixed);
            c.options.threads = threads;
            c.options.reasons = with_reasons ? reasons : NULL;
            c.options.progress = log_progress;
            c.options.user = &log;
            memset(verdicts, 9, sizeof verdicts);
            CHECK(pyaccel_verify_many(verdicts, ECDSA, &c.keys, &c.messages, &c.signatures, ROWS,
                                      &c.options) == PYACCEL_OK);
            CHECK(log.calls > 0 && log.last == ROWS);
            int right = 1;
            for (int i = 0; i < ROWS; i++) {
                right &= verdicts[i] == (i != 100 && i != 333 && i != 600);
                if (with_reasons) {
                    right &= reasons[i] == (i == 100   ? PYACCEL_REASON_EQUATION
                                            : i == 333 ? PYACCEL_REASON_KEY
                                            : i == 600 ? PYACCEL_REASON_RANGE
                                                       : PYACCEL_REASON_NONE);
                }
            }
            CHECK(right);

            /* Stopped: nothing stays open, though some rows were verified. */
            log = (progress_log){0, 0, 1};
            memset(verdicts, 9, sizeof verdicts);
            memset(reasons, 9, sizeof reasons);
            CHECK(pyaccel_verify_many(verdicts, ECDSA, &c.keys, &c.messages, &c.signatures, ROWS,
                                      &c.options) == PYACCEL_CANCELLED);
            for (int i = 0; i < ROWS; i++) {
                right &= verdicts[i] == 0 && (!with_reasons || reasons[i] == 0);
            }
            CHECK(right);
        }
    }
}

/* ---- what is not raw ---------------------------------------------------------------------- */

/* DER of row 0, its r padded where it must be. */
static uint64_t put_der(uint8_t der[80], const signed_row *row)
{
    uint8_t *at = der + 2;
    for (int half = 0; half < 2; half++) {
        const uint8_t *value = row->signature + 32 * half;
        int skip = 0;
        while (skip < 31 && value[skip] == 0) {
            skip++;
        }
        const int pad = value[skip] >> 7;
        *at++ = 0x02;
        *at++ = (uint8_t)(32 - skip + pad);
        *at = 0;
        memcpy(at + pad, value + skip, (size_t)(32 - skip));
        at += 32 - skip + pad;
    }
    der[0] = 0x30;
    der[1] = (uint8_t)(at - der - 2);
    return (uint64_t)(at - der);
}

static uint32_t reason_of(const uint8_t *signature, uint64_t size, uint32_t format,
                          const uint8_t *message, uint64_t message_size, uint32_t message_hash)
{
    const pyaccel_rows keys = fixed_rows(rows->prefixed_key, 1, 65, 65);
    const pyaccel_rows messages = fixed_rows(message, 1, message_size, message_size);
    const pyaccel_rows signatures = fixed_rows(signature, 1, size, size);
    pyaccel_verify_options options = ecdsa_options(PYACCEL_RULE_ANY);
    options.signature_format = format;
    options.message_hash = message_hash;
    options.reasons = reasons;
    CHECK(pyaccel_verify_many(verdicts, ECDSA, &keys, &messages, &signatures, 1, &options) ==
          PYACCEL_OK);
    CHECK(verdicts[0] == (reasons[0] == PYACCEL_REASON_NONE));
    return reasons[0];
}

static void test_formats(void)
{
    enum { NONE = PYACCEL_MESSAGE_HASH_NONE };
    const uint32_t raw = PYACCEL_SIGNATURE_FORMAT_RAW, strict = PYACCEL_SIGNATURE_FORMAT_DER,
                   lax = PYACCEL_SIGNATURE_FORMAT_DER_LAX;
    uint8_t der[80], signature[65] = {0};
    const uint8_t *digest = rows->digest;
    const uint64_t size = put_der(der, rows);
    memcpy(signature, rows->signature, 64);
    CHECK(reason_of(signature, 64, raw, digest, 32, NONE) == PYACCEL_REASON_NONE);
    CHECK(reason_of(signature, 64, 0, digest, 32, NONE) == PYACCEL_REASON_NONE);
    CHECK(reason_of(signature, 63, raw, digest, 32, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(signature, 65, raw, digest, 32, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(signature, 0, raw, digest, 32, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(signature, 64, raw, digest, 31, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(signature, 64, raw, digest, 0, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(signature, 64, strict, digest, 32, NONE) == PYACCEL_REASON_ENCODING);
    CHECK(reason_of(signature, 0, lax, digest, 32, NONE) == PYACCEL_REASON_ENCODING);
    CHECK(reason_of(der, size, strict, digest, 32, NONE) == PYACCEL_REASON_NONE);
    CHECK(reason_of(der, size, lax, digest, 32, NONE) == PYACCEL_REASON_NONE);
    CHECK(reason_of(der, size, raw, digest, 32, NONE) == PYACCEL_REASON_LENGTH);
    CHECK(reason_of(der, size - 1, strict, digest, 32, NONE) == PYACCEL_REASON_ENCODING);
    der[1]++;
    CHECK(reason_of(der, size, strict, digest, 32, NONE) == PYACCEL_REASON_ENCODING);
    CHECK(reason_of(der, size, lax, digest, 32, NONE) == PYACCEL_REASON_NONE);
    uint8_t large[] = "\x30\x26\x02\x21"
                      "\x01................................"
                      "\x02\x01\x01";
    CHECK(reason_of(large, sizeof large - 1, lax, digest, 32, NONE) == PYACCEL_REASON_RANGE);
    CHECK(reason_of(large, sizeof large - 1, strict, digest, 32, NONE) == PYACCEL_REASON_RANGE);
}

/* A message and its ready digest give the same verdict; the digest comes from the hash room's
 * public call. */
static void test_message_hashes(void)
{
    static const uint32_t pairs[][2] = {
        {0, PYACCEL_HASH_SHA256},
        {PYACCEL_MESSAGE_HASH_SHA256, PYACCEL_HASH_SHA256},
        {PYACCEL_MESSAGE_HASH_SHA256D, PYACCEL_HASH_SHA256D},
        {PYACCEL_MESSAGE_HASH_KECCAK256, PYACCEL_HASH_KECCAK256},
    };
    uint8_t message[300];
    memset(message, 0x6d, sizeof message);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        for (uint64_t size = 0; size <= sizeof message; size += 100) {
            uint8_t digest[32];
            const pyaccel_rows messages = fixed_rows(message, 1, size, size);
            CHECK(pyaccel_hash_many(digest, 32, pairs[i][1], &messages, 1, NULL) == PYACCEL_OK);
            const number d = random_number(&group_order), k = number_of(3);
            const signed_row row = sign_digest(&d, &k, digest), kept = rows[0];
            rows[0] = row;
            CHECK(reason_of(row.signature, 64, 0, message, size, pairs[i][0]) ==
                  PYACCEL_REASON_NONE);
            message[0] ^= 1;
            CHECK(reason_of(row.signature, 64, 0, message, size, pairs[i][0]) ==
                  (size ? PYACCEL_REASON_EQUATION : PYACCEL_REASON_NONE));
            message[0] ^= 1;
            rows[0] = kept;
        }
    }
}

int main(void)
{
    make_rows();
    test_pointers_and_shapes();
    test_overlaps();
    test_impossible_count();
    test_names();
    test_identities();
    test_offsets_and_indices();
    test_long_batch();
    test_formats();
    test_message_hashes();
    return finish();
}
