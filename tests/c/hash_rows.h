/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of hashing share: algorithms, random bytes, batches of rows. */
#ifndef PA_TEST_HASH_ROWS_H
#define PA_TEST_HASH_ROWS_H

#include <stdint.h>
#include <string.h>

#include "pyaccel.h"

static const uint32_t algorithms[] = {PYACCEL_HASH_SHA256,    PYACCEL_HASH_SHA256D,
                                      PYACCEL_HASH_SHA512,    PYACCEL_HASH_KECCAK256,
                                      PYACCEL_HASH_RIPEMD160, PYACCEL_HASH_HASH160};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)
#define MAX_DIGEST 64

static inline uint64_t random_word(void)
{
    static uint64_t seed = 0x13198a2e03707344; /* xorshift64* */
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1d;
}

static inline void random_bytes(uint8_t *out, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(random_word() >> 40);
    }
}

static inline pyaccel_rows fixed_rows(const uint8_t *data, uint64_t n, uint64_t width,
                                      uint64_t stride)
{
    return (pyaccel_rows){.data = data,
                          .data_size = n == 0 ? 0 : (n - 1) * stride + width,
                          .width = width,
                          .stride = stride};
}

static inline pyaccel_rows ragged_rows(const uint8_t *data, const uint32_t *offsets, uint64_t n)
{
    return (pyaccel_rows){
        .data = data, .data_size = offsets[n], .offsets = offsets, .offset_bits = 32};
}

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

/* out = bytes of a hex text. */
static inline uint64_t from_hex(uint8_t *out, const char *hex)
{
    uint64_t size = strlen(hex) / 2;
    for (uint64_t i = 0; i < 2 * size; i++) {
        uint8_t digit = (uint8_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return size;
}

#endif
