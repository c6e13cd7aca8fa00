/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/verify/secp256k1*.cl as C, with the limbs that WORDS_OF_64_BITS chooses and their bounds asserted: every case of
 * test_secp256k1.c, with a host that does what pyaccel/backends/opencl_secp256k1.py does in place of pyaccel_verify_many. */
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

#include "../../kernels/verify/secp256k1.cl"
#include "../../kernels/verify/secp256k1_scalars.cl"

static row *base;
static unsigned int exceptions;

static void store_number(row *to, const number *a)
{
    store_words(to, a->word);
}

/* x and y of the odd multiples of G, then of 2^132 G. */
static row *base_rows(void)
{
    row *multiples = exactly(4 * BASE_ENTRIES * sizeof *multiples);
    point first = generator;
    for (uint half = 0; half < 2; half++) {
        const point step = point_add(&first, &first);
        point at = first;
        for (uint k = 0; k < BASE_ENTRIES; k++) {
            store_number(&multiples[2 * (BASE_ENTRIES * half + k)], &at.x);
            store_number(&multiples[2 * (BASE_ENTRIES * half + k) + 1], &at.y);
            at = point_add(&at, &step);
        }
        for (uint i = 0; i < BASE_DIGITS * BASE_WINDOW; i++) {
            first = point_add(&first, &first);
        }
    }
    return multiples;
}

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
        *kind =
            size == 64 || key[0] == 4 || (hybrid && key[0] == (6 | (key[64] & 1))) ? KEY_WHOLE : 0;
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
    uchar *reasons = exactly(n), *key_reasons = exactly(n);
    row *raw = exactly(2 * n * sizeof *raw), *z = exactly(n * sizeof *z),
        *r = exactly(n * sizeof *r);
    row *inverses = exactly(n * sizeof *inverses), *running = exactly(n * sizeof *running);
    row *products = exactly(n * sizeof *products), *tables = exactly(n * KEY_ROWS * sizeof *tables);
    uint *digits = exactly(n * DIGIT_WORDS * sizeof *digits), *which = exactly(n * sizeof *which);
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
    LAUNCH(count, secp256k1_signatures(r, inverses, reasons, raw, low_s, count));
    LAUNCH(count, secp256k1_invert_scalars(inverses, running, count));
    LAUNCH(count, secp256k1_scalars(digits, z, r, inverses, count));
    LAUNCH(count, secp256k1_keys(tables, products, key_reasons, encoded, kinds, count));
    LAUNCH(count, secp256k1_invert(products, running, count));
    LAUNCH(count, secp256k1_tables(tables, products, count));
    LAUNCH(count, secp256k1_equations(reasons, key_reasons, tables, which, digits, r, base, count));
    for (uint i = 0; i < count; i++) {
        exceptions += reasons[i] == REASON_UNKNOWN;
    }
    LAUNCH(count, secp256k1_exceptions(reasons, tables, which, digits, r, base, count));
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
    free(key_reasons);
    free(raw);
    free(z);
    free(r);
    free(inverses);
    free(running);
    free(products);
    free(tables);
    free(digits);
    free(which);
    return PYACCEL_OK;
}

int main(void)
{
    base = base_rows();
    const int failed = cases_main();
    CHECK(exceptions > 0); /* or no case had two points meet */
    free(base);
    return failed | finish();
}
