/* SPDX-License-Identifier: Apache-2.0 */
/* The RIPEMD-160 kernel of two streams of 16 lanes.
 *   test_ripemd160_lanes_x32_... [rounds]   exits 77 when this CPU can't run it */
#define LANES 32
#define KERNEL_STEM pa_ripemd160_lanes_x32_
#include "test_ripemd160_lanes.c"
