/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 in three streams of 16 lanes, AVX-512: a round of two waits for itself where an operation takes two cycles (Zen 5). */
#define STREAMS 3
#include "sm3_lanes.c"
