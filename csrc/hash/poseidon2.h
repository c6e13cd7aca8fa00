/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2: parameter sets, kernels, and the engine. */
#ifndef PA_HASH_POSEIDON2_H
#define PA_HASH_POSEIDON2_H

#include "algorithm.h"

enum {
    PA_POSEIDON2_BN254_T3,
    PA_POSEIDON2_BLS12_381_T2,
    PA_POSEIDON2_BLS12_381_T3,
    PA_POSEIDON2_BLS12_381_T4,
    PA_POSEIDON2_PALLAS_T3,
    PA_POSEIDON2_VESTA_T3,
    PA_POSEIDON2_GOLDILOCKS_T8_HORIZENLABS,
    PA_POSEIDON2_GOLDILOCKS_T12_HORIZENLABS,
    PA_POSEIDON2_BABYBEAR_T16_HORIZENLABS,
    PA_POSEIDON2_BABYBEAR_T16_PLONKY3,
    PA_POSEIDON2_BABYBEAR_T16_PLONKY3_SEED1,
    PA_POSEIDON2_BABYBEAR_T16_GNARK,
    PA_POSEIDON2_BABYBEAR_T24_HORIZENLABS,
    PA_POSEIDON2_BABYBEAR_T24_PLONKY3,
    PA_POSEIDON2_BABYBEAR_T24_PLONKY3_SEED1,
    PA_POSEIDON2_BABYBEAR_T24_GNARK,
    PA_POSEIDON2_SETS
};

#define PA_POSEIDON2_HALF 4 /* external rounds before the internal ones, and after them */

/* Elements of a table are uint32_t (BabyBear), uint64_t (Goldilocks) or four uint64_t, least significant first; in
 * Montgomery form but for Goldilocks. */
typedef struct {
    uint32_t t;
    uint32_t internal_rounds;
    bool circulant;        /* M4 is Plonky3's circ(2, 3, 1, 1), not the paper's */
    const void *constants; /* in the order of their use: t a round, 1 in an internal one */
    const void *diagonal;  /* of the internal matrix, less 1: t elements */
} pa_poseidon2_set;

extern const pa_poseidon2_set pa_poseidon2_sets[PA_POSEIDON2_SETS];

/* Bytes of the states of all lanes: 16 lanes of 24 elements of 4 bytes, 8 of 12 of 8, 2 of 4 of 32. */
#define PA_POSEIDON2_MAX_STATE 1536

/* Families PA_FAMILY_POSEIDON2_<field> and ..._LANES: `lanes` states at once. */
struct pa_poseidon2 {
    /* Permutes all lanes under a set of this field.
     *   shapes  state: aligned to 64 bytes; element i of lane l, canonical words as in the set's tables, stands at
     *           [i * lanes + l], before as after */
    void (*permute)(void *state, const pa_poseidon2_set *set);
    uint32_t lanes;
    uint32_t cost; /* cycles a state of 16 elements takes in all lanes together */
};

extern const struct pa_poseidon2 pa_poseidon2_bn254_portable;
extern const struct pa_poseidon2 pa_poseidon2_bn254_adx;
extern const struct pa_poseidon2 pa_poseidon2_bls12_381_portable;
extern const struct pa_poseidon2 pa_poseidon2_bls12_381_adx;
extern const struct pa_poseidon2 pa_poseidon2_pallas_portable;
extern const struct pa_poseidon2 pa_poseidon2_pallas_adx;
extern const struct pa_poseidon2 pa_poseidon2_vesta_portable;
extern const struct pa_poseidon2 pa_poseidon2_vesta_adx;
extern const struct pa_poseidon2 pa_poseidon2_goldilocks_portable;
extern const struct pa_poseidon2 pa_poseidon2_goldilocks_lanes_avx2;
extern const struct pa_poseidon2 pa_poseidon2_goldilocks_lanes_avx512;
extern const struct pa_poseidon2 pa_poseidon2_goldilocks_lanes_avx512_emulated;
extern const struct pa_poseidon2 pa_poseidon2_babybear_portable;
extern const struct pa_poseidon2 pa_poseidon2_babybear_lanes_avx2;
extern const struct pa_poseidon2 pa_poseidon2_babybear_lanes_avx512;
extern const struct pa_poseidon2 pa_poseidon2_babybear_lanes_avx512_emulated;

/* One call's job. */
typedef struct {
    const struct pa_poseidon2_algorithm *algorithm;
    const struct pa_poseidon2 *single;
    const struct pa_poseidon2 *lanes; /* NULL without lanes */
} pa_poseidon2_job;

/* The algorithm of an id; NULL when it is none of Poseidon2's. Its engine's job is a pa_poseidon2_job. */
const pa_hash_algorithm *pa_poseidon2_algorithm(uint32_t id);

#endif
