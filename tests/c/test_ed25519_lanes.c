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
#include "verify/ed25519_lanes.h"

#include "check.h"
#include "ed25519_cases.h"

/* Rows first .. first + n of the cases, by this file's lanes and by the library's variant. */
static void check_range(uint32_t rule, uint64_t first, uint64_t n, const uint8_t *prepared,
                        uint64_t prepared_count)
{
    static ed25519_batch batch;
    static uint8_t verdicts[CASES], reasons[CASES], other_verdicts[CASES], other_reasons[CASES];
    make_batch(&batch, 0, case_count);
    const pa_verify_job job = {.public_keys = &batch.keys,
                               .key_count = case_count,
                               .prepared = prepared,
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
static void check_prepare(pa_ed25519_point *prepared)
{
    for (uint64_t i = 0; i < case_count; i++) {
        pa_ed25519_point other;
        ed25519_prepare(&prepared[i], cases[i].key, cases[i].key_size, PYACCEL_KEY_FORMAT_AUTO);
        pa_ed25519_portable.prepare(&other, cases[i].key, cases[i].key_size,
                                    PYACCEL_KEY_FORMAT_AUTO);
        CHECK(prepared[i].encoding == other.encoding);
        CHECK(other.encoding == 0 || memcmp(&prepared[i], &other, sizeof other) == 0);
    }
}

int main(void)
{
    static pa_ed25519_point prepared[CASES];
    CHECK(pa_bind() == PYACCEL_OK);
    make_cases();
    check_prepare(prepared);
    for (size_t i = 0; i < RULES; i++) {
        uint32_t rule = rules[i];
        check_range(rule, 0, case_count, NULL, 0);
        check_range(rule, case_count - 133, 133, (const uint8_t *)prepared, case_count - 60);
        for (uint64_t n = 1; n < 6; n++) {
            check_range(rule, 17 * n, n, NULL, 0);
        }
    }
    return finish();
}
