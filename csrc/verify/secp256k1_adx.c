/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 on CPUs with ADX. */
#include "../field/secp256k1_adx.h"

#define SECP256K1_LANES_MIN 1
#define SECP256K1_ROWS_MIN 8
#define SECP256K1_SCALARS pa_secp256k1_scalars_portable
#include "secp256k1_lanes.h"

#include "bip340_lanes.h"

#include "bip340_batch.h"

const struct pa_verify_kernel pa_secp256k1_adx = SECP256K1_KERNEL;
const struct pa_verify_kernel pa_bip340_adx = BIP340_KERNEL;
