/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of numbers of 256 bits modulo any odd number, in variable time. */
#ifndef PA_FIELD_INVERSE256_H
#define PA_FIELD_INVERSE256_H

#include <stdbool.h>
#include <stdint.h>

#define PA_INVERSE256_LIMBS 5
#define PA_INVERSE256_LOW ((UINT64_C(1) << 62) - 1)

/* An odd modulus m, 1 < m < 2^256: its limbs of 62 bits, least significant first, and 1 / m mod
 * 2^62. */
typedef struct {
    int64_t limb[PA_INVERSE256_LIMBS];
    uint64_t inverse;
} pa_modulus256;

/* One from its 64-bit words, least significant first: an initializer. */
#define PA_MODULUS256(w0, w1, w2, w3, inverse_62)                                                  \
    {{(int64_t)((w0) & PA_INVERSE256_LOW),                                                         \
      (int64_t)(((w0) >> 62 | (w1) << 2) & PA_INVERSE256_LOW),                                     \
      (int64_t)(((w1) >> 60 | (w2) << 4) & PA_INVERSE256_LOW),                                     \
      (int64_t)(((w2) >> 58 | (w3) << 6) & PA_INVERSE256_LOW), (int64_t)((w3) >> 56)},             \
     inverse_62}

/* secp256k1: the prime of its field, and the order of its group. */
extern const pa_modulus256 pa_secp256k1_prime, pa_secp256k1_order;
/* P-256 and SM2, likewise. */
extern const pa_modulus256 pa_p256_prime, pa_p256_order, pa_sm2_prime, pa_sm2_order;

/* r = 1 / a mod m, below m; 0, and false, where a has a factor in common with m (so for 0, and for
 * m itself). a: any four words, least significant first; r may be a. */
bool pa_inverse256(uint64_t r[4], const uint64_t a[4], const pa_modulus256 *m);

#endif
