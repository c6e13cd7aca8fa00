/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing many messages at once, and one message as it comes. */
#ifndef PYACCEL_HASH_H
#define PYACCEL_HASH_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Algorithms: FIPS 180-4 (SHA-2), Keccak with the original padding (0x01) as Ethereum uses it, RIPEMD-160
 * (Dobbertin, Bosselaers, Preneel 1996), GB/T 32905-2016 (SM3), FIPS 202 (SHA-3, SHAKE). sha256d is SHA-256 twice, hash160
 * is RIPEMD-160 of SHA-256. SHAKE digests may have any size of 1 .. 2^32 - 1 bytes; their own are those of RFC 8702.
 * BLAKE2 is that of RFC 7693, without salt, personalisation and trees, keyed where a key is given; the digest size is
 * hashed too, so that blake2b-256 is not the head of blake2b-512. BLAKE3 is its hash; with a key its keyed hash; with a
 * context string, which no key goes with, its key derivation; digests of any size of 1 .. 2^32 - 1 bytes.
 * HMAC is that of RFC 2104 and FIPS 198-1 with a key of any size, an empty one too, which must be given: without a key it
 * is INVALID_ARGUMENT. */
#define PYACCEL_HASH_SHA256 1       /* 32 bytes */
#define PYACCEL_HASH_SHA256D 2      /* 32 bytes */
#define PYACCEL_HASH_SHA512 3       /* 64 bytes */
#define PYACCEL_HASH_KECCAK256 4    /* 32 bytes */
#define PYACCEL_HASH_RIPEMD160 5    /* 20 bytes */
#define PYACCEL_HASH_HASH160 6      /* 20 bytes */
#define PYACCEL_HASH_SM3 7          /* 32 bytes */
#define PYACCEL_HASH_SHA224 8       /* 28 bytes */
#define PYACCEL_HASH_SHA384 9       /* 48 bytes */
#define PYACCEL_HASH_SHA512_256 10  /* 32 bytes */
#define PYACCEL_HASH_SHA3_224 16    /* 28 bytes */
#define PYACCEL_HASH_SHA3_256 17    /* 32 bytes */
#define PYACCEL_HASH_SHA3_384 18    /* 48 bytes */
#define PYACCEL_HASH_SHA3_512 19    /* 64 bytes */
#define PYACCEL_HASH_SHAKE128 20    /* 32 bytes, or digest_size */
#define PYACCEL_HASH_SHAKE256 21    /* 64 bytes, or digest_size */
#define PYACCEL_HASH_BLAKE2B_256 32 /* 32 bytes; key of 1 to 64 bytes */
#define PYACCEL_HASH_BLAKE2B_512 33 /* 64 bytes; key of 1 to 64 bytes */
#define PYACCEL_HASH_BLAKE2S_256 34 /* 32 bytes; key of 1 to 32 bytes */
#define PYACCEL_HASH_BLAKE3 35      /* 32 bytes, or digest_size; key of 32 bytes, or context */

#define PYACCEL_HASH_HMAC_SHA256 48 /* 32 bytes; key of any size */
#define PYACCEL_HASH_HMAC_SHA512 49 /* 64 bytes; key of any size */
#define PYACCEL_HASH_HMAC_SM3 50    /* 32 bytes; key of any size */

