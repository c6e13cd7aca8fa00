/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 kernels in lanes, the one of 16 where the includer says no more.
 *   test_sm3_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint32_t word;
#ifndef KERNEL_STEM
#define KERNEL_STEM pa_sm3_lanes_
#endif
#define SINGLE pa_sm3_portable
#define MEMBER word
#define STORE_WORD pa_store_be32
#define STATE_WORDS 8

#include "hash_lanes.h"

/* The schedule of a block, and the block by it. */
static void check_shared(void)
{
    states s;
    uint8_t block[BLOCK];
    uint32_t schedule[PA_HASH_MAX_SCHEDULE];
    start(&s);
    random_bytes(block, sizeof block);
    for (unsigned l = 0; l < LANES; l++) {
        SINGLE.blocks(&s.single[l], block, 1);
    }
    KERNEL.schedule(schedule, block);
    KERNEL.shared(s.lanes, schedule);
    CHECK(same(&s));
}

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, check_shared);
}
