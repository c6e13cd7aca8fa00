/* SPDX-License-Identifier: Apache-2.0 */
/* Ladders of weierstrass_sums.h for two groups at once, which a variant may have where a ladder waits for itself. */
#ifndef PA_VERIFY_SECP256K1_LADDER_TWO_H
#define PA_VERIFY_SECP256K1_LADDER_TWO_H

/* *sums[g] = terms[g][0] + 2^width terms[g][1] + .. of `digits` terms, Z = 0 where an addition is exceptional. sums: a
 * curve_jacobian each, terms: arrays of curve_affine, of a field of one group of the variant. */
typedef void pa_secp256k1_ladder_fn(void *const sums[2], const void *const terms[2], int digits,
                                    int width);
extern pa_secp256k1_ladder_fn pa_secp256k1_ladder_avx512ifma,
    pa_secp256k1_ladder_avx512ifma_emulated;

#endif
