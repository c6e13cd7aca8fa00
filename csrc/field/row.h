/* SPDX-License-Identifier: Apache-2.0 */
/* One packed element of a field of up to 256 bits, which every variant of the field reads and writes. */
#ifndef PA_FIELD_ROW_H
#define PA_FIELD_ROW_H

#include <stdint.h>

typedef struct {
    uint64_t word[4]; /* least significant first */
} row;

#endif
