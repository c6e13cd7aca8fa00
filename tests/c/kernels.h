/* SPDX-License-Identifier: Apache-2.0 */
/* Runs kernels as C, one work item after the other, so that the sanitizers see them. Include it, then the kernels. */
#ifndef PA_TEST_KERNELS_H
#define PA_TEST_KERNELS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hex.h"

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

static inline int is_hex(const void *bytes, const char *hex, int reversed)
{
    uint8_t expected[64];
    const uint64_t size = (reversed ? from_hex_reversed : from_hex)(expected, hex);
    return memcmp(bytes, expected, size) == 0;
}

#endif
