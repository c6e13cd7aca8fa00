/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 in two streams of 16 lanes, AVX-512: where an operation takes two cycles (Zen 5) one stream leaves half of its pipes
 * idle. */
#define STREAMS 2
#include "sm3_lanes.c"
