/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys recovered from ECDSA signatures on secp256k1, or their Ethereum addresses. Works on public data and is
 * variable-time. */
#ifndef PYACCEL_RECOVER_H
#define PYACCEL_RECOVER_H

#include "pyaccel/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rules: which signatures have a key. r and s in [1, n - 1] always; there is no default in C.
 *   secp256k1             ids 0 .. 3, any s. SEC 1, 4.1.6; libsecp256k1's recovery module
 *   ethereum-transaction  ids 0 and 1, s <= (n - 1) / 2. EIP-2; EIP-155 is undone by the caller
 *   ethereum-precompile   ids 0 and 1, any s. ecrecover of the EVM (Yellow Paper, appendix E) */
#define PYACCEL_RECOVER_SECP256K1 1
#define PYACCEL_RECOVER_ETHEREUM_TRANSACTION 2
#define PYACCEL_RECOVER_ETHEREUM_PRECOMPILE 3

/* rule and struct_size must be set; the rest may be 0. */
typedef struct {
    size_t struct_size;        /* sizeof(pyaccel_recover_options)                                              */
    uint32_t rule;             /* PYACCEL_RECOVER_*                                                            */
    uint32_t addresses;        /* 0: keys of 64 bytes; 1: Ethereum addresses of 20                             */
    uint8_t *reasons;          /* NULL, or n bytes: PYACCEL_REASON_* of verify.h; zeroed on any status but OK  */
    uint32_t threads;          /* 0: PYACCEL_THREADS, else the caller's thread alone                           */
    uint32_t reserved;         /* 0                                                                            */
    pyaccel_progress progress; /* may be NULL                                                                  */
    void *user;                /* handed to progress                                                           */
} pyaccel_recover_options;

/* keys[i] = the key that signed digest i, verdicts[i] = 1; where the signature has none under the rule, zeros and 0.
 *   Formula: R = the point of abscissa r, or r + n where the id has bit 1, whose ordinate is odd where it has bit 0;
 *   Q = (s R - digest G) / r. No key: r + n >= p, no such point, Q infinite.
 *   keys          n rows of 64 bytes, x || y big-endian; with addresses of 20, the last of keccak256(x || y)
 *   keys_size     bytes at keys, n rows or more
 *   verdicts      n bytes
 *   digests       n rows of 32 bytes (stride 0: one for all)
 *   signatures    n rows of r || s, 64 bytes; without recovery_ids of r || s || v, 65 bytes, v = id, or id + 27 where
 *                 id < 2
 *   recovery_ids  n bytes, 0 .. 3 each, or NULL
 *   options       not NULL
 * A row of another width, an id or v that the rule does not take, and r or s out of range are verdicts of 0; reasons then
 * say LENGTH, ENCODING, RANGE, and EQUATION where all is well formed and there is no key, the first that applies in this order.
 * Outputs do not overlap an input or one another (INVALID_ARGUMENT). Returns OK; INVALID_ARGUMENT; UNSUPPORTED;
 * OUT_OF_MEMORY; CANCELLED; BAD_ENVIRONMENT: the first bytes of keys are then zero, as many as n rows have and keys_size
 * allows, and all verdicts 0; so are the reasons. Options with a struct_size that is unknown here are not believed in
 * anything: rows are then taken to have 64 bytes, and the reasons stay. n beyond PTRDIFF_MAX / 64, which no buffer reaches, is
 * INVALID_ARGUMENT and writes nothing. n may be 0, with keys and verdicts NULL. Variable time. Thread-safe. */
PYACCEL_API pyaccel_status pyaccel_recover_many(uint8_t *keys, uint64_t keys_size, uint8_t *verdicts,
                                                const pyaccel_rows *digests, const pyaccel_rows *signatures,
                                                const uint8_t *recovery_ids, uint64_t n,
                                                const pyaccel_recover_options *options);

#ifdef __cplusplus
}
#endif

#endif
