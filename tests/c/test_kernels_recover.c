/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery by kernels/verify/secp256k1*.cl as C, with the limbs that WORDS_OF_64_BITS chooses and their bounds asserted: the
 * rows of test_recover.c, by a host that does what pyaccel/backends/device_recovery.py does. */
#define PA_DEBUG_BOUNDS 1
#include "kernels.h"

#define main calls_main
#define rows case_rows /* kernels have rows of their own */
#define keys case_keys
#define reasons case_reasons
#define ids case_ids
#include "test_recover.c"
#undef ROWS
#undef ids
#undef reasons
#undef keys
#undef rows
#undef main

#include "kernels_secp256k1.h"

/* Every row under a rule: its key, or zeros where it has a reason. */
static void check_rule(uint32_t rule)
{
    const uint n = (uint)row_count;
    const uint least_refused = rule == PYACCEL_RECOVER_SECP256K1 ? 4 : 2;
    const uint low_s = rule == PYACCEL_RECOVER_ETHEREUM_TRANSACTION;
    uchar *encoded = exactly(64 * (size_t)n), *kinds = exactly(n), *ids = exactly(n);
    uchar *reasons = exactly(n), *keys = exactly(64 * (size_t)n);
    row *raw = exactly(2 * n * sizeof *raw), *z = exactly(n * sizeof *z);
    row *r = exactly(n * sizeof *r), *s = exactly(n * sizeof *s);
    row *sums = exactly(2 * n * sizeof *sums), *sums_z = exactly(n * sizeof *sums_z);
    row *running = exactly(n * sizeof *running);
    uint *which = exactly(n * sizeof *which);
    for (uint i = 0; i < n; i++) {
        const uint v = case_rows[i].signature[64];
        const uint id = v == 27 || v == 28 ? v - 27 : v;
        ids[i] = (uchar)(id < least_refused ? id : 255);
        which[i] = i;
        memcpy(z + i, case_rows[i].digest, 32);
        memcpy(raw + 2 * i, case_rows[i].signature, 64);
    }
    LAUNCH(n, secp256k1_recoveries(s, r, (row *)(void *)encoded, kinds, raw, ids, low_s, n));
    run_sums(sums, sums_z, reasons, z, s, r, 1, encoded, kinds, which, n);
    LAUNCH(n, secp256k1_invert(sums_z, running, n));
    LAUNCH(n, secp256k1_affine(keys, reasons, sums, sums_z, n));
    for (uint i = 0; i < n; i++) {
        static const uint8_t none[64];
        const bool has = case_rows[i].reason[rule] == PYACCEL_REASON_NONE;
        const bool right = (reasons[i] == PYACCEL_REASON_NONE) == has &&
                           memcmp(keys + 64 * (size_t)i, has ? case_rows[i].key : none, 64) == 0;
        CHECK(right);
        if (!right) {
            fprintf(stderr, "rule %u, row %u: reason %u\n", rule, i, reasons[i]);
        }
    }
    free(encoded);
    free(kinds);
    free(ids);
    free(reasons);
    free(keys);
    free(raw);
    free(z);
    free(r);
    free(s);
    free(sums);
    free(sums_z);
    free(running);
    free(which);
}

int main(void)
{
    make_base();
    add_signed();
    add_collisions();
    add_wrapped();
    add_malformed();
    for (uint32_t rule = PYACCEL_RECOVER_SECP256K1; rule <= PYACCEL_RECOVER_ETHEREUM_PRECOMPILE;
         rule++) {
        check_rule(rule);
    }
    CHECK(exceptions > 0); /* or no row had two points meet */
    free(base);
    return finish();
}
