/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of SHA-256 (FIPS 180-4, 4.1.2), in the includer's XOR3, ROTATE (to the right) and SHIFT. */
#define ROUNDS 64
/* Bits of Sigma_0, Sigma_1, sigma_0 and sigma_1, of which the small ones shift by their last. */
#define BIG_0_0 2
#define BIG_0_1 13
#define BIG_0_2 22
#define BIG_1_0 6
#define BIG_1_1 11
#define BIG_1_2 25
#define SMALL_0_0 7
#define SMALL_0_1 18
#define SMALL_0_2 3
#define SMALL_1_0 17
#define SMALL_1_1 19
#define SMALL_1_2 10
#include "sha2_functions.h"
