/* SPDX-License-Identifier: Apache-2.0 */
/* libsecp256k1, opened at run time and called row after row. */
#ifndef PYACCEL_PEERS_SECP256K1_H
#define PYACCEL_PEERS_SECP256K1_H

#include <stddef.h>
#include <stdint.h>

typedef struct libsecp libsecp;

/* NULL where there is none. */
const libsecp *libsecp_open(void);

/* Verdicts of n rows of `width` bytes: key (key_size bytes), r || s (64), digest (32). */
void libsecp_ecdsa(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n,
                   size_t key_size);
/* x || y of each row's signer, 64 bytes: rows are r || s || id (65), digest (32). 0 where there is
 * none. */
int libsecp_recover(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n);
/* Verdicts under BIP-340: rows are key (32), signature (64), message (what is left). */
int libsecp_bip340(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n);

#endif
