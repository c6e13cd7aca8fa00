/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of 384 bits by division steps: inverse_steps.h. At most 1,110 steps (theorem 11.2 of the paper). */
#include "inverse384.h"

const pa_modulus384 pa_p384_prime =
    PA_MODULUS384(UINT64_C(0xffffffff), UINT64_C(0xffffffff00000000), UINT64_C(0xfffffffffffffffe),
                  UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0x3ffffffeffffffff));
const pa_modulus384 pa_p384_order = PA_MODULUS384(
    UINT64_C(0xecec196accc52973), UINT64_C(0x581a0db248b0a77a), UINT64_C(0xc7634d81f4372ddf),
    UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0x112b9f76177023bb));

#define WORDS 6
#define LIMBS PA_INVERSE384_LIMBS
#define MODULUS pa_modulus384
#define OF_WORDS(a) PA_MODULUS384((a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5], 0)
#define INVERSE pa_inverse384
#include "inverse_steps.h"
