/* SPDX-License-Identifier: Apache-2.0 */
/* The 16-lane RIPEMD-160 kernel.
 *   test_ripemd160_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint32_t word;
#define KERNEL_STEM pa_ripemd160_lanes_
#define SINGLE pa_ripemd160_portable
#define MEMBER word
#define STORE_WORD pa_store_le32
#define STATE_WORDS 5

#include "hash_lanes.h"

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, NULL);
}
