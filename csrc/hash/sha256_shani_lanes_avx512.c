/* SPDX-License-Identifier: Apache-2.0 */
/* The same with the rotations of AVX-512VL. */
#define NAME pa_sha256_lanes_shani_avx512_x32
#include "sha256_shani_lanes.c"
