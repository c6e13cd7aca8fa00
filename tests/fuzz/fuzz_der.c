/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the DER parsers read nothing past the end, agree where both accept, and strict
 * DER has one encoding. */
#include <stdlib.h>
#include <string.h>

#include "../../csrc/verify/verify.h"
#include "fuzz.h"

/* A check that stays in release builds. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* Appends INTEGER of the 32 big-endian bytes at value in its shortest form; returns the new end. */
static uint8_t *put_integer(uint8_t *out, const uint8_t value[32])
{
    size_t skip = 0;
    while (skip < 31 && value[skip] == 0) {
        skip++;
    }
    const bool pad = (value[skip] & 0x80) != 0;
    *out++ = 0x02;
    *out++ = (uint8_t)(32 - skip + pad);
    if (pad) {
        *out++ = 0;
    }
    memcpy(out, value + skip, 32 - skip);
    return out + 32 - skip;
}

static bool is_all_ones(const uint8_t value[32])
{
    for (int i = 0; i < 32; i++) {
        if (value[i] != 0xff) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A block of exactly this size, so that AddressSanitizer sees the first byte too many. */
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact) {
        return 0;
    }
    if (size) {
        memcpy(exact, data, size);
    }

    uint8_t strict[64], lax[64];
    const bool strict_accepts = pa_der_parse(strict, 32, size ? exact : NULL, size);
    const bool lax_accepts = pa_der_parse_lax(lax, size ? exact : NULL, size);
    if (strict_accepts) {
        REQUIRE(lax_accepts);
        REQUIRE(memcmp(strict, lax, 64) == 0);
        if (!is_all_ones(strict) &&
            !is_all_ones(strict + 32)) { /* all ones may stand for a larger integer */
            uint8_t encoded[72] = {0x30};
            const uint8_t *end = put_integer(put_integer(encoded + 2, strict), strict + 32);
            encoded[1] = (uint8_t)(end - encoded - 2);
            REQUIRE((size_t)(end - encoded) == size);
            REQUIRE(memcmp(encoded, exact, size) == 0);
        }
    }
    /* Go takes all that is strict, and more of it with longer numbers; what follows is nothing to it. */
    uint8_t wide[96], go[96];
    const bool go_accepts = pa_der_parse_go(go, 48, size ? exact : NULL, size);
    if (pa_der_parse(wide, 48, size ? exact : NULL, size)) {
        REQUIRE(go_accepts);
        REQUIRE(memcmp(wide, go, 96) == 0);
    }
    /* Lax DER ignores what follows: an accepted input stays accepted, with the same integers,
     * when bytes are added. */
    if (lax_accepts || go_accepts) {
        uint8_t *longer = malloc(size + 3);
        if (longer) {
            uint8_t again[96];
            memcpy(longer, exact, size);
            memset(longer + size, 0x5a, 3);
            if (lax_accepts) {
                REQUIRE(pa_der_parse_lax(again, longer, size + 3));
                REQUIRE(memcmp(lax, again, 64) == 0);
            }
            if (go_accepts) {
                REQUIRE(pa_der_parse_go(again, 48, longer, size + 3));
                REQUIRE(memcmp(go, again, 96) == 0);
            }
            free(longer);
        }
    }
    free(exact);
    return 0;
}
