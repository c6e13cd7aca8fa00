/* SPDX-License-Identifier: Apache-2.0 */
/* Slots: what numbers and integers become before they are encrypted, and after they are decrypted. */
#ifndef PA_HE_ENCODE_H
#define PA_HE_ENCODE_H

#include "ring.h"

/* The context's tables of slots; *encoder is NULL on any status but OK. Before: everything of the context is set but encoder and
 * constants. BFV, BGV whose t is no prime that is 1 modulo 2N: an encoder without slots. Source of the slots' order: see
 * pyaccel/he.h. */
pyaccel_status pa_he_encoder_new(struct pa_he_encoder **encoder, pyaccel_he_context *context);
void pa_he_encoder_free(struct pa_he_encoder *encoder);

/* Slots in all rows together; 0: none. */
uint32_t pa_he_slot_count(const pyaccel_he_context *context);

/* A batch of `count` plaintexts whose words are not set yet, on one more reference to the context: PA_HE_PLAIN_NTT at a level, rows
 * `stride` words apart, or PA_HE_PLAIN_MOD_T (level: the highest), N words each, `stride` apart. Scale 1. NULL: out of memory.
 * pyaccel_he_plaintexts_free takes it. */
pyaccel_he_plaintexts *pa_he_plaintexts_make(pyaccel_he_context *context, uint64_t count,
                                             uint32_t form, uint32_t level);

/* pa_parallel over [0, n), one item a range. */
pyaccel_status pa_he_parallel(const pyaccel_he_options *options, uint64_t n, pa_range_fn *fn,
                              void *context);

/* Options that a call may have: NULL, or of a size that this library knows. */
bool pa_he_options_valid(const pyaccel_he_options *options);

#endif
