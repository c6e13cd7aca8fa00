/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery on secp256k1, up to the curve and from it: what the files of all variants share. */
#ifndef PA_VERIFY_SECP256K1_RECOVER_H
#define PA_VERIFY_SECP256K1_RECOVER_H

#include "secp256k1.h"

/* What is known of a chunk of rows before their points are looked at. */
typedef struct {
    int count;
    uint8_t reasons[PA_SECP256K1_CHUNK]; /* NONE where the row is open */
    int open_count;
    int open[PA_SECP256K1_CHUNK];              /* the open rows; by their order there: */
    uint8_t encoded[PA_SECP256K1_CHUNK][33];   /* R, compressed */
    pa_secp256k1_scalar r[PA_SECP256K1_CHUNK]; /* not 0 */
    pa_secp256k1_scalar minus_digest[PA_SECP256K1_CHUNK], s[PA_SECP256K1_CHUNK];
} pa_secp256k1_recovery;

/* Rows first .. first + count of job. OK, or INVALID_ARGUMENT (a bad offset). */
pyaccel_status pa_secp256k1_recovery_read(pa_secp256k1_recovery *chunk, const pa_recover_job *job,
                                          uint64_t first, int count);

/* Writes the chunk's rows: open row k has the key found[k], or none where exists[k] is false. keys
 * and reasons are those of its first row. */
pyaccel_status pa_secp256k1_recovery_write(uint8_t *keys, uint8_t *reasons,
                                           const pa_secp256k1_recovery *chunk,
                                           const pa_recover_job *job,
                                           uint8_t found[PA_SECP256K1_CHUNK][64],
                                           const bool exists[PA_SECP256K1_CHUNK]);

#endif
