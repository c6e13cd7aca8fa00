/* SPDX-License-Identifier: Apache-2.0 */
/* The SM3 kernel of three streams of 16 lanes.
 *   test_sm3_lanes_x48_... [rounds]   exits 77 when this CPU can't run it */
#define LANES 48
#define KERNEL_STEM pa_sm3_lanes_x48_
#include "test_sm3_lanes.c"
