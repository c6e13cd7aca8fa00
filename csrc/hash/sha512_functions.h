/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of SHA-512 (FIPS 180-4, 4.1.3), in the includer's XOR3, ROTATE (to the right) and SHIFT. */
#define ROUNDS 80
#define BIG_SIGMA_0(x) XOR3(ROTATE(x, 28), ROTATE(x, 34), ROTATE(x, 39))
#define BIG_SIGMA_1(x) XOR3(ROTATE(x, 14), ROTATE(x, 18), ROTATE(x, 41))
#define SMALL_SIGMA_0(x) XOR3(ROTATE(x, 1), ROTATE(x, 8), SHIFT(x, 7))
#define SMALL_SIGMA_1(x) XOR3(ROTATE(x, 19), ROTATE(x, 61), SHIFT(x, 6))
