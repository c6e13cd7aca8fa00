/* SPDX-License-Identifier: Apache-2.0 */
/* What saved objects have in common: header, sums, rows of residues, and what a reader says of bad bytes (docs/he.md). */
#ifndef PA_HE_SAVED_H
#define PA_HE_SAVED_H

#include "ring.h"

#define PA_HE_SAVED_VERSION 1u
#define PA_HE_SAVED_SEEDED 1u /* the only flag */
#define PA_HE_SAVED_HEAD 72u  /* bytes before the body */
#define PA_HE_SAVED_SIZE 16u  /* offset of the size */
#define PA_HE_SAVED_ID 24u    /* of the context id */
#define PA_HE_SAVED_SEED 32u

/* ---- writing -------------------------------------------------------------------------------- */

/* How _save begins: true where there is room for `need` bytes to be written; else *status is what it returns, and *size = need where
 * size isn't NULL. need: UINT64_MAX: no such size. */
bool pa_he_saved_room(pyaccel_status *status, const uint8_t *out, uint64_t *size, uint64_t need);

/* Header and sums around a body that stands at out + PA_HE_SAVED_HEAD; size: of all. What _save returns: `status`, or the hash's;
 * on any but OK the whole is zeros. */
pyaccel_status pa_he_saved_finish(uint8_t *out, uint64_t size, uint32_t kind, uint32_t flags,
                                  const pyaccel_he_context *context, pyaccel_status status);

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *body;
    uint64_t size; /* of the body */
    uint32_t flags;
    uint8_t id[32];
} pa_he_saved;

/* *problem (NULL: nowhere) = these. Returns INVALID_ARGUMENT. */
pyaccel_status pa_he_blame(pyaccel_he_problem *problem, uint32_t reason, uint64_t offset,
                           uint64_t found, uint64_t wanted);

/* Checks everything but the body's meaning: magic, version, length, kind (0: any), flags, sums, and the context's id (NULL: any). OK,
 * INVALID_ARGUMENT, or what hashing says. *problem is zeroed first. */
pyaccel_status pa_he_saved_open(pa_he_saved *saved, pyaccel_he_problem *problem, uint32_t kind,
                                const pyaccel_he_context *context, const uint8_t *data,
                                uint64_t size);

/* ---- rows ----------------------------------------------------------------------------------- */

/* order of the context, NULL where it is the canonical one. */
const uint32_t *pa_he_saved_order(const pyaccel_he_context *context);

/* Bytes of the rows of the first `rows` primes. */
uint64_t pa_he_saved_rows_bytes(const pyaccel_he_context *context, uint32_t rows);

/* out = rows in NTT form, packed; scratch: N words. */
void pa_he_saved_rows_put(uint8_t *out, const pa_he_word *words, uint32_t rows,
                          const pyaccel_he_context *context, const uint32_t *order,
                          uint64_t *scratch);
/* The reverse; INVALID_ARGUMENT with *problem for a residue that is not below its prime. at: offset of `in` in the whole. */
pyaccel_status pa_he_saved_rows_get(pa_he_word *words, const uint8_t *in, uint32_t rows,
                                    const pyaccel_he_context *context, const uint32_t *order,
                                    uint64_t *scratch, uint64_t at, pyaccel_he_problem *problem);

#endif
