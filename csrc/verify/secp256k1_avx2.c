/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 in four lanes of AVX2. */
#include "../field/secp256k1_avx2.h"

#define SUMS_CALLS
/* Fewer take less time one by one. */
#define SECP256K1_LANES_MIN 3
#define SECP256K1_SCALARS pa_secp256k1_scalars_avx2
#include "secp256k1_lanes.h"

#include "bip340_lanes.h"

#include "bip340_batch.h"

const struct pa_verify_kernel pa_secp256k1_avx2 = SECP256K1_KERNEL;
const struct pa_verify_kernel pa_bip340_avx2 = BIP340_KERNEL;
