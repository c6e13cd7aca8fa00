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

/* The words of a number, one by one: as parameters, as arguments by their names, and out of an array. */
#if ROW_WORDS == 4
#define FE_WORDS uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3
#define FE_WORDS_GIVEN w0, w1, w2, w3
#define FE_EACH_WORD(word) (word)[0], (word)[1], (word)[2], (word)[3]
#else
#define FE_WORDS uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5
#define FE_WORDS_GIVEN w0, w1, w2, w3, w4, w5
#define FE_EACH_WORD(word) (word)[0], (word)[1], (word)[2], (word)[3], (word)[4], (word)[5]
#endif

#endif
