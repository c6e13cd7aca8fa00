/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of many signatures at once. Works on public data and is variable-time. */
#ifndef PYACCEL_VERIFY_H
#define PYACCEL_VERIFY_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Schemes. */
#define PYACCEL_SCHEME_ED25519 1         /* RFC 8032; keys 32 bytes, signatures 64 (R || S)                       */
#define PYACCEL_SCHEME_SECP256K1_ECDSA 2 /* SEC 1; keys 33, 65 or raw 64 bytes, signatures r || s (64) or DER     */
#define PYACCEL_SCHEME_BIP340 3          /* BIP-340; keys 32 bytes (x), signatures 64 (x of R || s)               */
#define PYACCEL_SCHEME_P256_ECDSA 4      /* FIPS 186; keys 33, 65 or raw 64 bytes, or SPKI; signatures 64, or DER */
#define PYACCEL_SCHEME_P384_ECDSA 5      /* likewise; keys 49, 97 or raw 96 bytes, or SPKI; signatures 96, or DER */
#define PYACCEL_SCHEME_SM2 6             /* GB/T 32918.2; keys as of P-256; signatures r || s (64) or DER          */

/* Rules: what is valid. There is no default in C. A rule of another scheme is INVALID_ARGUMENT.
 * Ed25519:
 *   zip215        S < l; A and R any encoding that decodes (y >= p and x = 0 with sign allowed); small order
 *                 allowed; [8][S]B = [8]R + [8][k]A. ZIP-215.
 *   rfc8032       S < l; A and R canonical, x = 0 with sign refused; small order allowed; [S]B = R + [k]A exactly.
 *   openssl       S < l; A any encoding that decodes, R canonical (compared as bytes); small order allowed;
 *                 [S]B = R + [k]A exactly. OpenSSL, Go's crypto/ed25519.
 *   dalek-strict  as openssl, and A and R of small order refused. verify_strict of ed25519-dalek 2.
 *   libsodium     as dalek-strict, and A canonical. The libsodium 1.0.20 of PyNaCl 1.6.2.
 * ECDSA: r and s in [1, n - 1] always;
 *   any           nothing more
 *   low-s         s <= (n - 1) / 2
 *   bitcoin-core  secp256k1 alone: any s; keys may also be hybrid (06 / 07 with the parity of y checked), which the others
 *                 refuse
 *   fabric        P-256 and P-384: low-s, and DER as Hyperledger Fabric takes it, which is what Go's asn1.Unmarshal makes of
 *                 two integers: lengths and integers in as few bytes as they may have, anything behind s within the
 *                 sequence and behind the sequence; negative integers fail range
 * BIP-340: its own alone;
 *   bip340        key and r below p and abscissae of points, s < n (0 too); R = s G - e P finite, of even y, with x = r
 * SM2: its own alone;
 *   gbt32918      r and s in [1, n - 1], t = r + s mod n not 0; R = s G + t Q finite with e + x = r mod n, e = SM3(ZA || M) */
#define PYACCEL_RULE_ZIP215 1
#define PYACCEL_RULE_RFC8032 2
#define PYACCEL_RULE_OPENSSL 3
#define PYACCEL_RULE_DALEK_STRICT 4
#define PYACCEL_RULE_LIBSODIUM 5
#define PYACCEL_RULE_ANY 16
#define PYACCEL_RULE_LOW_S 17
#define PYACCEL_RULE_BITCOIN_CORE 18
#define PYACCEL_RULE_FABRIC 19
#define PYACCEL_RULE_BIP340 32
#define PYACCEL_RULE_GBT32918 48

/* How a message becomes the digest that is signed; 0: the scheme's own (ECDSA on 256-bit curves: sha256, on P-384: sha384; SM2:
 * SM3 of ZA and the message). NONE: rows are ready digests, of 32 bytes on secp256k1 and SM2 (e itself), of 32 or more on P-256
 * and P-384, where as many leftmost bits count as n has (fewer: all of them); another size is REASON_LENGTH. INVALID_ARGUMENT
 * for schemes that hash the message themselves (Ed25519, BIP-340; SM2 but for NONE). secp256k1 has SHA256, SHA256D and
 * KECCAK256, P-256 and P-384 have SHA256 and SHA384. */
