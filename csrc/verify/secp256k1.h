/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of secp256k1 share: prepared keys, and the one-signature path behind the lanes. */
#ifndef PA_VERIFY_SECP256K1_H
#define PA_VERIFY_SECP256K1_H

#include "../field/row.h"
#include "secp256k1_scalar.h"
#include "verify.h"

/* A decoded key; the same for every variant. */
typedef struct {
    uint32_t reason;     /* PYACCEL_REASON_NONE, _LENGTH or _KEY */
    uint32_t hybrid;     /* decodes under bitcoin-core alone     */
    uint64_t padding[7]; /* to 128 bytes                         */
    row point[2];        /* x, y; those of G where there is a reason */
} pa_secp256k1_key;

/* A prepared key of ECDSA: with its table (weierstrass_prepared.h), [j][i] = (2 i + 1) 2^(5 j) Q; 26.1 KiB. */
typedef struct {
    pa_secp256k1_key key;
    row table[PA_SECP256K1_SUMS_DIGITS][1 << (PA_SECP256K1_SUMS_WIDTH - 1)][2];
} pa_secp256k1_prepared;

/* Where the coordinates of an encoded key stand, 32 bytes each. */
typedef struct {
    const uint8_t *x, *y; /* y NULL: lift x */
    bool odd;             /* wanted of a lifted y */
    bool hybrid;
} pa_secp256k1_encoding;

/* Tells key formats apart by length and prefix. Returns PYACCEL_REASON_NONE, _LENGTH or _KEY; with
 * the last two the coordinates are those of no point. */
typedef uint32_t pa_secp256k1_parse_fn(pa_secp256k1_encoding *encoding, const pa_bytes *key);
pa_secp256k1_parse_fn pa_secp256k1_parse_key;

/* Rows that share the inversions; in the scratch of a range. */
#define PA_SECP256K1_CHUNK 128

/* What is known of a chunk of rows before their equations are looked at. */
typedef struct {
    int count;
    uint8_t digests[PA_SECP256K1_CHUNK][32];
    bool digest_sized[PA_SECP256K1_CHUNK]; /* false: a ready digest of another size than 32 bytes */
    uint32_t signature_reason[PA_SECP256K1_CHUNK];
    pa_secp256k1_scalar r[PA_SECP256K1_CHUNK], s[PA_SECP256K1_CHUNK];
    const pa_secp256k1_key *key[PA_SECP256K1_CHUNK]; /* a prepared one, or an entry of decoded */
    const pa_secp256k1_prepared *prepared[PA_SECP256K1_CHUNK]; /* or NULL */
    int unprepared_count;
    pa_bytes unprepared[PA_SECP256K1_CHUNK];
    pa_secp256k1_key decoded[PA_SECP256K1_CHUNK]; /* of the unprepared keys, in their order */
} pa_secp256k1_chunk;

/* Fills all of chunk but decoded, for rows first .. first + count of job. OK, INVALID_ARGUMENT (a
 * bad offset or key index), or what the hash room says. */
pyaccel_status pa_secp256k1_chunk_read(pa_secp256k1_chunk *chunk, const pa_verify_job *job,
                                       uint64_t first, int count);

/* Sets the reasons of rows whose equation is out of question, and lists the others: open[k],
 * k < the returned number, with u1 = z / s and u2 = r / s; the first *prepared_count of them have
 * prepared keys. Before: decoded is filled. */
int pa_secp256k1_chunk_judge(uint8_t reasons[PA_SECP256K1_CHUNK], int open[PA_SECP256K1_CHUNK],
                             int *prepared_count, pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK],
                             pa_secp256k1_scalar u2[PA_SECP256K1_CHUNK],
                             const pa_secp256k1_chunk *chunk, uint32_t rule,
                             const pa_secp256k1_scalars *scalars);

/* One row by itself, complete for any u1, u2, r below n; key is the affine key: x, y below p, on the
 * curve. (secp256k1_single.c) */
/* True when u1 G + u2 Q is finite and its abscissa is r mod n. */
typedef bool pa_secp256k1_verify_single_fn(const row key[2], const pa_secp256k1_scalar *u1,
                                           const pa_secp256k1_scalar *u2,
                                           const pa_secp256k1_scalar *r);
/* sum = u1 G + u2 Q, x and y below p; false, and zeros, when that is infinite. */
typedef bool pa_secp256k1_sum_single_fn(row sum[2], const row key[2], const pa_secp256k1_scalar *u1,
                                        const pa_secp256k1_scalar *u2);
/* point = that of the encoding; false, and G, where it is none. */
typedef bool pa_secp256k1_decode_single_fn(row point[2], const pa_secp256k1_encoding *encoding);
pa_secp256k1_decode_single_fn pa_secp256k1_decode_single_portable, pa_secp256k1_decode_single_adx;
pa_secp256k1_verify_single_fn pa_secp256k1_verify_single_portable, pa_secp256k1_verify_single_adx;
pa_secp256k1_sum_single_fn pa_secp256k1_sum_single_portable, pa_secp256k1_sum_single_adx;

/* Those for the CPU that the includer is compiled for. */
#if PYACCEL_WITH_ADX && defined(__ADX__) && defined(__BMI2__)
#define pa_secp256k1_verify_single pa_secp256k1_verify_single_adx
#define pa_secp256k1_sum_single pa_secp256k1_sum_single_adx
#define pa_secp256k1_decode_single pa_secp256k1_decode_single_adx
#else
#define pa_secp256k1_verify_single pa_secp256k1_verify_single_portable
#define pa_secp256k1_sum_single pa_secp256k1_sum_single_portable
#define pa_secp256k1_decode_single pa_secp256k1_decode_single_portable
#endif

#endif
