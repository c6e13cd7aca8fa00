/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 rows whose verdicts are known without a verifier, or from two that agree. */
#ifndef PA_TEST_ED25519_CASES_H
#define PA_TEST_ED25519_CASES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ed25519_torsion.h"
#include "hex.h"
#include "pyaccel/verify.h"

/* Refused, for a reason that depends on where the change hit. */
#define REFUSED 255

typedef struct {
    uint8_t key[40], signature[80], message[16];
    uint64_t key_size, signature_size, message_size;
    uint8_t want[PYACCEL_RULE_LIBSODIUM + 1]; /* by rule: PYACCEL_REASON_* or REFUSED */
} ed25519_case;

static const uint32_t rules[] = {PYACCEL_RULE_ZIP215, PYACCEL_RULE_RFC8032, PYACCEL_RULE_OPENSSL,
                                 PYACCEL_RULE_DALEK_STRICT, PYACCEL_RULE_LIBSODIUM};
#define RULES (sizeof rules / sizeof *rules)

#define CASES 1200
static ed25519_case cases[CASES];
static uint64_t case_count;

static ed25519_case *add_case(const char *key, const char *signature, const char *message,
                              uint8_t zip215, uint8_t exact)
{
    ed25519_case *c = &cases[case_count++];
    c->key_size = from_hex(c->key, key);
    c->signature_size = from_hex(c->signature, signature);
    c->message_size = strlen(message);
    memcpy(c->message, message, c->message_size);
    memset(c->want, exact, sizeof c->want);
    c->want[PYACCEL_RULE_ZIP215] = zip215;
    return c;
}

/* RFC 8032, 7.1: tests 1 to 3. */
#define KEY_1 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define KEY_2 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define KEY_3 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
#define R_2 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
#define S_2 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
#define MESSAGE_2 "r"

/* y = 2 has no x. l, l - 1, and S of test 2 plus l. */
#define NO_POINT "0200000000000000000000000000000000000000000000000000000000000000"
#define ORDER "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
#define ORDER_MINUS_1 "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
#define S_2_PLUS_ORDER "f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10"
#define ALL_ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void rfc8032_cases(void)
{
    add_case(KEY_1,
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
             "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
             "", PYACCEL_REASON_NONE, PYACCEL_REASON_NONE);
    add_case(KEY_2, R_2 S_2, MESSAGE_2, PYACCEL_REASON_NONE, PYACCEL_REASON_NONE);
    add_case(KEY_3,
             "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
             "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
             "\xaf\x82", PYACCEL_REASON_NONE, PYACCEL_REASON_NONE);
}

/* Every single bit of key and signature. */
static void flipped_cases(void)
{
    for (int bit = 0; bit < 256; bit++) {
        add_case(KEY_2, R_2 S_2, MESSAGE_2, REFUSED, REFUSED)->key[bit / 8] ^=
            (uint8_t)(1 << bit % 8);
    }
    for (int bit = 0; bit < 512; bit++) {
        add_case(KEY_2, R_2 S_2, MESSAGE_2, REFUSED, REFUSED)->signature[bit / 8] ^=
            (uint8_t)(1 << bit % 8);
    }
}

static void ordered_case(const char *key, const char *signature, const char *message,
                         uint8_t reason)
{
    add_case(key, signature, message, reason, reason);
}

/* The first reason that applies; lengths before everything. */
static void reason_cases(void)
{
    ordered_case(KEY_2, R_2 S_2, "s", PYACCEL_REASON_EQUATION);
    ordered_case(KEY_2, R_2 S_2, "", PYACCEL_REASON_EQUATION);
    ordered_case(KEY_3, R_2 S_2, MESSAGE_2, PYACCEL_REASON_EQUATION);
    ordered_case(KEY_2, R_2 ORDER_MINUS_1, MESSAGE_2, PYACCEL_REASON_EQUATION);
    ordered_case(KEY_2, R_2 ORDER, MESSAGE_2, PYACCEL_REASON_RANGE);
    ordered_case(KEY_2, R_2 S_2_PLUS_ORDER, MESSAGE_2, PYACCEL_REASON_RANGE);
    ordered_case(KEY_2, R_2 ALL_ONES, "s", PYACCEL_REASON_RANGE);
    ordered_case(KEY_2, NO_POINT S_2, MESSAGE_2, PYACCEL_REASON_ENCODING);
    ordered_case(KEY_2, NO_POINT ALL_ONES, MESSAGE_2, PYACCEL_REASON_ENCODING);
    ordered_case(NO_POINT, R_2 S_2, MESSAGE_2, PYACCEL_REASON_KEY);
    ordered_case(NO_POINT, NO_POINT ALL_ONES, MESSAGE_2, PYACCEL_REASON_KEY);
    for (int size = 0; size <= 65; size++) {
        if (size <= 33 && size != 32) {
            ordered_case(KEY_2, R_2 S_2, MESSAGE_2, PYACCEL_REASON_LENGTH);
            cases[case_count - 1].key_size = (uint64_t)size;
        }
        if (size != 64) {
            ordered_case(NO_POINT, R_2 S_2, MESSAGE_2, PYACCEL_REASON_LENGTH);
            cases[case_count - 1].signature_size = (uint64_t)size;
        }
    }
}

