/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 in eight lanes of AVX-512 IFMA. */
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"

#define SECP256K1_LANES_MIN 2
#define SECP256K1_SCALARS PA_VARIANT(pa_secp256k1_scalars_)

/* secp256k1_decode_avx512ifma.c */
#include "secp256k1.h"
#define SECP256K1_LIFT_LANES 16
#define SECP256K1_LIFT PA_VARIANT(pa_secp256k1_lift_)
unsigned int SECP256K1_LIFT(row *const points[SECP256K1_LIFT_LANES],
                            const pa_secp256k1_encoding *const encodings[SECP256K1_LIFT_LANES]);

#include "secp256k1_ladder_two.h"
#define SUMS_LADDER_TWO PA_VARIANT(pa_secp256k1_ladder_)

#include "secp256k1_lanes.h"

#include "bip340_lanes.h"

/* By measurement on Zen 4. */
#define BIP340_BATCH_MIN 48
#include "bip340_batch.h"

const struct pa_verify_kernel PA_VARIANT(pa_secp256k1_) = SECP256K1_KERNEL;
const struct pa_verify_kernel PA_VARIANT(pa_bip340_) = BIP340_KERNEL;
