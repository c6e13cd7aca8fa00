/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the BIP-340 scheme: the chunk of rows that a variant works on. Points, scalars and
 * prepared keys are those of secp256k1.h. */
#ifndef PA_VERIFY_BIP340_H
#define PA_VERIFY_BIP340_H

#include "secp256k1.h"

/* A key of 32 bytes is the abscissa of a point, of its two the one with even y. */
pa_secp256k1_parse_fn pa_bip340_parse_key;

#define PA_BIP340_CHUNK PA_SECP256K1_CHUNK

/* encoded: r || key, zeros where a length is wrong; e = the tagged hash of r || key || message,
 * modulo n; key: a prepared one, or the entry of decoded that a key of `unprepared` is made into. */
typedef struct {
    uint8_t reasons[PA_BIP340_CHUNK];
    uint8_t encoded[PA_BIP340_CHUNK][64];
    bool in_range[PA_BIP340_CHUNK]; /* s < n */
    pa_secp256k1_scalar s[PA_BIP340_CHUNK], e[PA_BIP340_CHUNK];
    const pa_secp256k1_key *key[PA_BIP340_CHUNK];
    int unprepared_count;
    pa_bytes unprepared[PA_BIP340_CHUNK];
    pa_secp256k1_key decoded[PA_BIP340_CHUNK]; /* of the unprepared keys, in their order */
} pa_bip340_chunk;

/* Fills all of chunk but decoded for rows first .. first + n of job, n <= PA_BIP340_CHUNK; reasons
 * are LENGTH or NONE. OK, INVALID_ARGUMENT (a bad offset or key index), or what the hash room
 * says. */
pyaccel_status pa_bip340_chunk_read(pa_bip340_chunk *chunk, const pa_verify_job *job,
                                    uint64_t first, int n);

#endif
