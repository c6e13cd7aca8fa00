/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the BIP-340 scheme: the chunk of rows that a variant works on. Points, scalars and
 * prepared keys are those of secp256k1.h. */
#ifndef PA_VERIFY_BIP340_H
#define PA_VERIFY_BIP340_H

#include "coefficients.h"
#include "secp256k1.h"

/* A key of 32 bytes is the abscissa of a point, of its two the one with even y. */
pa_secp256k1_parse_fn pa_bip340_parse_key;

#define PA_BIP340_CHUNK PA_SECP256K1_CHUNK

/* encoded: r || key, zeros where a length is wrong; e = the tagged hash of r || key || message,
 * modulo n; prepared: NULL where the key is to be lifted; point: x, y of the key, once it is. */
typedef struct {
    uint8_t reasons[PA_BIP340_CHUNK];
    uint8_t encoded[PA_BIP340_CHUNK][64];
    bool in_range[PA_BIP340_CHUNK]; /* s < n */
    pa_secp256k1_scalar s[PA_BIP340_CHUNK], e[PA_BIP340_CHUNK];
    const pa_secp256k1_key *prepared[PA_BIP340_CHUNK];
    const row *point[PA_BIP340_CHUNK];
} pa_bip340_chunk;

/* Fills all of chunk but point for rows first .. first + n of job, n <= PA_BIP340_CHUNK; reasons
 * are LENGTH or NONE. OK, INVALID_ARGUMENT (a bad offset or key index), or what the hash room
 * says. */
pyaccel_status pa_bip340_chunk_read(pa_bip340_chunk *chunk, const pa_verify_job *job,
                                    uint64_t first, int n);

/* ---- many rows in one equation (bip340_batch.h) ---------------------------------------------- */

/* Rows that one combination sums up at most. */
#define PA_BIP340_BATCH 1024

/* s, e and r of every such row, behind room for what the operating system draws; hashed as it lies
 * in memory. */
typedef struct {
    uint8_t drawn[PA_COEFFICIENTS_DRAWN];
    uint8_t rows[PA_BIP340_BATCH][96];
} pa_bip340_transcript;

_Static_assert(sizeof(pa_bip340_transcript) == PA_COEFFICIENTS_DRAWN + PA_BIP340_BATCH * 96,
               "no padding");

/* Those of n rows; false when there are none. */
static inline bool pa_bip340_coefficients(pa_coefficient *z, pa_bip340_transcript *transcript,
                                          uint64_t n)
{
    return pa_coefficients(z, n, transcript->drawn,
                           sizeof transcript->drawn + n * sizeof *transcript->rows);
}

/* Whether sum 2^at[j] windows[j] is infinite, j < count; windows are Jacobian, X, Y, Z, and at[]
 * grows. One after the other, complete. (bip340_join.c) */
typedef bool pa_bip340_join_fn(const row (*windows)[3], const int *at, int count);
pa_bip340_join_fn pa_bip340_join_portable, pa_bip340_join_adx;

/* That for the CPU that the includer is compiled for. */
#if PYACCEL_WITH_ADX && defined(__ADX__) && defined(__BMI2__)
#define pa_bip340_join pa_bip340_join_adx
#else
#define pa_bip340_join pa_bip340_join_portable
#endif

#endif
