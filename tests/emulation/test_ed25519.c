/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in lanes: known cases under every rule, one by one, in a sum, and with prepared keys.
 *   test_ed25519_... [rounds]   exits 77 when this CPU can't run it */
#include <stdlib.h>

#include "check.h"
#include "ed25519_cases.h"
#include "verify/ed25519.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define KERNEL NAME(pa_ed25519_, PYACCEL_SUFFIX)

/* Two groups of lanes and some rows more, which zip215 sums up by multiples; and so many that it does
 * by buckets. */
#define FEW 24
#define ROWS 160
/* Of which so many may have prepared keys: a group, and one left over. */
#define PREPARED 9

static ed25519_batch batch;
static pa_ed25519_prepared prepared[FEW];
static _Alignas(64) uint8_t scratch[4 << 20];

/* n cases from `first` on, of which `keys` have prepared keys. */
static void check_rows(uint32_t rule, uint64_t first, uint64_t n, uint64_t keys)
{
    uint8_t verdicts[ROWS], reasons[ROWS];
    make_batch(&batch, first, n);
    const pa_verify_job job = {.public_keys = &batch.keys,
                               .key_count = n,
                               .prepared = (const uint8_t *)prepared,
                               .prepared_count = keys,
                               .messages = &batch.messages,
                               .signatures = &batch.signatures,
                               .rule = rule,
                               .key_format = PYACCEL_KEY_FORMAT_AUTO,
                               .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    CHECK(KERNEL.scratch_size(&job, n) <= sizeof scratch);
    if (keys > 0) {
        KERNEL.prepare((uint8_t *)prepared, &batch.keys, 0, keys, PYACCEL_KEY_FORMAT_AUTO);
    }
    CHECK(KERNEL.verify_range(verdicts, reasons, &job, 0, n, scratch) == PYACCEL_OK);
    for (uint64_t i = 0; i < n; i++) {
        CHECK(as_expected(&cases[(first + i) % case_count], rule, verdicts[i], reasons[i]));
    }
}

static int can_run(void)
{
#ifdef EMULATED
    return __builtin_cpu_supports("avx2");
#else
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512ifma");
#endif
}

int main(int argc, char **argv)
{
    const uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : CASES / FEW;
    __builtin_cpu_init();
    if (!can_run()) {
        puts("this CPU has no AVX-512 IFMA");
        return SKIPPED;
    }
    /* Hashes by the simplest kernel: they have tests of their own. */
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    rfc8032_cases();
    const uint64_t good = case_count;
    CHECK(good == 3);
    for (size_t k = 0; k < RULES; k++) {
        check_rows(rules[k], 0, FEW, k % 2 == 0 ? 0 : PREPARED);
    }
    check_rows(PYACCEL_RULE_ZIP215, 0, ROWS, 0);
    case_count = 0;
    make_cases();
    /* The last cases are those with parts of small order. */
    for (uint64_t round = 0; round < rounds; round++) {
        check_rows(rules[round % RULES], case_count - (round + 1) * FEW % case_count, FEW,
                   round % 3 == 0 ? PREPARED : 0);
    }
    return finish();
}
