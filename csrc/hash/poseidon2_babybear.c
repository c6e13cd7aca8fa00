/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over BabyBear, one state at a time. */
#include "../field/babybear.h"

typedef uint32_t element;
typedef uint32_t el;
#define el_add babybear_add
#define el_mul babybear_mul
#define el_set1(constant) (*(constant))
#define el_number(n) (n)

#include "poseidon2_babybear.h"

const struct pa_poseidon2 pa_poseidon2_babybear_portable = {permute, 1, 5600};
