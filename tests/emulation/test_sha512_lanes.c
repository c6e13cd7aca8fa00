/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 kernels in lanes, the one of 8 where the includer says no more.
 *   test_sha512_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint64_t word;
#ifndef KERNEL_STEM
#define KERNEL_STEM pa_sha512_lanes_
#endif
#define SINGLE pa_sha512_portable
#define MEMBER wide
#define STORE_WORD pa_store_be64
#define STATE_WORDS 8

#include "hash_lanes.h"

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, NULL);
}
