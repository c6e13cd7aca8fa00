/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of SHA-256 (FIPS 180-4, 4.1.2), in the includer's XOR3, ROTATE (to the right) and SHIFT. */
#define ROUNDS 64
#define BIG_SIGMA_0(x) XOR3(ROTATE(x, 2), ROTATE(x, 13), ROTATE(x, 22))
#define BIG_SIGMA_1(x) XOR3(ROTATE(x, 6), ROTATE(x, 11), ROTATE(x, 25))
#define SMALL_SIGMA_0(x) XOR3(ROTATE(x, 7), ROTATE(x, 18), SHIFT(x, 3))
#define SMALL_SIGMA_1(x) XOR3(ROTATE(x, 17), ROTATE(x, 19), SHIFT(x, 10))
