/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 in two streams of 8 lanes, AVX-512: where an operation takes two cycles (Zen 5) one stream leaves half of its pipes
 * idle. */
#define STREAMS 2
#include "sha512_lanes.c"
