/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/check/platform.cl as C. The expected numbers were worked out with Python's integers from its formula. */
#include "kernels.h"

#include "../../kernels/check/platform.cl"

int main(void)
{
    static const struct {
        ulong product;
        uint turned;
    } expected[3] = {
        {0x84d2758af692e15au, 0x2afe94f8u},
        {0x32bb95cd778bc521u, 0x55fd29f0u},
        {0xb78e615f7e0ea67bu, 0x7efbbee8u},
    };
    ulong *products = exactly(3 * sizeof *products);
    uint *words = exactly(3 * sizeof *words), *met = exactly(sizeof *met);
    LAUNCH(3u, check_platform(products, words, met, 3));
    for (size_t i = 0; i < 3; i++) {
        const uchar *bytes = (const uchar *)&words[i];
        CHECK(products[i] == expected[i].product);
        CHECK(((uint)bytes[0] << 24 | (uint)bytes[1] << 16 | (uint)bytes[2] << 8 | bytes[3]) ==
              expected[i].turned);
    }
    CHECK(*met == 1);
    free(products);
    free(words);
    free(met);
    return finish();
}
