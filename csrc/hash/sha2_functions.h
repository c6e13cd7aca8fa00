/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of SHA-2 (FIPS 180-4, 4.1.2 and 4.1.3), in the includer's numbers of bits, XOR3, ROTATE and SHIFT. */
#define BIG_SIGMA_0(x) XOR3(ROTATE(x, BIG_0_0), ROTATE(x, BIG_0_1), ROTATE(x, BIG_0_2))
#define BIG_SIGMA_1(x) XOR3(ROTATE(x, BIG_1_0), ROTATE(x, BIG_1_1), ROTATE(x, BIG_1_2))
#define SMALL_SIGMA_0(x) XOR3(ROTATE(x, SMALL_0_0), ROTATE(x, SMALL_0_1), SHIFT(x, SMALL_0_2))
#define SMALL_SIGMA_1(x) XOR3(ROTATE(x, SMALL_1_0), ROTATE(x, SMALL_1_1), SHIFT(x, SMALL_1_2))
