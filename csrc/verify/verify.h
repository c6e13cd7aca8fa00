/* SPDX-License-Identifier: Apache-2.0 */
/* The verify room inside libpyaccel: what a scheme offers to verify_many.c, and a variant to its scheme. */
#ifndef PA_VERIFY_H
#define PA_VERIFY_H

#include "../core/internal.h"
#include "pyaccel/verify.h"

/* DER (der.c). raw = r || s, 32 bytes big-endian each; an integer of more than 32 bytes gives 32 bytes of 0xff,
 * which the range check refuses. Both never read past size. */
/* Strict, as BIP-66 without the sighash byte: false when the encoding is not the only valid one. */
bool pa_der_parse(uint8_t raw[64], const uint8_t *der, uint64_t size);
/* As Bitcoin Core's ecdsa_signature_parse_der_lax: false when even that refuses. */
bool pa_der_parse_lax(uint8_t raw[64], const uint8_t *der, uint64_t size);

#endif
