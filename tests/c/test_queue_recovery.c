/* SPDX-License-Identifier: Apache-2.0 */
/* Recoveries that wait in a queue, beside signatures to be verified: keys and addresses against the plain group law, answers without
 * a key are zeros, every bad argument closes the outputs. */
#include <stdlib.h>

#include "queue_support.h"
#include "secp256k1_reference.h"

#define RECOVERIES 48u
#define RECOVERY_RULES 3u
#define CALLERS 6u

/* Digest, r || s || v, and what they deserve under each rule. */
typedef struct {
    uint8_t digest[33], signature[66];
    uint64_t digest_size, signature_size;
    uint8_t key[RECOVERY_RULES][64], address[RECOVERY_RULES][20], reason[RECOVERY_RULES];
} recovery_case;

static recovery_case made[RECOVERIES];

static void make_recoveries(void)
{
    uint32_t keys = 0;
    for (uint32_t i = 0; i < RECOVERIES; i++) {
        recovery_case *c = &made[i];
        random_bytes(c->digest, sizeof c->digest);
        random_bytes(c->signature, sizeof c->signature);
        c->signature[32] &= i % 4 == 0 ? 0xff : 0x7f; /* a high s, often */
        c->signature[64] = (uint8_t)(i % 8 == 7 ? 2 + i % 3 : i % 2 + (i % 3 == 0 ? 27 : 0));
        c->digest_size = i == 5 ? 31 : i == 6 ? 33 : i == 7 ? 0 : 32;
        c->signature_size = i == 8 ? 64 : i == 9 ? 66 : i == 10 ? 0 : 65;
        for (uint32_t r = 0; r < RECOVERY_RULES; r++) {
            c->reason[r] = reference_recover(c->key[r], r + 1, c->digest, (size_t)c->digest_size,
                                             c->signature, (size_t)c->signature_size);
            if (c->reason[r] == PYACCEL_REASON_NONE) {
                uint8_t digest[32];
                const pyaccel_rows key = {.data = c->key[r], .data_size = 64, .width = 64};
                CHECK(pyaccel_hash_many(digest, 32, PYACCEL_HASH_KECCAK256, &key, 1, NULL) ==
                      PYACCEL_OK);
                memcpy(c->address[r], digest + 12, 20);
                keys++;
            }
        }
    }
    CHECK(keys > RECOVERIES / 2 && keys < 2 * RECOVERIES);
}

static pyaccel_queue_recovery recovery_of(const recovery_case *c, uint32_t rule, uint32_t addresses)
{
    return (pyaccel_queue_recovery){
        .struct_size = sizeof(pyaccel_queue_recovery),
        .rule = rule,
        .addresses = addresses,
        .digest = c->digest,
        .digest_size = c->digest_size,
        .signature = c->signature,
        .signature_size = c->signature_size,
        .wait = 1,
    };
}

/* Number `of` < RECOVERIES * RECOVERY_RULES * 2 of all that can be asked. */
static pyaccel_queue_recovery recovery_number(uint32_t of)
{
    return recovery_of(&made[of / (2 * RECOVERY_RULES)], of / 2 % RECOVERY_RULES + 1, of % 2);
}

static bool deserved(uint32_t of, const uint8_t *key, uint32_t verdict, uint32_t reason)
{
    const recovery_case *c = &made[of / (2 * RECOVERY_RULES)];
    const uint32_t r = of / 2 % RECOVERY_RULES;
    return reason == c->reason[r] && verdict == (reason == PYACCEL_REASON_NONE) &&
           (of % 2 ? memcmp(key, c->address[r], 20) : memcmp(key, c->key[r], 64)) == 0;
}

/* ---- by callbacks and by callers, beside rows to verify ------------------------------------------ */

/* What a callback finds. */
typedef struct {
    uint32_t of;
    _Atomic uint32_t answers;
    pyaccel_status status;
    uint64_t ticket;
    bool right;
} found;

static found founds[RECOVERIES * RECOVERY_RULES * 2];

