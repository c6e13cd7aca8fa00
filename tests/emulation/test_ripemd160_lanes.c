/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 kernels in lanes, the one of 16 where the includer says no more.
 *   test_ripemd160_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint32_t word;
#ifndef KERNEL_STEM
#define KERNEL_STEM pa_ripemd160_lanes_
#endif
#define SINGLE pa_ripemd160_portable
#define MEMBER word
#define STORE_WORD pa_store_le32
#define STATE_WORDS 5

#include "hash_lanes.h"

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, NULL);
}
