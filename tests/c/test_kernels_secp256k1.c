/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/verify/secp256k1*.cl as C, with the limbs that WORDS_OF_64_BITS chooses and their bounds asserted: every case of
 * test_secp256k1.c, with a host that does what pyaccel/backends/device_secp256k1.py does in place of pyaccel_verify_many. */
#define PA_DEBUG_BOUNDS 1
#include "kernels.h"

#define pyaccel_verify_many kernels_verify_many
#include "pyaccel/verify.h" /* so that it declares what the cases call */
#define main cases_main
#define rows case_rows /* kernels have rows of their own */
#include "test_secp256k1.c"
#undef rows
#undef main
#undef pyaccel_verify_many

#include "kernels_secp256k1.h"

/* What a key's bytes are, by length and prefix; its coordinates. LENGTH where it has none of the lengths. */
static uint8_t take_key(uchar encoded[64], uchar *kind, const uint8_t *key, uint64_t size,
                        bool hybrid)
{
    *kind = 0;
    if (size != 33 && size != 64 && size != 65) {
        return PYACCEL_REASON_LENGTH;
    }
    if (size == 33) {
        *kind = key[0] == 2 ? KEY_EVEN : key[0] == 3 ? KEY_ODD : 0;
        memcpy(encoded, key + 1, 32);
    } else {
        const bool whole = size == 64 || key[0] == 4 || (hybrid && key[0] == (6 | (key[64] & 1)));
        *kind = whole ? KEY_WHOLE : 0;
        memcpy(encoded, key + (size - 64), 64);
    }
    return PYACCEL_REASON_NONE;
}

/* n rows of ready digests and raw signatures. */
pyaccel_status kernels_verify_many(uint8_t *verdicts, uint32_t scheme, const pyaccel_rows *keys,
                                   const pyaccel_rows *digests, const pyaccel_rows *signatures,
                                   uint64_t n, const pyaccel_verify_options *options)
{
    const uint count = (uint)n;
    uchar *encoded = exactly(64 * n), *kinds = exactly(n), *lengths = exactly(n);
    uchar *reasons = exactly(n);
    row *raw = exactly(2 * n * sizeof *raw), *z = exactly(n * sizeof *z);
    row *r = exactly(n * sizeof *r), *s = exactly(n * sizeof *s);
    row *sums = exactly(2 * n * sizeof *sums), *sums_z = exactly(n * sizeof *sums_z);
    uint *which = exactly(n * sizeof *which);
    CHECK(scheme == PYACCEL_SCHEME_SECP256K1_ECDSA && digests->width == 32 &&
          signatures->width == 64);
    /* Keys stand backwards, so that `which` says something. */
    for (uint i = 0; i < count; i++) {
        which[i] = count - 1 - i;
        memcpy(z + i, digests->data + i * digests->stride, 32);
        memcpy(raw + 2 * i, signatures->data + i * signatures->stride, 64);
        lengths[i] = take_key(encoded + 64 * (size_t)which[i], &kinds[which[i]],
                              keys->data + i * keys->stride, keys->width,
                              options->rule == PYACCEL_RULE_BITCOIN_CORE);
    }
    const uint low_s = options->rule == PYACCEL_RULE_LOW_S;
    LAUNCH(count, secp256k1_signatures(r, s, reasons, raw, low_s, count));
    run_sums(sums, sums_z, reasons, z, r, s, 0, encoded, kinds, which, count);
    LAUNCH(count, secp256k1_compare(reasons, sums, sums_z, r, count));
    for (uint i = 0; i < count; i++) {
        const uint8_t reason = lengths[i] != PYACCEL_REASON_NONE ? lengths[i] : reasons[i];
        verdicts[i] = reason == PYACCEL_REASON_NONE;
        if (options->reasons != NULL) {
            options->reasons[i] = reason;
        }
    }
    free(encoded);
    free(kinds);
    free(lengths);
    free(reasons);
    free(raw);
    free(z);
    free(r);
    free(s);
    free(sums);
    free(sums_z);
    free(which);
    return PYACCEL_OK;
}

int main(void)
{
    make_base();
    const int failed = cases_main();
    CHECK(exceptions > 0); /* or no case had two points meet */
    free(base);
    return failed | finish();
}
