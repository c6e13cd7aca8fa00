/* SPDX-License-Identifier: Apache-2.0 */
/* Runs kernels as C, one work item after the other, so that the sanitizers see them. Include it, then the kernels. */
#ifndef PA_TEST_KERNELS_H
#define PA_TEST_KERNELS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "../../kernels/platform.h"

/* The work items of an NDRange of n, rounded up as the host rounds: those past n must do nothing. */
#define LAUNCH(n, call)                                                                            \
    do {                                                                                           \
        for (c_global_id = 0; c_global_id < ((n) + 63u) / 64u * 64u; c_global_id++) {              \
            call;                                                                                  \
        }                                                                                          \
    } while (0)

/* size bytes of their own, ending where the sanitizer looks; zeroed. */
static inline void *exactly(size_t size)
{
    void *memory = calloc(size != 0 ? size : 1, 1);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* out = the bytes of hex, reversed where it is written as Bitcoin shows hashes. */
static inline void unhex(uchar *out, const char *hex, int reversed)
{
    const size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[reversed ? size - 1 - i : i] = (uchar)strtoul(digits, NULL, 16);
    }
}

static inline int is_hex(const void *bytes, const char *hex, int reversed)
{
    uchar expected[64];
    unhex(expected, hex, reversed);
    return memcmp(bytes, expected, strlen(hex) / 2) == 0;
}

#endif
