/* SPDX-License-Identifier: Apache-2.0 */
/* The verify room inside libpyaccel: what a scheme offers to verify_many.c, and a variant to its
 * scheme. */
#ifndef PA_VERIFY_H
#define PA_VERIFY_H

#include "../core/internal.h"
#include "pyaccel/recover.h"
#include "pyaccel/verify.h"

/* DER (der.c). raw = r || s, `bytes` bytes big-endian each (32 where none are named); an integer that has more gives
 * bytes of 0xff, which the range check refuses. None reads past size. */
/* Strict, as BIP-66 without the sighash byte: false when the encoding is not the only valid one. */
bool pa_der_parse(uint8_t *raw, int bytes, const uint8_t *der, uint64_t size);
/* As Go's asn1.Unmarshal into struct { R, S *big.Int }, of which Hyperledger Fabric does not look at what is left over; a
 * negative integer, which Fabric refuses, gives bytes of 0xff too. */
bool pa_der_parse_go(uint8_t *raw, int bytes, const uint8_t *der, uint64_t size);
/* As Bitcoin Core's ecdsa_signature_parse_der_lax: false when even that refuses. */
bool pa_der_parse_lax(uint8_t raw[64], const uint8_t *der, uint64_t size);

/* ---- schemes -------------------------------------------------------------------------------- */

/* Most bytes of an identity of SM2, whose bits are counted in two. */
#define PA_SM2_IDENTITY_MAX 8191

/* One call of pyaccel_verify_many, its arguments checked: shapes of rows valid, rule and formats
 * known to the scheme. Row i has key number key_index[i], or i where that is NULL. */
typedef struct {
    const pyaccel_rows *public_keys; /* key_count rows; of a handle: the bytes that it keeps */
    uint64_t key_count;
    const uint32_t *key_index;
    const uint8_t *prepared; /* entries of the kernel's prepared_size, for the first keys */
    uint64_t prepared_count; /* of them; keys from here on are taken from their bytes */
    const pyaccel_rows *messages;
    const pyaccel_rows *signatures;
    const pyaccel_rows *identity; /* of SM2 alone; NULL: the default */
    uint32_t rule;                /* PYACCEL_RULE_* */
    uint32_t message_hash;     /* PYACCEL_MESSAGE_HASH_*; 0: the scheme hashes the message itself */
    uint32_t key_format;       /* PYACCEL_KEY_FORMAT_*, never 0 */
    uint32_t signature_format; /* PYACCEL_SIGNATURE_FORMAT_*, never 0 */
    const struct pa_repeated_keys *repeated; /* prepared for this call alone, or NULL */
} pa_verify_job;

/* The entry of a key with these bytes; NULL where it is none of those (repeated_keys.c). */
const void *pa_repeated_keys_find(const struct pa_repeated_keys *keys, const pa_bytes *key);

/* *bytes = public key of row i, *prepared = its prepared entry or NULL. False when its index or
 * offset is bad: the call is then INVALID_ARGUMENT. The index is read once, as callers may write
 * to it meanwhile. */
static inline bool pa_verify_key(pa_bytes *bytes, const void **prepared, const pa_verify_job *job,
                                 uint64_t prepared_size, uint64_t i)
{
    const volatile uint32_t *index = job->key_index;
    const uint64_t key = index == NULL ? i : index[i];
    *prepared = key < job->prepared_count ? job->prepared + key * prepared_size : NULL;
    if (key >= job->key_count || !pa_rows_get(bytes, job->public_keys, key)) {
        return false;
    }
    if (job->repeated != NULL) {
        *prepared = pa_repeated_keys_find(job->repeated, bytes);
    }
    return true;
}

/* One call of pyaccel_recover_many, its arguments checked. */
typedef struct {
    const pyaccel_rows *digests;
    const pyaccel_rows *signatures;
    const uint8_t *recovery_ids; /* one a row; NULL: signatures end in v */
    uint64_t key_size;           /* bytes of a row of keys: 64, or 20 for addresses */
    uint32_t rule;               /* PYACCEL_RECOVER_* */
} pa_recover_job;

/* What a variant of a scheme offers. Its kernels are called from any thread and do not allocate.
 *   prepared_size  bytes of a prepared key, a multiple of 64; entries are 64-byte aligned
 *   prepare        entries[i] = key i decoded, with its validity under every rule, for any bytes
 *                  of any length, first <= i < last
 *   range_rows     rows of a range that it works best on, a multiple of 64
 *   scratch_size   bytes of the scratch that verify_range needs for `rows` rows of job, no less
 *                  for more rows; NULL where it needs none
 *   verify_range   sets verdicts[i] and reasons[i] (PYACCEL_REASON_*) for first <= i < last; both
 *                  arrays are those of the whole batch, never NULL. scratch: 64-byte aligned, not
 *                  initialised, for this call alone; NULL where none is needed. OK, or
 *                  INVALID_ARGUMENT for a bad key index or offset: the caller then closes all
 *                  outputs
 *   recover_scratch_size, recover_range
 *                  the same for pyaccel_recover_many, on secp256k1 alone: keys[i] (zeros where there
 *                  is none) and reasons[i] */
struct pa_verify_kernel {
    uint32_t scheme; /* PYACCEL_SCHEME_* */
    uint64_t prepared_size;
    uint64_t range_rows;
    void (*prepare)(uint8_t *entries, const pyaccel_rows *keys, uint64_t first, uint64_t last,
                    uint32_t key_format);
    uint64_t (*scratch_size)(const pa_verify_job *job, uint64_t rows);
    pyaccel_status (*verify_range)(uint8_t *verdicts, uint8_t *reasons, const pa_verify_job *job,
                                   uint64_t first, uint64_t last, void *scratch);
    uint64_t (*recover_scratch_size)(const pa_recover_job *job, uint64_t rows);
    pyaccel_status (*recover_range)(uint8_t *keys, uint8_t *reasons, const pa_recover_job *job,
                                    uint64_t first, uint64_t last, void *scratch);
};

/* One table per variant; variants.c lists them. */
extern const struct pa_verify_kernel pa_ed25519_portable, pa_ed25519_adx, pa_ed25519_avx2;
extern const struct pa_verify_kernel pa_ed25519_avx512ifma, pa_ed25519_avx512ifma_emulated;
extern const struct pa_verify_kernel pa_secp256k1_avx512ifma, pa_secp256k1_avx512ifma_emulated;
extern const struct pa_verify_kernel pa_bip340_adx, pa_bip340_avx2;
extern const struct pa_verify_kernel pa_bip340_portable;
extern const struct pa_verify_kernel pa_bip340_avx512ifma, pa_bip340_avx512ifma_emulated;
extern const struct pa_verify_kernel pa_secp256k1_portable, pa_secp256k1_adx, pa_secp256k1_avx2;
extern const struct pa_verify_kernel pa_p256_portable, pa_p256_adx, pa_p256_avx2;
extern const struct pa_verify_kernel pa_p256_avx512ifma, pa_p256_avx512ifma_emulated;
extern const struct pa_verify_kernel pa_p384_portable, pa_p384_avx2;
extern const struct pa_verify_kernel pa_p384_avx512ifma, pa_p384_avx512ifma_emulated;
extern const struct pa_verify_kernel pa_sm2_portable, pa_sm2_adx, pa_sm2_avx2;
extern const struct pa_verify_kernel pa_sm2_avx512ifma, pa_sm2_avx512ifma_emulated;

#endif
