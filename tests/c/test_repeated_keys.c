/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of P-256, or with REFERENCE_P384 of P-384, or with REFERENCE_SM2 of SM2, that come often in a call are prepared for it. */
#if !defined(REFERENCE_SM2) && !defined(REFERENCE_P384)
#define REFERENCE_P256
#endif
#include "verify/prepared_keys.h"
#include "verify/repeated_keys.h"
#include "weierstrass_rows.h"

/* Rows of few keys, good ones, wrong ones and one that is none, and others: verdicts are those of each alone, and keys that come
 * often, no others, were prepared. */
static void test_repeated_keys(void)
{
    enum { KINDS = 5, REPEATED_ROWS = 300 };
    static signed_row many[REPEATED_ROWS];
    static uint32_t index[REPEATED_ROWS];
    uint8_t verdicts[REPEATED_ROWS], reasons[REPEATED_ROWS];
    signed_row kind[KINDS];
    uint32_t of_kind[KINDS];
    for (int i = 0; i < KINDS; i++) {
        kind[i] = good_row();
    }
    kind[1].signature[B] ^= 1;
    kind[2].key[3] ^= 1; /* not on the curve */
    for (int i = 0; i < KINDS; i++) {
        of_kind[i] = reason_of(&kind[i], ANY_RULE);
    }
    CHECK(of_kind[0] == PYACCEL_REASON_NONE && of_kind[2] == PYACCEL_REASON_KEY);
    for (int i = 0; i < REPEATED_ROWS; i++) {
        /* The last two kinds come once and ten times. */
        index[i] = i == 7 ? 4 : i % 30 == 0 ? 3 : (uint32_t)(random_word() >> 33) % 3;
        many[i] = kind[index[i]];
    }
    for (int indexed = 0; indexed < 2; indexed++) {
        const pyaccel_rows keys =
            indexed ? fixed_rows(kind->key + 1, KINDS, 2 * B, sizeof *kind)
                    : fixed_rows(many->key + 1, REPEATED_ROWS, 2 * B, sizeof *many);
        const pyaccel_rows digests = fixed_rows(many->digest, REPEATED_ROWS, B, sizeof *many);
        const pyaccel_rows signatures =
            fixed_rows(many->signature, REPEATED_ROWS, 2 * B, sizeof *many);
        pyaccel_verify_options options = options_of(ANY_RULE);
        options.reasons = reasons;
        options.key_index = indexed ? index : NULL;
        options.key_count = indexed ? KINDS : 0;
        CHECK(pyaccel_verify_many(verdicts, SCHEME, &keys, &digests, &signatures, REPEATED_ROWS,
                                  &options) == PYACCEL_OK);
        int right = 0;
        for (int i = 0; i < REPEATED_ROWS; i++) {
            right += reasons[i] == of_kind[index[i]] &&
                     verdicts[i] == (reasons[i] == PYACCEL_REASON_NONE);
        }
        CHECK(right == REPEATED_ROWS);

        pa_family family;
        const struct pa_verify_kernel *kernel = pa_verify_kernel_of(SCHEME, &family);
        const pa_verify_job job = {.public_keys = &keys,
                                   .key_count = indexed ? KINDS : REPEATED_ROWS,
                                   .key_index = options.key_index,
                                   .key_format = PYACCEL_KEY_FORMAT_AUTO};
        CHECK(pa_repeated_keys_new(kernel, &job, 8, 1) == NULL);
        struct pa_repeated_keys *repeated = pa_repeated_keys_new(kernel, &job, REPEATED_ROWS, 1);
        CHECK(repeated != NULL);
        for (int i = 0; i < KINDS && repeated != NULL; i++) {
            const pa_bytes key = {kind[i].key + 1, 2 * B}, cut = {kind[i].key + 1, 2 * B - 1};
            CHECK((pa_repeated_keys_find(repeated, &key) != NULL) == (i < 3));
            CHECK(pa_repeated_keys_find(repeated, &cut) == NULL);
        }
        pa_repeated_keys_free(repeated);
    }
}

int main(void)
{
    test_repeated_keys();
    return finish();
}
