/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/verify/der.h as C: every case of test_der.c. */
#include "kernels.h"

#include "../../kernels/verify/secp256k1_scalars.cl"

#include "verify/verify.h"

/* One signature as a row of its own, which ends where the sanitizer looks. */
static bool parse(uint8_t raw[64], const uint8_t *der, uint64_t size, uint lax)
{
    uint *data = exactly((size + 3) / 4 * 4);
    uchar *out = exactly(64), reason = 7;
    const ulong offsets[] = {0, size};
    if (size != 0) {
        memcpy(data, der, size);
    }
    LAUNCH(1, secp256k1_der(out, &reason, data, size, 0, offsets, size, size, 0, lax, 1));
    const bool good = reason == REASON_NONE;
    CHECK(good || reason == REASON_ENCODING);
    for (size_t i = 0; i < 64 && !good; i++) {
        CHECK(out[i] == 0);
    }
    memcpy(raw, out, 64);
    free(data);
    free(out);
    return good;
}

static bool kernel_der_parse(uint8_t *raw, int bytes, const uint8_t *der, uint64_t size)
{
    CHECK(bytes == 32);
    return parse(raw, der, size, 0);
}

static bool kernel_der_parse_lax(uint8_t raw[64], const uint8_t *der, uint64_t size)
{
    return parse(raw, der, size, 1);
}

#define pa_der_parse kernel_der_parse
#define pa_der_parse_lax kernel_der_parse_lax
#include "test_der.c"
