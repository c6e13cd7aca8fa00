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

/* Not inlined, so that its frame lies where those of the functions lay that the caller called before. */
__attribute__((noinline)) void pa_wipe_stack(void)
{
    uint8_t room[24576];
    pa_wipe(room, sizeof room);
}