/* The encodings of the 8 points of small order: canonical ones, then x = 0 with the sign set and
 * y >= p. As A and R, with S = 0 and the message of ZIP-215's own test, zip215 takes all pairs,
 * openssl those of the second table, as OpenSSL 4.0 does; rfc8032 those of them whose A is
 * canonical, as golden says as well; dalek-strict and libsodium none. */
static void small_order_cases(void)
{
    static const char *const points[14] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    static const struct {
        int a, r;
    } exact[] = {{0, 0}, {1, 2}, {1, 5}, {2, 0}, {3, 1},  {5, 3},
                 {5, 5}, {5, 6}, {8, 0}, {9, 4}, {12, 0}, {13, 0}};
    for (int a = 0; a < 14; a++) {
        for (int r = 0; r < 14; r++) {
            uint8_t openssl = r >= 8 ? PYACCEL_REASON_ENCODING : PYACCEL_REASON_EQUATION;
            for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
                openssl = exact[i].a == a && exact[i].r == r ? PYACCEL_REASON_NONE : openssl;
            }
            ed25519_case *c = add_case(points[a], points[r], "Zcash", PYACCEL_REASON_NONE, openssl);
            c->want[PYACCEL_RULE_RFC8032] = a >= 8 ? PYACCEL_REASON_KEY : openssl;
            c->want[PYACCEL_RULE_DALEK_STRICT] = PYACCEL_REASON_KEY;
            c->want[PYACCEL_RULE_LIBSODIUM] = PYACCEL_REASON_KEY;
            memset(c->signature + 32, 0, 32);
            c->signature_size = 64;
        }
    }
}

static void mixed_order_cases(void)
{
    for (int i = 0; i < 64; i++) {
        add_case(torsion_cases[i].key, torsion_cases[i].signature, TORSION_MESSAGE,
                 PYACCEL_REASON_NONE,
                 torsion_cases[i].exact ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION);
    }
}

static void make_cases(void)
{
    rfc8032_cases();
    flipped_cases();
    reason_cases();
    small_order_cases();
    mixed_order_cases();
}

/* True when a row's verdict and reason are what its case wants. */
static bool as_expected(const ed25519_case *c, uint32_t rule, uint8_t verdict, uint8_t reason)
{
    const uint8_t want = c->want[rule];
    if (want == REFUSED) {
        return verdict == 0 && reason != PYACCEL_REASON_NONE && reason != PYACCEL_REASON_LENGTH;
    }
    return reason == want && verdict == (want == PYACCEL_REASON_NONE);
}

/* The cases as rows with offsets; count rows, case i % case_count each, from a different one on. */
typedef struct {
    uint8_t bytes[3][80 * CASES];
    uint64_t offsets[3][CASES + 1];
    pyaccel_rows keys, messages, signatures;
} ed25519_batch;

static void put(pyaccel_rows *rows, uint8_t *bytes, uint64_t *offsets, uint64_t i,
                const uint8_t *from, uint64_t size)
{
    memcpy(bytes + offsets[i], from, size);
    offsets[i + 1] = offsets[i] + size;
    *rows = (pyaccel_rows){
        .data = bytes, .data_size = offsets[i + 1], .offsets = offsets, .offset_bits = 64};
}

static inline void make_batch(ed25519_batch *batch, uint64_t first, uint64_t count)
{
    memset(batch, 0, sizeof *batch);
    for (uint64_t i = 0; i < count; i++) {
        const ed25519_case *c = &cases[(first + i) % case_count];
        put(&batch->keys, batch->bytes[0], batch->offsets[0], i, c->key, c->key_size);
        put(&batch->messages, batch->bytes[1], batch->offsets[1], i, c->message, c->message_size);
        put(&batch->signatures, batch->bytes[2], batch->offsets[2], i, c->signature,
            c->signature_size);
    }
}

#endif
