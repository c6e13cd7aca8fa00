/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_verify_many on Ed25519: every case under every rule, alone and in company, keys from
 * bytes and prepared. */
#include <stdlib.h>
#if defined(__SSE__)
#include <immintrin.h>
#endif

#include "check.h"
#include "ed25519_cases.h"
#include "pyaccel.h"

static void check_rows(const ed25519_batch *batch, uint64_t first, uint64_t count,
                       const pyaccel_verify_options *base, const pyaccel_rows *keys)
{
    static uint8_t verdicts[CASES], reasons[CASES];
    pyaccel_verify_options options = *base;
    options.reasons = reasons;
    memset(verdicts, 7, sizeof verdicts);
    memset(reasons, 7, sizeof reasons);
    CHECK(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, keys, &batch->messages,
                              &batch->signatures, count, &options) == PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        bool good =
            as_expected(&cases[(first + i) % case_count], options.rule, verdicts[i], reasons[i]);
        CHECK(good);
        if (!good) {
            fprintf(stderr, "rule %u case %llu: reason %u\n", options.rule,
                    (unsigned long long)((first + i) % case_count), reasons[i]);
        }
    }
    CHECK(count >= CASES || (verdicts[count] == 7 && reasons[count] == 7));
}

/* All cases from bytes; prepared; prepared with room for a few entries only; with indices,
 * backwards. */
static void check_all(ed25519_batch *batch, uint32_t rule)
{
    static uint32_t index[CASES];
    pyaccel_verify_options options = {.struct_size = sizeof options, .rule = rule};
    make_batch(batch, 0, case_count);
    check_rows(batch, 0, case_count, &options, &batch->keys);
    for (uint64_t memory = 0; memory <= 1000000; memory += 1000000) {
        pyaccel_prepare_options preparation = {.struct_size = sizeof preparation, .memory = memory};
        pyaccel_prepared_keys *prepared;
        CHECK(pyaccel_prepared_keys_new(&prepared, PYACCEL_SCHEME_ED25519, &batch->keys, case_count,
                                        &preparation) == PYACCEL_OK);
        options.prepared = prepared;
        check_rows(batch, 0, case_count, &options, NULL);
        pyaccel_prepared_keys_free(prepared);
    }
    options.prepared = NULL;
    options.key_index = index;
    options.key_count = case_count;
    static ed25519_batch backwards;
    for (uint64_t i = 0; i < case_count; i++) {
        index[i] = (uint32_t)(case_count - 1 - i);
        const ed25519_case *c = &cases[case_count - 1 - i];
        put(&backwards.keys, backwards.bytes[0], backwards.offsets[0], i, c->key, c->key_size);
    }
    check_rows(batch, 0, case_count, &options, &backwards.keys);
    index[3] = (uint32_t)case_count;
    uint8_t verdicts[CASES];
    CHECK(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, &backwards.keys, &batch->messages,
                              &batch->signatures, case_count,
                              &options) == PYACCEL_INVALID_ARGUMENT);
}

/* Sizes around a chunk, starting anywhere; one key, one message and one signature for all rows. */
static void check_sizes(ed25519_batch *batch)
{
    static const uint64_t sizes[] = {0, 1, 2, 63, 64, 65, 129};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint64_t first = case_count - 70 + 11 * s;
        pyaccel_verify_options options = {.struct_size = sizeof options, .rule = rules[s % RULES]};
        make_batch(batch, first, sizes[s]);
        if (sizes[s] > 0) {
            check_rows(batch, first, sizes[s], &options, &batch->keys);
        }
    }
    uint8_t verdicts[100];
    const ed25519_case *c = &cases[1];
    const pyaccel_rows key = {.data = c->key, .data_size = 32, .width = 32};
    const pyaccel_rows message = {.data = c->message, .data_size = 1, .width = 1};
    const pyaccel_rows signature = {.data = c->signature, .data_size = 64, .width = 64};
    const pyaccel_verify_options options = {.struct_size = sizeof options,
                                            .rule = PYACCEL_RULE_RFC8032};
    CHECK(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, &key, &message, &signature, 100,
                              &options) == PYACCEL_OK);
    for (int i = 0; i < 100; i++) {
        CHECK(verdicts[i] == 1);
    }
}

/* A bad offset among good ones closes all outputs. */
static void check_bad_offsets(ed25519_batch *batch)
{
    uint8_t verdicts[100], reasons[100];
    pyaccel_verify_options options = {
        .struct_size = sizeof options, .rule = PYACCEL_RULE_ZIP215, .reasons = reasons};
    for (int which = 0; which < 3; which++) {
        make_batch(batch, 0, 100);
        batch->offsets[which][90] = UINT64_MAX;
        memset(verdicts, 7, sizeof verdicts);
        memset(reasons, 7, sizeof reasons);
        CHECK(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, &batch->keys, &batch->messages,
                                  &batch->signatures, 100, &options) == PYACCEL_INVALID_ARGUMENT);
        for (int i = 0; i < 100; i++) {
            CHECK(verdicts[i] == 0 && reasons[i] == 0);
        }
    }
}

/* Whatever the caller's rounding mode, and whether its subnormals are zero, verdicts are the same; and it finds both as they
 * were: a variant may count by floating point. */
static void check_rounding(ed25519_batch *batch)
{
#if defined(__SSE__)
    const unsigned int before = _mm_getcsr();
    pyaccel_verify_options options = {.struct_size = sizeof options, .rule = PYACCEL_RULE_ZIP215};
    make_batch(batch, 0, case_count);
    for (unsigned int mode = 0; mode < 4; mode++) {
        const unsigned int state = (before & ~0x6000u) | mode << 13 | (mode & 1u ? 0x8040u : 0);
        for (int rule = 0; rule < 2; rule++) {
            options.rule = rule == 0 ? PYACCEL_RULE_ZIP215 : PYACCEL_RULE_RFC8032;
            _mm_setcsr(state);
            check_rows(batch, 0, 97, &options, &batch->keys);
            const unsigned int after = _mm_getcsr();
            _mm_setcsr(before);
            CHECK(after == state);
        }
    }
#else
    (void)batch;
#endif
}

int main(void)
{
    static ed25519_batch batch;
    make_cases();
    CHECK(case_count <= CASES);
    for (size_t i = 0; i < RULES; i++) {
        check_all(&batch, rules[i]);
    }
    check_sizes(&batch);
    check_bad_offsets(&batch);
    check_rounding(&batch);
    return finish();
}
