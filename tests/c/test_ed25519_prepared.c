/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared Ed25519 keys: handles of any memory, made and used by any number of threads. */
#include "check.h"
#include "ed25519_cases.h"
#include "pyaccel.h"

/* As many keys have a table as memory allows, whatever the threads; good, bad and missing
 * ones mean what their bytes mean, in any order and number. */
int main(void)
{
    enum { ENTRY = 24896, KEYS = 300 };
    static ed25519_batch batch;
    static uint8_t got_verdicts[KEYS], got_reasons[KEYS];
    make_cases();
    make_batch(&batch, case_count - KEYS, KEYS); /* small and mixed orders, lengths */
    static const uint64_t memories[] = {1, ENTRY - 1, ENTRY, 70 * ENTRY + 5, 0};
    static const uint64_t counts[] = {0, 0, 1, 70, KEYS};
    for (size_t m = 0; m < sizeof memories / sizeof *memories; m++) {
        pyaccel_prepare_options prepare = {
            .struct_size = sizeof prepare, .memory = memories[m], .threads = (uint32_t)m};
        pyaccel_prepared_keys *handle = NULL;
        CHECK(pyaccel_prepared_keys_new(&handle, PYACCEL_SCHEME_ED25519, &batch.keys, KEYS,
                                        &prepare) == PYACCEL_OK);
        const uint64_t beside =
            pyaccel_prepared_keys_memory(handle) - batch.keys.data_size - counts[m] * ENTRY;
        CHECK(beside < 8 * (KEYS + 1) + 1024);
        for (uint32_t n = 1; n <= KEYS; n += n < 20 ? 1 : 70) {
            uint32_t index[KEYS];
            pyaccel_rows keys = {0}, messages = {0}, signatures = {0};
            static ed25519_batch shuffled;
            shuffled.offsets[0][0] = shuffled.offsets[1][0] = shuffled.offsets[2][0] = 0;
            for (uint32_t i = 0; i < n; i++) {
                index[i] = (i * 91 + n) % KEYS;
                const ed25519_case *c = &cases[case_count - KEYS + index[i]];
                put(&keys, shuffled.bytes[0], shuffled.offsets[0], i, c->key, c->key_size);
                put(&messages, shuffled.bytes[1], shuffled.offsets[1], i, c->message,
                    c->message_size);
                put(&signatures, shuffled.bytes[2], shuffled.offsets[2], i, c->signature,
                    c->signature_size);
            }
            for (size_t r = 0; r < RULES; r++) {
                pyaccel_verify_options options = {.struct_size = sizeof options,
                                                  .rule = rules[r],
                                                  .prepared = handle,
                                                  .key_index = index,
                                                  .reasons = got_reasons,
                                                  .threads = n % 3};
                CHECK(pyaccel_verify_many(got_verdicts, PYACCEL_SCHEME_ED25519, NULL, &messages,
                                          &signatures, n, &options) == PYACCEL_OK);
                for (uint32_t i = 0; i < n; i++) {
                    CHECK(as_expected(&cases[case_count - KEYS + index[i]], rules[r],
                                      got_verdicts[i], got_reasons[i]));
                }
            }
        }
        pyaccel_prepared_keys_free(handle);
    }
    return finish();
}
