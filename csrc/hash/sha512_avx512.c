/* SPDX-License-Identifier: Apache-2.0 */
/* The same with the rotations and the ternary logic of AVX-512VL. */
#include "sha512_avx2.c"