static void on_key(void *user, uint64_t ticket, pyaccel_status status, const uint8_t *key,
                   uint32_t verdict, uint32_t reason)
{
    static const uint8_t none[20];
    found *f = user;
    pthread_mutex_lock(&lock);
    f->status = status;
    f->ticket = ticket;
    f->right = status == PYACCEL_OK ? deserved(f->of, key, verdict, reason)
                                    : memcmp(key, none, sizeof none) == 0 && verdict == 0 &&
                                          reason == PYACCEL_REASON_NONE;
    f->answers++;
    answered++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

typedef struct {
    pyaccel_queue *queue;
    uint32_t first, wrong;
} caller;

static void *call(void *of)
{
    caller *c = of;
    for (uint32_t i = c->first; i < RECOVERIES * RECOVERY_RULES * 2; i += CALLERS) {
        const pyaccel_queue_recovery recovery = recovery_number(i);
        const ed25519_case *other = &cases[i % case_count];
        const pyaccel_queue_row row = row_of(other, PYACCEL_RULE_ZIP215);
        uint8_t key[80], verdict = 7, reason = 7;
        memset(key, 0xaa, sizeof key);
        c->wrong += pyaccel_queue_recover(c->queue, key, sizeof key, &verdict, &reason,
                                          &recovery) != PYACCEL_OK ||
                    !deserved(i, key, verdict, reason) || key[64] != 0xaa;
        c->wrong += pyaccel_queue_verify(c->queue, &verdict, &reason, &row) != PYACCEL_OK ||
                    !as_expected(other, PYACCEL_RULE_ZIP215, verdict, reason);
        founds[i].of = i;
        c->wrong += pyaccel_queue_submit_recovery(c->queue, NULL, &recovery, on_key, &founds[i]) !=
                    PYACCEL_OK;
    }
    return NULL;
}

static void check_answers(uint32_t max_batch, uint32_t max_delay, uint32_t threads)
{
    pyaccel_queue *queue = queue_of(max_batch, max_delay, threads);
    pthread_t started[CALLERS];
    caller callers[CALLERS];
    memset(founds, 0, sizeof founds);
    for (uint32_t i = 0; i < CALLERS; i++) {
        callers[i] = (caller){queue, i, 0};
        CHECK(pthread_create(&started[i], NULL, call, &callers[i]) == 0);
    }
    for (uint32_t i = 0; i < CALLERS; i++) {
        CHECK(pthread_join(started[i], NULL) == 0 && callers[i].wrong == 0);
    }
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < RECOVERIES * RECOVERY_RULES * 2; i++) {
        const found *f = &founds[i];
        wrong += f->answers != 1 || f->status != PYACCEL_OK || !f->right || f->ticket == 0;
    }
    CHECK(wrong == 0);
}

/* ---- what shares a batch -------------------------------------------------------------------------- */

