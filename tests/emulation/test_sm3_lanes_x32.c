/* SPDX-License-Identifier: Apache-2.0 */
/* The SM3 kernel of two streams of 16 lanes.
 *   test_sm3_lanes_x32_... [rounds]   exits 77 when this CPU can't run it */
#define LANES 32
#define KERNEL_STEM pa_sm3_lanes_x32_
#include "test_sm3_lanes.c"
