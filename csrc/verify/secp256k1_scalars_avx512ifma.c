/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars of secp256k1 in eight lanes of AVX-512 IFMA. */
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"
#include "secp256k1_scalar_lanes.h"

const pa_secp256k1_scalars PA_VARIANT(pa_secp256k1_scalars_) = SCALAR_TABLE;
