/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 on any CPU. */
#include "../field/secp256k1_portable.h"

/* A group of one is always full. */
#define SECP256K1_LANES_MIN 1
#define SECP256K1_SCALARS pa_secp256k1_scalars_portable
#define SECP256K1_ROWS_MIN 8
#include "secp256k1_lanes.h"

#include "bip340_lanes.h"

#include "bip340_batch.h"

const struct pa_verify_kernel pa_secp256k1_portable = SECP256K1_KERNEL;
const struct pa_verify_kernel pa_bip340_portable = BIP340_KERNEL;
