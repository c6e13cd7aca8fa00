/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in NTT form as canonical integers in canonical order, and back. */
#ifndef PA_HE_RESIDUES_H
#define PA_HE_RESIDUES_H

#include "ring.h"

/* out[j] = residue A[j] of a row of prime number `prime`. scratch: N words. */
void pa_he_residues_get(uint64_t *out, const pa_he_word *row, uint32_t prime,
                        const pyaccel_he_context *context, uint64_t *scratch);

/* The reverse; false, and the row untouched, where a residue is not below its prime. Constant-time where all are. */
bool pa_he_residues_set(pa_he_word *row, const uint64_t *in, uint32_t prime,
                        const pyaccel_he_context *context, uint64_t *scratch);

#endif
