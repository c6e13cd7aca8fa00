/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-512 kernel of two streams of 8 lanes.
 *   test_sha512_lanes_x16_... [rounds]   exits 77 when this CPU can't run it */
#define LANES 16
#define KERNEL_STEM pa_sha512_lanes_x16_
#include "test_sha512_lanes.c"