/* Poseidon2 (Grassi, Khovratovich, Schofnegger, 2023/323) of rows of field elements, each in little-endian bytes and below
 * the field's modulus: 32 bytes for the scalar fields of BN254 and BLS12-381 and the base fields of Pallas and Vesta, 8
 * for Goldilocks (2^64 - 2^32 + 1), 4 for BabyBear (15 2^27 + 1). A row of another size, or with an element that is not
 * below the modulus, is INVALID_ARGUMENT. The permutation takes rows of t elements to digests of t elements. A name holds
 * the field, t and, where others published other constants, whose they are:
 *   HorizenLabs  github.com/HorizenLabs/poseidon2 (crate zkhash 0.2.0), the paper's authors: the Grain LFSR. BN254,
 *                BLS12-381, Pallas and Vesta are theirs
 *   PLONKY3      crate p3-baby-bear 0.8.0, default_babybear_poseidon2_16 and _24: HorizenLabs' round constants, other
 *                matrices
 *   PLONKY3_SEED1  the same matrices; round constants drawn by Xoroshiro128Plus::seed_from_u64(1), new_from_rng_128, as
 *                Plonky3's tests and examples do
 *   GNARK        gnark-crypto v0.19.2 field/babybear/poseidon2: Plonky3's matrices; round constants from a chain of
 *                Keccak-256 over the set's description
 * The widths have 8 external rounds; internal ones: 56 (32-byte fields), 22 (Goldilocks), 13 and 21 (BabyBear, t = 16 and
 * 24). */
#define PYACCEL_HASH_POSEIDON2_BN254_T3 64                   /* 3 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BLS12_381_T2 65               /* 2 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BLS12_381_T3 66               /* 3 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BLS12_381_T4 67               /* 4 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_PALLAS_T3 68                  /* 3 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_VESTA_T3 69                   /* 3 x 32 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_GOLDILOCKS_T8_HORIZENLABS 70  /* 8 x 8 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_GOLDILOCKS_T12_HORIZENLABS 71 /* 12 x 8 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_HORIZENLABS 72   /* 16 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_PLONKY3 73       /* 16 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_PLONKY3_SEED1 74 /* 16 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_GNARK 75         /* 16 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T24_HORIZENLABS 76   /* 24 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T24_PLONKY3 77       /* 24 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T24_PLONKY3_SEED1 78 /* 24 x 4 bytes in and out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T24_GNARK 79         /* 24 x 4 bytes in and out */

/* Their 2-to-1 compressions, where the set's source has one: rows of two nodes, left and right, to a node of 32 bytes.
 *   HorizenLabs  the first element of the permutation of (left, right, 0): MerkleTreeHash of zkhash
 *   PLONKY3      the first 8 elements of the permutation of left || right: TruncatedPermutation of p3-symmetric
 *   GNARK        the last 8 elements of it, and right added: Permutation.Compress */
#define PYACCEL_HASH_POSEIDON2_BN254_T3_COMPRESS 96                    /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_BLS12_381_T3_COMPRESS 98                /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_PALLAS_T3_COMPRESS 100                  /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_VESTA_T3_COMPRESS 101                   /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_PLONKY3_COMPRESS 105       /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_PLONKY3_SEED1_COMPRESS 106 /* 64 bytes in, 32 out */
#define PYACCEL_HASH_POSEIDON2_BABYBEAR_T16_GNARK_COMPRESS 107         /* 64 bytes in, 32 out */

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size;        /* sizeof(pyaccel_hash_options)                                             */
    const uint8_t *key;        /* NULL: none; one for an algorithm that takes none is INVALID_ARGUMENT     */
    uint64_t key_size;         /* bytes                                                                    */
    const uint8_t *context;    /* NULL: none; an empty string is one; only where an algorithm takes it     */
    uint64_t context_size;     /* bytes                                                                    */
    uint64_t digest_size;      /* bytes; 0: the algorithm's own; another one only where output is variable */
    uint32_t threads;          /* 0: PYACCEL_THREADS, else the caller's thread alone                       */
    uint32_t reserved;         /* 0                                                                        */
    pyaccel_progress progress; /* may be NULL                                                              */
    void *user;                /* handed to progress                                                       */
} pyaccel_hash_options;

/* digests[i * d .. (i + 1) * d) = H(row i), d = the digest size, for i < n, in the caller's order.
 *   digests       n * d bytes; must not overlap the messages (INVALID_ARGUMENT)
 *   digests_size  its capacity in bytes, >= n * d
 *   messages      n rows of 0 .. 2^61 - 1 bytes each
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED; OUT_OF_MEMORY; CANCELLED; BAD_ENVIRONMENT. On any but OK the first
 * min(digests_size, n * d) bytes are zero. Variable time in the lengths, not in the contents. Thread-safe.
 * A key is read during the call; what is made of it is wiped before the call returns. */
