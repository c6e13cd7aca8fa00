/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 on any CPU. */
#include "../field/secp256k1_portable.h"

#include "secp256k1_lanes.h"

const struct pa_verify_kernel pa_secp256k1_portable = {
    .scheme = PYACCEL_SCHEME_SECP256K1_ECDSA,
    .prepared_size = sizeof(pa_secp256k1_key),
    .range_rows = 512,
    .prepare = secp256k1_prepare,
    .verify_range = secp256k1_verify_range,
};