#define PYACCEL_MESSAGE_HASH_NONE 1
#define PYACCEL_MESSAGE_HASH_SHA256 2
#define PYACCEL_MESSAGE_HASH_SHA256D 3
#define PYACCEL_MESSAGE_HASH_KECCAK256 4
#define PYACCEL_MESSAGE_HASH_SHA384 5

/* 0: auto, keys told apart by length and prefix: 33 bytes 02/03, 65 bytes 04 (bitcoin-core: 06/07), 64 bytes x || y; P-384: 49,
 * 97, 96. SPKI: SubjectPublicKeyInfo in DER of id-ecPublicKey with the named curve of the scheme, and nothing behind it, the point
 * with its prefix as above: 91 bytes or 59 (P-256, SM2), 120 or 72 (P-384). P-256, P-384 and SM2 alone. */
#define PYACCEL_KEY_FORMAT_AUTO 1
#define PYACCEL_KEY_FORMAT_SPKI 2

/* 0: raw. Named, never guessed. An integer of DER too large for its curve fails range. */
#define PYACCEL_SIGNATURE_FORMAT_RAW 1     /* fixed width, big-endian r || s for ECDSA, BIP-340 and SM2              */
#define PYACCEL_SIGNATURE_FORMAT_DER 2     /* two INTEGERs in strict DER (BIP-66, no sighash byte); fabric: as Go's  */
#define PYACCEL_SIGNATURE_FORMAT_DER_LAX 3 /* secp256k1: what Bitcoin Core's lax parser takes                        */

/* Why a row is 0; the first that applies in this order. */
#define PYACCEL_REASON_NONE 0     /* valid, or not looked at                                             */
#define PYACCEL_REASON_LENGTH 1   /* key, signature, digest or identity of a length that it can't have   */
#define PYACCEL_REASON_KEY 2      /* no key under the rule (SPKI of another curve too), or of bad order  */
#define PYACCEL_REASON_ENCODING 3 /* the same of the signature's encoding (DER, a point R)               */
#define PYACCEL_REASON_RANGE 4    /* a scalar is 0 or too large, s is high, SM2's r + s is 0 modulo n    */
#define PYACCEL_REASON_EQUATION 5 /* all well formed; the equation does not hold                         */

/* Public keys that are used again and again: original bytes, validity per rule, and
 *   Ed25519  24,896 bytes a key: the point and a comb of it, which leaves 15 of 130 doublings to a signature
 *   ECDSA on secp256k1
 *            26,752 bytes a key: the point and odd multiples of 2^(5 j) times it, which leave no doubling
 *   ECDSA on P-256; SM2
 *            53,376 bytes a key: the same of twice the length; of SM2 also ZA under the default identity
 *   ECDSA on P-384
 *            118,464 bytes a key: the same
 *   BIP-340  128 bytes a key: the point
 * as far as memory goes. Making an Ed25519 key ready takes as long as verifying three signatures one by one from bytes. Keys of
 * P-256, P-384 and SM2 that come in 16 rows of a call or more are made ready by the call itself, as many as 16 MiB hold, and
 * forgotten behind it.
 * Immutable, thread-safe. */
typedef struct pyaccel_prepared_keys pyaccel_prepared_keys;

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size;  /* sizeof(pyaccel_prepare_options)                                                    */
    uint64_t memory;     /* bytes that the handle may take for points and tables; 0: 64 MiB. Keys that do not
                            fit are kept as bytes alone and take the unprepared path                           */
    uint32_t key_format; /* PYACCEL_KEY_FORMAT_*; 0: auto                                                      */
    uint32_t threads;    /* 0: PYACCEL_THREADS, else the caller's thread alone                                 */
    uint64_t reserved;   /* 0                                                                                  */
} pyaccel_prepare_options;

