/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness of the operating system. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/random.h>
#endif

#include "internal.h"

/* For kernels and sandboxes without getrandom. */
static bool from_device(uint8_t *out, size_t size)
{
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    while (size > 0) {
        ssize_t got = read(file, out, size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        out += got;
        size -= (size_t)got;
    }
    close(file);
    return size == 0;
}

bool pa_entropy(uint8_t *out, size_t size)
{
#if defined(__linux__)
    while (size > 0) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        out += got;
        size -= (size_t)got;
    }
#endif
    return size == 0 || from_device(out, size);
}
