/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and digits of P-384 on a device: ecdsa_scalars.h. */
#include "p384_curve.h"

#define MODULUS_WORD ORDER_WORD
#define MODULUS_SQUARE_WORD ORDER_SQUARE_WORD
#define MODULUS_INVERSE ORDER_INVERSE
#include "../field/montgomery.h"

#include "ecdsa_scalars.h"