/* *keys = handle of n keys (NULL on any status but OK); a key that does not decode makes its rows 0. public_keys: n rows,
 * read during the call alone (the handle keeps a copy of their bytes; stride 0: n times the same key). options may be NULL. */
PYACCEL_API pyaccel_status pyaccel_prepared_keys_new(pyaccel_prepared_keys **keys, uint32_t scheme,
                                                     const pyaccel_rows *public_keys, uint64_t n,
                                                     const pyaccel_prepare_options *options);
/* NULL is ignored. */
PYACCEL_API void pyaccel_prepared_keys_free(pyaccel_prepared_keys *keys);
/* Number of keys; bytes held (original bytes, points, tables). 0 for NULL. */
PYACCEL_API uint64_t pyaccel_prepared_keys_count(const pyaccel_prepared_keys *keys);
PYACCEL_API uint64_t pyaccel_prepared_keys_memory(const pyaccel_prepared_keys *keys);

/* Signatures that were found valid (cache.h). */
typedef struct pyaccel_cache pyaccel_cache;

/* rule and struct_size must be set; the rest may be 0. */
typedef struct {
    size_t struct_size;           /* sizeof(pyaccel_verify_options) */
    uint32_t rule;                /* PYACCEL_RULE_* */
    uint32_t message_hash;        /* PYACCEL_MESSAGE_HASH_*; 0: the scheme's own */
    uint32_t key_format;          /* PYACCEL_KEY_FORMAT_*; 0: auto. With prepared: theirs counts */
    uint32_t signature_format;    /* PYACCEL_SIGNATURE_FORMAT_*; 0: raw */
    const pyaccel_rows *identity; /* SM2 with message_hash 0 only: n rows, or one for all (stride 0), of which more
                                     than 8,191 bytes are INVALID_ARGUMENT; in a row of its own they are
                                     REASON_LENGTH. NULL: 1234567812345678 */
    const pyaccel_prepared_keys *prepared; /* in place of public_keys (then NULL); same scheme */
    const uint32_t *key_index;             /* n indices into prepared or public_keys; NULL: row i has key i,
                                              and prepared holds n keys or more */
    uint64_t key_count;                    /* rows in public_keys where key_index is given without prepared; else 0 */
    uint8_t *reasons;                      /* NULL, or n bytes: PYACCEL_REASON_*; zeroed on any status but OK */
    uint32_t threads;                      /* 0: PYACCEL_THREADS, else the caller's thread alone */
    uint32_t reserved;                     /* 0 */
    pyaccel_progress progress;             /* may be NULL */
    void *user;                            /* handed to progress */
    pyaccel_cache *cache; /* NULL, or what knows rows that are valid, which are then not verified again, and
                                              learns others that are. Rows must not change while the call runs */
} pyaccel_verify_options;

/* verdicts[i] = 1 when signature i over message i is valid under public key i and the rule, else 0: exactly what a one-by-one
 * verifier says of row i, for any mixture of good, bad and malformed rows.
 *   verdicts      n bytes; neither they nor the reasons overlap an input or one another (INVALID_ARGUMENT)
 *   public_keys, messages, signatures   n rows each (stride 0: one for all); public_keys NULL with options.prepared
 *   options       not NULL
 * Returns OK; INVALID_ARGUMENT (also a key_index past the end); UNSUPPORTED; OUT_OF_MEMORY; CANCELLED; BAD_ENVIRONMENT: all
 * verdicts are then 0; so are the reasons, unless options has a struct_size that is unknown here, when nothing in it is
 * believed. n beyond PTRDIFF_MAX, which no buffer reaches, is INVALID_ARGUMENT and writes nothing. n may be 0, with verdicts
 * NULL. Variable time. Thread-safe. */
PYACCEL_API pyaccel_status pyaccel_verify_many(uint8_t *verdicts, uint32_t scheme, const pyaccel_rows *public_keys,
                                               const pyaccel_rows *messages, const pyaccel_rows *signatures, uint64_t n,
                                               const pyaccel_verify_options *options);

#ifdef __cplusplus
}
#endif

#endif
