/* SPDX-License-Identifier: Apache-2.0 */
/* secp256k1_lanes.h in four lanes: keys of all kinds, good and bad, beside each other in one group,
 * against what each row was made to be and against the portable variant, byte for byte. */
#define PA_DEBUG_BOUNDS 1
#include <stdlib.h>

#include "field/secp256k1_portable.h"
#include "quad.h"

#define fe_chain_append quad_chain_append
#define fe_chain_head quad_chain_head
#undef PA_FIELD_CHAINS_H
#undef PA_FIELD_SECP256K1_CHAINS_H
#include "field/secp256k1_chains.h"

#define SECP256K1_LANES_MIN 2
#define SECP256K1_SCALARS pa_secp256k1_scalars_portable
#include "verify/secp256k1_lanes.h"

static const struct pa_verify_kernel in_lanes = SECP256K1_KERNEL;

#include "check.h"
#include "ecdsa_reference.h"

#define ROWS 275
#define KINDS 8

static signed_row rows[ROWS];
static uint8_t keys[ROWS * 65], expected[ROWS];
static uint64_t offsets[ROWS + 1];

/* Row i has the key of a good signature, encoded or spoilt in the way of kind. */
static void make_row(int i, int kind, const signed_row *good)
{
    uint8_t *key = keys + offsets[i];
    const uint8_t odd = good->prefixed_key[64] & 1;
    uint64_t size = 65;
    rows[i] = *good;
    expected[i] = PYACCEL_REASON_NONE;
    memcpy(key, good->prefixed_key, 65);
    switch (kind) {
    case 0:
        break;
    case 1:
        memcpy(key, good->prefixed_key + 1, 64);
        size = 64;
        break;
    case 2:
        key[0] = 2 | odd;
        size = 33;
        break;
    case 3:
        key[0] = 3 ^ odd;
        size = 33;
        expected[i] = PYACCEL_REASON_EQUATION;
        break;
    case 4:
        key[40] ^= 4;
        expected[i] = PYACCEL_REASON_KEY;
        break;
    case 5:
        memset(key + 1, 0xff, 32);
        key[0] = 2;
        size = 33;
        expected[i] = PYACCEL_REASON_KEY;
        break;
    case 6:
        key[0] = 6 | odd;
        expected[i] = PYACCEL_REASON_KEY; /* hybrid: bitcoin-core alone takes it */
        break;
    default:
        size = 0;
        expected[i] = PYACCEL_REASON_LENGTH;
    }
    offsets[i + 1] = offsets[i] + size;
}

static void make_rows(void)
{
    enum { SIGNERS = 3 };
    signed_row good[SIGNERS];
    for (int i = 0; i < SIGNERS; i++) {
        uint8_t digest[32];
        const number d = random_number(&group_order), k = random_number(&group_order);
        const number z = random_number(&group_order);
        number_to_bytes(digest, &z);
        good[i] = sign_digest(&d, &k, digest);
    }
    for (int i = 0; i < ROWS; i++) {
        make_row(i, (int)(random_word() >> 40) % KINDS, &good[i % SIGNERS]);
    }
}

static void check_range(const pa_verify_job *job, uint64_t first, uint64_t last)
{
    uint8_t verdicts[ROWS], reasons[ROWS], other_verdicts[ROWS], other_reasons[ROWS];
    const uint64_t size = in_lanes.scratch_size(job, last - first),
                   other_size = pa_secp256k1_portable.scratch_size(job, last - first);
    void *scratch = aligned_alloc(64, size + -size % 64),
         *other_scratch = aligned_alloc(64, other_size + -other_size % 64);
    CHECK(in_lanes.verify_range(verdicts, reasons, job, first, last, scratch) == PYACCEL_OK);
    CHECK(pa_secp256k1_portable.verify_range(other_verdicts, other_reasons, job, first, last,
                                             other_scratch) == PYACCEL_OK);
    free(scratch);
    free(other_scratch);
    for (uint64_t i = first; i < last; i++) {
        CHECK(verdicts[i] == other_verdicts[i] && reasons[i] == other_reasons[i]);
        CHECK(verdicts[i] == (reasons[i] == PYACCEL_REASON_NONE));
        if (job->rule == PYACCEL_RULE_ANY) {
            CHECK(reasons[i] == expected[i]);
        }
    }
}