static void check_batches(void)
{
    pyaccel_queue *queue = queue_of(0, FOR_EVER, 1);
    const pyaccel_queue_row row = good_row();
    forget_answers();
    memset(founds, 0, sizeof founds);
    /* Two rules, addresses and keys, and a row to verify under the number of a rule of recovery. */
    for (uint32_t i = 0; i < 24; i++) {
        founds[i].of = i;
        pyaccel_queue_recovery recovery = recovery_number(i);
        CHECK(pyaccel_queue_submit_recovery(queue, NULL, &recovery, on_key, &founds[i]) ==
              PYACCEL_OK);
        submit(queue, &row, i);
    }
    CHECK(counts(queue).rows == 48 && counts(queue).batches == 0);
    CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
    wait_answers(48);
    CHECK(counts(queue).batches == 1 + 2 * RECOVERY_RULES && counts(queue).verified == 48);
    for (uint32_t i = 0; i < 24; i++) {
        CHECK(founds[i].right && is_good(&outcomes[i]));
    }
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* ---- rows that are never begun -------------------------------------------------------------------- */

static void check_unbegun(void)
{
    pyaccel_queue *queue = queue_of(0, FOR_EVER, 1);
    pyaccel_queue_recovery recovery = recovery_number(6);
    uint64_t ticket;
    forget_answers();
    memset(founds, 0, sizeof founds);
    CHECK(pyaccel_queue_submit_recovery(queue, &ticket, &recovery, on_key, &founds[0]) ==
              PYACCEL_OK &&
          ticket == 1);
    CHECK(pyaccel_queue_cancel(queue, ticket) == PYACCEL_OK);
    recovery.time_out = 1000;
    CHECK(pyaccel_queue_submit_recovery(queue, &ticket, &recovery, on_key, &founds[1]) ==
          PYACCEL_OK);
    wait_answers(2);
    uint8_t key[64], verdict = 7, reason = 7;
    memset(key, 0xaa, sizeof key);
    CHECK(pyaccel_queue_recover(queue, key, sizeof key, &verdict, &reason, &recovery) ==
          PYACCEL_TIMED_OUT);
    CHECK(verdict == 0 && reason == PYACCEL_REASON_NONE && key[0] == 0 && key[63] == 0);
    recovery.time_out = 0;
    CHECK(pyaccel_queue_submit_recovery(queue, NULL, &recovery, on_key, &founds[2]) == PYACCEL_OK);
    CHECK(pyaccel_queue_close(queue, 1) == PYACCEL_OK);
    static const pyaccel_status statuses[] = {PYACCEL_CANCELLED, PYACCEL_TIMED_OUT, PYACCEL_CLOSED};
    for (int i = 0; i < 3; i++) {
        CHECK(founds[i].answers == 1 && founds[i].status == statuses[i] && founds[i].right);
    }
    CHECK(pyaccel_queue_submit_recovery(queue, &ticket, &recovery, on_key, &founds[3]) ==
              PYACCEL_CLOSED &&
          ticket == 0);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* ---- bad arguments -------------------------------------------------------------------------------- */

static void refuse(pyaccel_queue *queue, const pyaccel_queue_recovery *recovery, uint64_t key_size)
{
    uint8_t key[64], verdict = 7, reason = 7;
    uint64_t ticket = 7;
    memset(key, 0xaa, sizeof key);
    CHECK(pyaccel_queue_recover(queue, key, key_size, &verdict, &reason, recovery) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(verdict == 0 && reason == PYACCEL_REASON_NONE);
    for (uint64_t i = 0; i < sizeof key; i++) {
        CHECK(key[i] == (i < key_size ? 0 : 0xaa));
    }
    if (key_size == 64) {
        CHECK(pyaccel_queue_submit_recovery(queue, &ticket, recovery, on_key, &founds[0]) ==
                  PYACCEL_INVALID_ARGUMENT &&
              ticket == 0);
    }
}

static void check_arguments(void)
{
    pyaccel_queue *queue = queue_of(0, 0, 1);
    const pyaccel_queue_recovery good = recovery_number(6), address = recovery_number(7);
    uint8_t key[64], verdict = 7;
    memset(founds, 0, sizeof founds);
    refuse(NULL, &good, 64);
    refuse(queue, NULL, 64);
    refuse(queue, &good, 63);
    refuse(queue, &address, 19);
    CHECK(pyaccel_queue_recover(queue, key, 20, &verdict, NULL, &address) == PYACCEL_OK);
    CHECK(pyaccel_queue_recover(queue, NULL, 64, &verdict, NULL, &good) ==
              PYACCEL_INVALID_ARGUMENT &&
          verdict == 0);
    CHECK(pyaccel_queue_recover(queue, key, 64, NULL, NULL, &good) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_submit_recovery(queue, NULL, &good, NULL, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
#define REFUSE_WITH(field, value)                                                                  \
    do {                                                                                           \
        pyaccel_queue_recovery bad = good;                                                         \
        bad.field = value;                                                                         \
        refuse(queue, &bad, 64);                                                                   \
    } while (0)
    REFUSE_WITH(struct_size, sizeof good - 1);
    REFUSE_WITH(struct_size, sizeof good + 8);
    REFUSE_WITH(reserved, 1);
    REFUSE_WITH(rule, 0);
    REFUSE_WITH(rule, 4);
    REFUSE_WITH(addresses, 2);
    REFUSE_WITH(priority, PYACCEL_QUEUE_PRIORITIES);
    REFUSE_WITH(wait, 2);
    REFUSE_WITH(digest, NULL);
    REFUSE_WITH(signature, NULL);
    REFUSE_WITH(signature_size, UINT64_MAX);
    /* A row to verify has a scheme, though recoveries have none. */
    pyaccel_queue_row row = good_row();
    row.scheme = 0;
    row.rule = PYACCEL_RECOVER_SECP256K1;
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_INVALID_ARGUMENT);
    CHECK(counts(queue).rows == 0 && counts(queue).accepted == 1 && founds[0].answers == 0);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

int main(void)
{
    make_cases();
    make_recoveries();
    check_answers(0, 200, 2);
    check_answers(5, 0, 3);
    check_answers(1, 0, 1);
    check_batches();
    check_unbegun();
    check_arguments();
    return finish();
}
