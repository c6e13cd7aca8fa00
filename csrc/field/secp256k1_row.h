/* SPDX-License-Identifier: Apache-2.0 */
/* One packed element of secp256k1's field, which every variant of the field reads and writes. */
#ifndef PA_FIELD_SECP256K1_ROW_H
#define PA_FIELD_SECP256K1_ROW_H

#include <stdint.h>

typedef struct {
    uint64_t word[4]; /* least significant first */
} row;

#endif
