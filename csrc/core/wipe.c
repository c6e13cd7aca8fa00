/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that nobody needs any more. */
#include <string.h>

#include "internal.h"

/* Called through a pointer that may change at any time, so that the compiler can't know it for memset. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

void pa_wipe(void *memory, size_t size)
{
    fill(memory, 0, size);
}

/* Frames that kernels leave: 8 KiB at most as they are shipped, many times that where nothing is optimised. */
#ifdef __OPTIMIZE__
#define FRAMES 8192
#else
#define FRAMES 65536
#endif

/* Not inlined, so that its frame lies where those of the functions lay that the caller called before. */
__attribute__((noinline)) void pa_wipe_stack(void)
{
    uint8_t room[FRAMES];
    pa_wipe(room, sizeof room);
}
