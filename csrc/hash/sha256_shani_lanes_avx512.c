/* SPDX-License-Identifier: Apache-2.0 */
/* The same with the rotations of AVX-512VL. */
#define PA_SHANI(lanes) pa_sha256_lanes_shani_avx512_x##lanes
#include "sha256_shani_lanes.c"
