/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of hashing share: algorithms, and what is around it. */
#ifndef PA_TEST_HASH_ROWS_H
#define PA_TEST_HASH_ROWS_H

#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "pyaccel.h"
#include "random.h"
#include "rows.h"

static const uint32_t algorithms[] = {
    PYACCEL_HASH_SHA256,    PYACCEL_HASH_SHA256D,  PYACCEL_HASH_SHA512,   PYACCEL_HASH_KECCAK256,
    PYACCEL_HASH_RIPEMD160, PYACCEL_HASH_HASH160,  PYACCEL_HASH_SM3,      PYACCEL_HASH_SHA3_224,
    PYACCEL_HASH_SHA3_256,  PYACCEL_HASH_SHA3_384, PYACCEL_HASH_SHA3_512, PYACCEL_HASH_SHAKE128,
    PYACCEL_HASH_SHAKE256,  PYACCEL_HASH_SHA224,   PYACCEL_HASH_SHA384,   PYACCEL_HASH_SHA512_256};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)
#define MAX_DIGEST 64

/* True when size bytes at p all are `value`. */
static inline int all_bytes(const uint8_t *p, uint8_t value, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (p[i] != value) {
            return 0;
        }
    }
    return 1;
}

#endif
