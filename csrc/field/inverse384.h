/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of numbers of 384 bits modulo any odd number, in variable time. */
#ifndef PA_FIELD_INVERSE384_H
#define PA_FIELD_INVERSE384_H

#include <stdbool.h>
#include <stdint.h>

#define PA_INVERSE384_LIMBS 7
#define PA_INVERSE384_LOW ((UINT64_C(1) << 62) - 1)

/* An odd modulus m, 1 < m < 2^384: its limbs of 62 bits, least significant first, and 1 / m mod
 * 2^62. */
typedef struct {
    int64_t limb[PA_INVERSE384_LIMBS];
    uint64_t inverse;
} pa_modulus384;

/* One from its 64-bit words, least significant first: an initializer. */
#define PA_MODULUS384(w0, w1, w2, w3, w4, w5, inverse_62)                                          \
    {{(int64_t)((w0) & PA_INVERSE384_LOW),                                                         \
      (int64_t)(((w0) >> 62 | (w1) << 2) & PA_INVERSE384_LOW),                                     \
      (int64_t)(((w1) >> 60 | (w2) << 4) & PA_INVERSE384_LOW),                                     \
      (int64_t)(((w2) >> 58 | (w3) << 6) & PA_INVERSE384_LOW),                                     \
      (int64_t)(((w3) >> 56 | (w4) << 8) & PA_INVERSE384_LOW),                                     \
      (int64_t)(((w4) >> 54 | (w5) << 10) & PA_INVERSE384_LOW), (int64_t)((w5) >> 52)},            \
     inverse_62}

/* P-384: the prime of its field, and the order of its group. */
extern const pa_modulus384 pa_p384_prime, pa_p384_order;

/* r = 1 / a mod m, below m; 0, and false, where a has a factor in common with m (so for 0, and for
 * m itself). a: any six words, least significant first; r may be a. */
bool pa_inverse384(uint64_t r[6], const uint64_t a[6], const pa_modulus384 *m);

#endif