/* (2 i + 1) 2^(5 j) Q, by the affine group's law. */
static void check_table(const pa_secp256k1_prepared *entry)
{
    point power = {number_from_words(entry->key.point[0].word),
                   number_from_words(entry->key.point[1].word), false};
    for (int j = 0; j < PREPARED_DIGITS; j++) {
        const point twice = point_add(&power, &power);
        point at = power;
        for (int i = 0; i < PREPARED_ENTRIES; i++) {
            const row *const pair = entry->table[j][i];
            const number x = number_from_words(pair[0].word), y = number_from_words(pair[1].word);
            CHECK(number_equal(&x, &at.x) && number_equal(&y, &at.y));
            at = point_add(&at, &twice);
        }
        for (int k = 0; k < PREPARED_WIDTH; k++) {
            power = point_add(&power, &power);
        }
    }
}

int main(void)
{
    static pa_secp256k1_prepared prepared[ROWS], others[ROWS];
    static pa_secp256k1_key batch[PA_SECP256K1_CHUNK];
    pa_bytes batch_keys[PA_SECP256K1_CHUNK];
    CHECK(pa_bind() == PYACCEL_OK);
    make_rows();
    const pyaccel_rows key_rows = {
        .data = keys, .data_size = offsets[ROWS], .offsets = offsets, .offset_bits = 64};
    const pyaccel_rows digests = fixed_rows(rows->digest, ROWS, 32, sizeof *rows);
    const pyaccel_rows signatures = fixed_rows(rows->signature, ROWS, 64, sizeof *rows);

    for (uint64_t i = 0; i < ROWS; i++) {
        in_lanes.prepare((uint8_t *)prepared, &key_rows, i, i + 1, PYACCEL_KEY_FORMAT_AUTO);
        if (i < PA_SECP256K1_CHUNK) {
            batch_keys[i] = (pa_bytes){keys + offsets[i], offsets[i + 1] - offsets[i]};
        }
    }
    in_lanes.prepare((uint8_t *)others, &key_rows, 0, ROWS, PYACCEL_KEY_FORMAT_AUTO);
    CHECK(memcmp(prepared, others, sizeof prepared) == 0);
    pa_secp256k1_portable.prepare((uint8_t *)others, &key_rows, 0, ROWS, PYACCEL_KEY_FORMAT_AUTO);
    CHECK(memcmp(prepared, others, sizeof prepared) == 0);
    /* Keys prepared together, full lanes whatever their kinds, are what they are alone. */
    for (int count = 1; count <= PA_SECP256K1_CHUNK; count += 5) {
        secp256k1_decode_keys(batch, batch_keys, count, pa_secp256k1_parse_key);
        for (int i = 0; i < count; i++) {
            CHECK(memcmp(&batch[i], &prepared[i].key, sizeof *batch) == 0);
        }
    }
    check_table(&prepared[0]);
    check_table(&prepared[ROWS - 1]);

    pa_verify_job job = {.public_keys = &key_rows,
                         .key_count = ROWS,
                         .messages = &digests,
                         .signatures = &signatures,
                         .message_hash = PYACCEL_MESSAGE_HASH_NONE,
                         .key_format = PYACCEL_KEY_FORMAT_AUTO,
                         .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    for (uint32_t rule = PYACCEL_RULE_ANY; rule <= PYACCEL_RULE_BITCOIN_CORE; rule++) {
        job.rule = rule;
        check_range(&job, 0, ROWS);
        for (uint64_t n = 0; n < 6; n++) {
            check_range(&job, 9 * n, 10 * n);
        }
    }
    job.rule = PYACCEL_RULE_ANY;
    job.prepared = (const uint8_t *)prepared;
    for (job.prepared_count = 1; job.prepared_count <= ROWS; job.prepared_count += 137) {
        check_range(&job, 0, ROWS);
    }
    return finish();
}
