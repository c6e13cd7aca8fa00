/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of SHA-512 (FIPS 180-4, 4.1.3), in the includer's XOR3, ROTATE (to the right) and SHIFT. */
#define ROUNDS 80
/* Bits of Sigma_0, Sigma_1, sigma_0 and sigma_1, of which the small ones shift by their last. */
#define BIG_0_0 28
#define BIG_0_1 34
#define BIG_0_2 39
#define BIG_1_0 14
#define BIG_1_1 18
#define BIG_1_2 41
#define SMALL_0_0 1
#define SMALL_0_1 8
#define SMALL_0_2 7
#define SMALL_1_0 19
#define SMALL_1_1 61
#define SMALL_1_2 6
#include "sha2_functions.h"
