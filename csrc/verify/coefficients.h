/* SPDX-License-Identifier: Apache-2.0 */
/* Coefficients of random linear combinations, whatever the scheme. */
#ifndef PA_VERIFY_COEFFICIENTS_H
#define PA_VERIFY_COEFFICIENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Any 128 bits but zeros; a scheme says what number they are. Least significant word first. */
typedef struct {
    uint64_t word[2];
} pa_coefficient;

/* Bytes in front of a transcript that are the operating system's. */
#define PA_COEFFICIENTS_DRAWN 32

/* z[0] || z[1] || ... = BLAKE3(32 bytes of the operating system || all scalars), 16 bytes each, a
 * zero made 1. transcript: room for those 32 bytes, then the scalars, `size` bytes in all. So nobody
 * who does not know what was drawn can aim at the coefficients; and were it known or drawn twice (a
 * weak generator, a fork, a restored machine), they still depend on all that is verified, as long as
 * the scalars do. False when the system draws nothing. */
bool pa_coefficients(pa_coefficient *z, uint64_t n, uint8_t *transcript, uint64_t size);

#endif
