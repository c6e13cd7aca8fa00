/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of 256 bits by division steps: inverse_steps.h. At most 741 steps (theorem 11.2 of the paper), 531 on average, nine
 * batches; 1.05 us on Zen 4, of 2.6 GHz. */
#include "inverse256.h"

const pa_modulus256 pa_secp256k1_prime = PA_MODULUS256(
    UINT64_C(0xfffffffefffffc2f), UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0x27c7f6e22ddacacf));
const pa_modulus256 pa_secp256k1_order =
    PA_MODULUS256(UINT64_C(0xbfd25e8cd0364141), UINT64_C(0xbaaedce6af48a03b),
                  UINT64_C(0xfffffffffffffffe), UINT64_MAX, UINT64_C(0x34f20099aa774ec1));
const pa_modulus256 pa_p256_prime = PA_MODULUS256(UINT64_MAX, UINT64_C(0xffffffff), UINT64_C(0),
                                                  UINT64_C(0xffffffff00000001), PA_INVERSE256_LOW);
const pa_modulus256 pa_p256_order =
    PA_MODULUS256(UINT64_C(0xf3b9cac2fc632551), UINT64_C(0xbce6faada7179e84), UINT64_MAX,
                  UINT64_C(0xffffffff00000000), UINT64_C(0x332e375511ff43b1));
const pa_modulus256 pa_sm2_prime =
    PA_MODULUS256(UINT64_MAX, UINT64_C(0xffffffff00000000), UINT64_MAX,
                  UINT64_C(0xfffffffeffffffff), PA_INVERSE256_LOW);
const pa_modulus256 pa_sm2_order =
    PA_MODULUS256(UINT64_C(0x53bbf40939d54123), UINT64_C(0x7203df6b21c6052b), UINT64_MAX,
                  UINT64_C(0xfffffffeffffffff), UINT64_C(0xd8061778dcaf68b));

#define WORDS 4
#define LIMBS PA_INVERSE256_LIMBS
#define MODULUS pa_modulus256
#define OF_WORDS(a) PA_MODULUS256((a)[0], (a)[1], (a)[2], (a)[3], 0)
#define INVERSE pa_inverse256
#include "inverse_steps.h"
