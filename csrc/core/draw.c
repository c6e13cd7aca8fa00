/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness of the operating system. */
#include <errno.h>
#include <sys/random.h>

#include "internal.h"

bool pa_draw(void *out, size_t size, bool wait)
{
    ssize_t drawn;
    do {
        drawn = getrandom(out, size, wait ? 0 : GRND_NONBLOCK);
    } while (drawn < 0 && errno == EINTR);
    if (drawn != (ssize_t)size) {
        pa_wipe(out, size);
        return false;
    }
    return true;
}
