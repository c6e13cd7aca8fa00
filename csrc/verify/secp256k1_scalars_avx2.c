/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars of secp256k1 in four lanes of AVX2. */
#include "../field/secp256k1_avx2.h"

#include "secp256k1_scalar_lanes.h"

const pa_secp256k1_scalars pa_secp256k1_scalars_avx2 = SCALAR_TABLE;
