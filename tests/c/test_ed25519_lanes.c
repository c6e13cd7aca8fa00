/* SPDX-License-Identifier: Apache-2.0 */
/* ed25519_lanes.h where groups do run in lanes: four of them, or one (ONE_LANE), against the
 * known cases and, row by row, against the bound variant. */
#define PA_DEBUG_BOUNDS 1
#ifdef ONE_LANE
#include "field/fe25519_portable.h"
#define ED25519_LANES_MIN 1
#else
#include "fe25519_quad.h"
/* Groups of one row go to the single path, so both are used. */
#define ED25519_LANES_MIN 2
#endif
#define ED25519_SINGLE PA_ED25519_SINGLE
#include "verify/ed25519_lanes.h"

#include "check.h"
#include "ed25519_cases.h"

static pa_ed25519_prepared prepared[CASES];

/* Rows first .. first + n of the cases, by this file's lanes and by the library's variant. */
static void check_range(uint32_t rule, uint64_t first, uint64_t n, uint64_t prepared_count)
{
    static ed25519_batch batch;
    static uint8_t verdicts[CASES], reasons[CASES], other_verdicts[CASES], other_reasons[CASES];
    make_batch(&batch, 0, case_count);
    const pa_verify_job job = {.public_keys = &batch.keys,
                               .key_count = case_count,
                               .prepared = (const uint8_t *)prepared,
                               .prepared_count = prepared_count,
                               .messages = &batch.messages,
                               .signatures = &batch.signatures,
                               .rule = rule,
                               .key_format = PYACCEL_KEY_FORMAT_AUTO,
                               .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    CHECK(ed25519_verify_range(verdicts, reasons, &job, first, first + n, NULL) == PYACCEL_OK);
    CHECK(pa_ed25519_portable.verify_range(other_verdicts, other_reasons, &job, first, first + n,
                                           NULL) == PYACCEL_OK);
    for (uint64_t i = first; i < first + n; i++) {
        CHECK(as_expected(&cases[i], rule, verdicts[i], reasons[i]));
        CHECK(verdicts[i] == other_verdicts[i] && reasons[i] == other_reasons[i]);
    }
}

/* Entries of the two variants are the same bytes where they decode. */
static void check_prepare(void)
{
    static pa_ed25519_prepared others[CASES];
    static ed25519_batch batch;
    make_batch(&batch, 0, case_count);
    for (uint64_t at = 0; at < case_count; at += 101) {
        const uint64_t last = at + 101 < case_count ? at + 101 : case_count;
        ed25519_prepare((uint8_t *)prepared, &batch.keys, at, last, PYACCEL_KEY_FORMAT_AUTO);
    }
    pa_ed25519_portable.prepare((uint8_t *)others, &batch.keys, 0, case_count,
                                PYACCEL_KEY_FORMAT_AUTO);
    for (uint64_t i = 0; i < case_count; i++) {
        CHECK(prepared[i].point.encoding == others[i].point.encoding);
        CHECK(others[i].point.encoding == 0 ||
              memcmp(&prepared[i], &others[i], sizeof *others) == 0);
    }
}

int main(void)
{
    CHECK(pa_bind() == PYACCEL_OK);
    make_cases();
    check_prepare();
    for (size_t i = 0; i < RULES; i++) {
        uint32_t rule = rules[i];
        check_range(rule, 0, case_count, 0);
        check_range(rule, 0, case_count, case_count);
        check_range(rule, case_count - 133, 133, case_count - 60);
        for (uint64_t n = 1; n < 6; n++) {
            check_range(rule, 17 * n, n, 0);
            check_range(rule, 17 * n, n, case_count);
        }
    }
    return finish();
}
