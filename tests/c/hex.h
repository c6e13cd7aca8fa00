/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes from hexadecimal constants, lower case. */
#ifndef PA_TEST_HEX_H
#define PA_TEST_HEX_H

#include <stdint.h>
#include <string.h>

/* out = the bytes of hex; returned: how many. */
static inline uint64_t from_hex(uint8_t *out, const char *hex)
{
    uint64_t size = strlen(hex) / 2;
    for (uint64_t i = 0; i < 2 * size; i++) {
        uint8_t digit = (uint8_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return size;
}

/* The same the other way round, as Bitcoin shows hashes. */
static inline uint64_t from_hex_reversed(uint8_t *out, const char *hex)
{
    uint64_t size = from_hex(out, hex);
    for (uint64_t i = 0; i < size / 2; i++) {
        uint8_t swap = out[i];
        out[i] = out[size - 1 - i];
        out[size - 1 - i] = swap;
    }
    return size;
}

#endif
