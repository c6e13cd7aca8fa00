/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 and P-384, and SM2, up to the curve: keys and signatures taken apart, digests, reasons, scalars. */
#ifndef PA_VERIFY_WEIERSTRASS_H
#define PA_VERIFY_WEIERSTRASS_H

#include "prime_order.h"
#include "verify.h"

/* What tells one scheme from another. */
typedef struct {
    const pa_prime_order *order; /* whose scalars have as many bytes as coordinates have */
    const uint8_t *algorithm;    /* AlgorithmIdentifier of its keys, DER */
    uint64_t algorithm_size;
    bool sm2; /* its signatures, not ECDSA's */
} pa_weierstrass_scheme;
extern const pa_weierstrass_scheme pa_p256_scheme, pa_p384_scheme, pa_sm2_scheme;

/* Where the coordinates of an encoded key stand. */
typedef struct {
    const uint8_t *x, *y; /* y NULL: lift x */
    bool odd;             /* wanted of a lifted y */
} pa_weierstrass_encoding;

/* Returns PYACCEL_REASON_NONE, _LENGTH or _KEY; with the last two the coordinates are those of no point. */
uint32_t pa_weierstrass_parse_key(pa_weierstrass_encoding *encoding, const pa_bytes *key,
                                  uint32_t key_format, const pa_weierstrass_scheme *scheme);

/* Rows that share the inversions; in the scratch of a range. */
#define PA_WEIERSTRASS_CHUNK 128

/* What is known of a chunk of rows before their equations are looked at. */
typedef struct {
    int count;
    bool sized
        [PA_WEIERSTRASS_CHUNK]; /* false: a ready digest or an identity has another size than it may have */
    uint32_t key_reason[PA_WEIERSTRASS_CHUNK];
    uint32_t signature_reason[PA_WEIERSTRASS_CHUNK];
    pa_scalar e[PA_WEIERSTRASS_CHUNK], r[PA_WEIERSTRASS_CHUNK], s[PA_WEIERSTRASS_CHUNK];
    pa_scalar match[PA_WEIERSTRASS_CHUNK];      /* what the sum's abscissa has to be mod n */
    const void *prepared[PA_WEIERSTRASS_CHUNK]; /* an entry of the kernel's, or NULL */
    pa_bytes key[PA_WEIERSTRASS_CHUNK];
    const uint64_t
        *point[PA_WEIERSTRASS_CHUNK]; /* of the decoded key: words of x, then of y, plain numbers */
    int unprepared_count;
    uint8_t unprepared[PA_WEIERSTRASS_CHUNK]; /* rows whose keys are not prepared, in order */
} pa_weierstrass_chunk;

/* Takes rows first .. first + count of job apart, whose prepared keys have prepared_size bytes: all of chunk but key_reason, point,
 * e and match. False for a bad offset or key index. */
bool pa_weierstrass_chunk_read(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                               const pa_weierstrass_scheme *scheme, uint64_t prepared_size,
                               uint64_t first, int count);

/* Fills e. Before: point is filled. OK, INVALID_ARGUMENT (a bad offset), or what the hash room says. */
pyaccel_status pa_weierstrass_chunk_digest(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                                           const pa_weierstrass_scheme *scheme, uint64_t first);

/* Sets the reasons of rows whose equation is out of question, and lists the others: open[k], k < the returned number, of which
 * the sum u1 G + u2 Q has to be finite with an abscissa that is match mod n; the first *prepared_count of them have prepared
 * keys. Before: key_reason and e are filled. */
int pa_weierstrass_chunk_judge(uint8_t reasons[PA_WEIERSTRASS_CHUNK],
                               int open[PA_WEIERSTRASS_CHUNK], int *prepared_count,
                               pa_scalar u1[PA_WEIERSTRASS_CHUNK],
                               pa_scalar u2[PA_WEIERSTRASS_CHUNK], pa_weierstrass_chunk *chunk,
                               const pa_weierstrass_scheme *scheme);

/* ---- SM2 (sm2_rows.c) ------------------------------------------------------------------------ */

/* Where a prepared key of SM2 has its ZA under the default identity. */
#define PA_SM2_PREPARED_ZA 32

/* za = SM3(bits of ID || ID || a || b || x of G || y of G || x || y) for the default identity, of points as in a chunk.
 * count <= PA_WEIERSTRASS_CHUNK; za[i] 32 bytes, `apart` bytes behind za[i - 1]. */
void pa_sm2_default_za(uint8_t *za, uint64_t apart, const uint64_t *const *points, int count);

/* digests[i] = e of row first + i: SM3(ZA || message). Before: point and prepared of chunk. sized is cleared where an identity is
 * too long. */
pyaccel_status pa_sm2_digests(uint8_t (*digests)[32], pa_weierstrass_chunk *chunk,
                              const pa_verify_job *job, uint64_t first);

#endif
