/* SPDX-License-Identifier: Apache-2.0 */
/* A call of pyaccel_verify_many whose parts may be spoilt one by one. */
#ifndef PA_TEST_VERIFY_CALL_H
#define PA_TEST_VERIFY_CALL_H

#include "check.h"
#include "ecdsa_reference.h"

#define ECDSA PYACCEL_SCHEME_SECP256K1_ECDSA

/* Rows that are good, made once: base keys and signatures repeated. */
#define BASES 3
#define ROWS 700
static signed_row rows[ROWS];

static void make_rows(void)
{
    for (int i = 0; i < BASES; i++) {
        uint8_t digest[32];
        const number d = random_number(&group_order), k = random_number(&group_order);
        const number z = random_number(&group_order);
        number_to_bytes(digest, &z);
        rows[i] = sign_digest(&d, &k, digest);
    }
    for (int i = BASES; i < ROWS; i++) {
        rows[i] = rows[i % BASES];
    }
}

typedef struct {
    uint32_t scheme;
    pyaccel_rows keys, messages, signatures;
    const pyaccel_rows *keys_at, *messages_at, *signatures_at;
    uint64_t n;
    pyaccel_verify_options options;
    int no_options, no_verdicts;
} call;

static uint8_t verdicts[ROWS], reasons[ROWS];

static void begin(call *c)
{
    *c = (call){.scheme = ECDSA, .n = 5};
    c->keys = fixed_rows(rows->prefixed_key, 5, 65, sizeof *rows);
    c->messages = fixed_rows(rows->digest, 5, 32, sizeof *rows);
    c->signatures = fixed_rows(rows->signature, 5, 64, sizeof *rows);
    c->keys_at = &c->keys;
    c->messages_at = &c->messages;
    c->signatures_at = &c->signatures;
    c->options = ecdsa_options(PYACCEL_RULE_ANY);
    c->options.reasons = reasons;
}

static void begin_ed25519(call *c)
{
    begin(c);
    c->scheme = PYACCEL_SCHEME_ED25519;
    c->keys = fixed_rows(rows->prefixed_key, 5, 32, sizeof *rows);
    c->options.rule = PYACCEL_RULE_ZIP215;
    c->options.message_hash = 0;
}

static inline void begin_bip340(call *c)
{
    begin_ed25519(c);
    c->scheme = PYACCEL_SCHEME_BIP340;
    c->options.rule = PYACCEL_RULE_BIP340;
}

/* Runs the call over outputs full of ones and sevens; on any status but OK they must come back
 * zero. */
static pyaccel_status run(const call *c)
{
    memset(verdicts, 1, sizeof verdicts);
    memset(reasons, 7, sizeof reasons);
    const pyaccel_status status =
        pyaccel_verify_many(c->no_verdicts ? NULL : verdicts, c->scheme, c->keys_at, c->messages_at,
                            c->signatures_at, c->n, c->no_options ? NULL : &c->options);
    if (status != PYACCEL_OK && !c->no_verdicts) {
        int closed = 1;
        for (uint64_t i = 0; i < c->n && i < ROWS; i++) {
            closed &= verdicts[i] == 0;
            if (!c->no_options && c->options.struct_size == sizeof c->options &&
                c->options.reasons != NULL) {
                closed &= reasons[i] == 0;
            }
        }
        CHECK(closed);
        CHECK(verdicts[c->n] == 1); /* nothing behind the outputs */
    }
    return status;
}

#define EXPECT(expected, ...)                                                                      \
    do {                                                                                           \
        call c;                                                                                    \
        begin(&c);                                                                                 \
        __VA_ARGS__;                                                                               \
        CHECK(run(&c) == (expected));                                                              \
    } while (0)

#define EXPECT_ED25519(expected, ...)                                                              \
    do {                                                                                           \
        call c;                                                                                    \
        begin_ed25519(&c);                                                                         \
        __VA_ARGS__;                                                                               \
        CHECK(run(&c) == (expected));                                                              \
    } while (0)

#define EXPECT_BIP340(expected, ...)                                                               \
    do {                                                                                           \
        call c;                                                                                    \
        begin_bip340(&c);                                                                          \
        __VA_ARGS__;                                                                               \
        CHECK(run(&c) == (expected));                                                              \
    } while (0)

#endif
