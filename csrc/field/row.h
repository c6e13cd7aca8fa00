/* SPDX-License-Identifier: Apache-2.0 */
/* One packed element of a field, which every variant of the field reads and writes: of up to 256 bits, or as many as the
 * ROW_WORDS words that a translation unit defines before. */
#ifndef PA_FIELD_ROW_H
#define PA_FIELD_ROW_H

#include <stdint.h>

#ifndef ROW_WORDS
#define ROW_WORDS 4
#endif

typedef struct {
    uint64_t word[ROW_WORDS]; /* least significant first */
} row;

#endif
