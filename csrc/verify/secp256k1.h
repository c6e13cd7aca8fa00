/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of secp256k1 share: prepared keys, and the one-signature path behind the lanes. */
#ifndef PA_VERIFY_SECP256K1_H
#define PA_VERIFY_SECP256K1_H

#include "../field/secp256k1_row.h"
#include "secp256k1_scalar.h"
#include "verify.h"

/* Multiples 1, 3, .., 15 of the key, three rows each: x, y, beta x. */
#define PA_SECP256K1_KEY_ROWS 24

/* A decoded key; the same for every variant. */
typedef struct {
    uint32_t reason;     /* PYACCEL_REASON_NONE, _LENGTH or _KEY */
    uint32_t hybrid;     /* decodes under bitcoin-core alone     */
    uint64_t padding[7]; /* to 64 bytes                          */
    row table[PA_SECP256K1_KEY_ROWS];
} pa_secp256k1_key;

/* True when u1 G + u2 Q is finite and its abscissa is r mod n, Q being the key behind table. Any
 * u1, u2, r below n. */
bool pa_secp256k1_verify_single(const row table[PA_SECP256K1_KEY_ROWS],
                                const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2,
                                const pa_secp256k1_scalar *r);

#endif