PYACCEL_API pyaccel_status pyaccel_hash_many(uint8_t *digests, uint64_t digests_size, uint32_t algorithm,
                                             const pyaccel_rows *messages, uint64_t n,
                                             const pyaccel_hash_options *options);

/* digest = H(data), one message that is all there; the same as hash_many with one row, and quicker to call. Not for Poseidon2
 * (INVALID_ARGUMENT), whose rows are elements.
 *   digest_size  bytes, as in pyaccel_hasher_digest; options->digest_size is 0 or the same
 *   data         size bytes, 0 .. 2^61 - 1; may be NULL where size is 0; may overlap digest
 *   options      as in hash_many; threads and progress are not used
 * Returns OK; INVALID_ARGUMENT; BAD_ENVIRONMENT. On any but OK the digest_size bytes are zero. Variable time in the sizes,
 * not in the contents. Thread-safe. A key is read during the call; what is made of it is wiped before the call returns. */
PYACCEL_API pyaccel_status pyaccel_hash_one(uint8_t *digest, uint64_t digest_size, uint32_t algorithm,
                                            const uint8_t *data, uint64_t size, const pyaccel_hash_options *options);

/* One message that comes in pieces: a handle of what its digest depends on, some kilobytes at most whatever came. One
 * thread at a time may update it; digest and copy leave it as it is, and may run side by side while no update does. To go
 * on in two threads, each takes a copy. */
typedef struct pyaccel_hasher pyaccel_hasher;

/* *hasher = handle of the empty message (NULL on any status but OK).
 *   options  as in hash_many; the key is read during the call, what is made of it stands in the handle. threads and
 *            progress are not used: the caller's thread works alone. digest_size is checked, and that is all, since
 *            pyaccel_hasher_digest is told one
 * Returns OK; INVALID_ARGUMENT; OUT_OF_MEMORY; BAD_ENVIRONMENT. Thread-safe. */
PYACCEL_API pyaccel_status pyaccel_hasher_new(pyaccel_hasher **hasher, uint32_t algorithm,
                                              const pyaccel_hash_options *options);

/* Appends the size bytes at data (which may be NULL where size is 0) to the message. Pieces may be of any size, the message
 * of 2^61 - 1 bytes at most. Big pieces are hashed where they lie; BLAKE3's as fast as a message of that size.
 * Returns OK; INVALID_ARGUMENT, after which the handle answers nothing else, since its message lacks a piece. Variable time
 * in the sizes, not in the contents. */
PYACCEL_API pyaccel_status pyaccel_hasher_update(pyaccel_hasher *hasher, const uint8_t *data, uint64_t size);

/* digest = the digest of the message so far, which may go on.
 *   digest_size  bytes, the algorithm's own; 1 .. 2^32 - 1 where it has a choice. A longer digest begins with the shorter
 * Returns OK; INVALID_ARGUMENT, and the digest_size bytes are zero. */
PYACCEL_API pyaccel_status pyaccel_hasher_digest(uint8_t *digest, uint64_t digest_size, const pyaccel_hasher *hasher);

/* *copy = another handle of the same message, keys included (NULL on any status but OK).
 * Returns OK; INVALID_ARGUMENT, also after an update that was one; OUT_OF_MEMORY. */
PYACCEL_API pyaccel_status pyaccel_hasher_copy(pyaccel_hasher **copy, const pyaccel_hasher *hasher);

/* Wipes the handle and gives its memory back. NULL is ignored. */
PYACCEL_API void pyaccel_hasher_free(pyaccel_hasher *hasher);

/* Digest size in bytes of an algorithm, its own where it has a choice; 0 when it is unknown. */
PYACCEL_API uint64_t pyaccel_hash_digest_size(uint32_t algorithm);

#ifdef __cplusplus
}
#endif

#endif
